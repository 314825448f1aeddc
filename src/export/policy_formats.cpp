#include "kennel/io/policy_formats.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "src/export/c_policy.h"
#include "src/export/torchscript_policy.h"

namespace kennel {
namespace {

enum class Kind { kJson, kZip, kHeader, kOther };

/// What a file is, by its first bytes.
Kind kind_of(const std::string& bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (bytes.starts_with("PK\x03\x04")) return Kind::kZip;
  if (bytes.starts_with("/* A walking policy, written by kennel export")) return Kind::kHeader;
  return first != std::string::npos && bytes[first] == '{' ? Kind::kJson : Kind::kOther;
}

double check_json(const std::string& path) {
  const PolicyFile policy = load_policy(path);
  KENNEL_CHECK(!policy.golden_obs.empty(), path,
               ": has no golden pair to check; expected a file that kennel export wrote");
  const std::vector<float> action = forward(policy.network, policy.golden_obs);
  double worst = 0;
  for (std::size_t i = 0; i < action.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(action[i]) - policy.golden_action[i]));
  return worst;
}

}  // namespace

PolicyFormat policy_format(const std::string& name) {
  if (name == "pupper") return PolicyFormat::kPupper;
  if (name == "torchscript") return PolicyFormat::kTorchScript;
  if (name == "c") return PolicyFormat::kC;
  fail("format \"", name, "\" is unknown; expected ", kPolicyFormatNames);
}

void write_policy_as(PolicyFormat format, const std::string& path, const PolicyFile& policy) {
  switch (format) {
    case PolicyFormat::kPupper:
      return write_policy(path, policy);
    case PolicyFormat::kTorchScript:
      return write_torchscript(path, completed(path, policy));
    case PolicyFormat::kC:
      return write_file_atomically(path, c_header(completed(path, policy)));
  }
}

double check_exported(const std::string& path) {
  double worst = 0;
  switch (kind_of(read_file(path))) {
    case Kind::kJson:
      worst = check_json(path);
      break;
    case Kind::kZip:
      worst = check_torchscript(path);
      break;
    case Kind::kHeader:
      fail(path, ": a C header is checked where it runs: call kennel_policy_self_test()");
    case Kind::kOther:
      fail(path, ": no policy file; expected a JSON or TorchScript file that kennel export wrote");
  }
  KENNEL_CHECK(worst <= kGoldenTolerance, path, ": its golden observation gives actions off by ",
               worst, "; the file was damaged or edited: export the policy again");
  return worst;
}

}  // namespace kennel
