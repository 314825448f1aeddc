#include "kennel/export/policy_formats.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "kennel/core/check.h"
#include "kennel/export/c_policy.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/text_lines.h"
#include "src/export/onnx_policy.h"
#include "src/export/torchscript_policy.h"

namespace kennel {
namespace {

/// The format of a file, by how it begins.
PolicyFormat format_of(const std::string& path, std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  if (bytes.starts_with("PK\x03\x04")) return PolicyFormat::kTorchScript;
  if (is_c_header(bytes)) return PolicyFormat::kC;
  if (bytes.starts_with('\x08')) return PolicyFormat::kOnnx;  // the field ir_version
  KENNEL_CHECK(!bytes.empty(), path, ": the file is empty; copy or export the policy again");
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  KENNEL_CHECK(first != std::string::npos && bytes[first] == '{', path,
               ": no policy file; expected the robot's JSON, or an ONNX or TorchScript file that "
               "kennel export wrote");
  return PolicyFormat::kJson;
}

/// Formats but the robot's JSON say layers and no more.
void check_layers(PolicyFormat format, const std::string& path, const PolicyFile& policy) {
  if (!policy.network.gait || format == PolicyFormat::kJson) return;
  std::string networks;
  for (const PolicyFormatEntry& entry : kPolicyFormats)
    if (entry.format != PolicyFormat::kJson)
      networks += (networks.empty() ? "" : ", ") + std::string(entry.name);
  fail(path, ": the policy is a gait, and ", networks,
       " hold networks; a gait exports as json: use --format json");
}

[[noreturn]] void refuse_header(const std::string& path) {
  fail(path, ": a C header runs only where it is compiled, and is checked there by ",
       "kennel_policy_self_test(); expected the robot's JSON, ONNX or TorchScript");
}

double golden_error(const std::string& path, const PolicyFile& policy) {
  KENNEL_CHECK(!policy.golden_obs.empty(), path,
               ": has no golden pair to check; expected a file that kennel export wrote");
  const std::vector<float> action = forward(policy.network, policy.golden_obs);
  double worst = 0;
  for (std::size_t i = 0; i < action.size(); ++i) {
    const double gap = std::abs(static_cast<double>(action[i]) - policy.golden_action[i]);
    if (!(gap <= worst)) worst = std::isnan(gap) ? std::numeric_limits<double>::infinity() : gap;
  }
  return worst;
}

}  // namespace

PolicyFormat policy_format(const std::string& name) {
  if (name == "pupper") return PolicyFormat::kJson;  // as it was called at first
  std::string names;
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    if (name == entry.name) return entry.format;
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail("format \"", name, "\" is unknown; expected one of ", names);
}

void write_policy_as(PolicyFormat format, const std::string& path, const PolicyFile& policy) {
  check_layers(format, path, policy);
  switch (format) {
    case PolicyFormat::kJson:
      return write_policy(path, policy);
    case PolicyFormat::kOnnx:
      return write_file_atomically(path, onnx_bytes(completed(path, policy)));
    case PolicyFormat::kTorchScript:
      return write_torchscript(path, completed(path, policy));
    case PolicyFormat::kC:
      return write_file_atomically(path, c_header(completed(path, policy)));
  }
}

PolicyFile read_policy(const std::string& path) {
  const std::string bytes = read_policy_bytes(path);
  switch (format_of(path, bytes)) {
    case PolicyFormat::kJson:
      return policy_from_json(path, bytes);
    case PolicyFormat::kOnnx:
      return policy_from_onnx(path, bytes);
    case PolicyFormat::kTorchScript:
      return policy_from_torchscript(path, bytes);
    case PolicyFormat::kC:
      break;
  }
  refuse_header(path);
}

double check_exported(const std::string& path) {
  const double worst = golden_error(path, read_policy(path));
  KENNEL_CHECK(worst <= kGoldenTolerance, path, ": its golden observation gives actions off by ",
               worst, "; the file was damaged or edited: export the policy again");
  return worst;
}

}  // namespace kennel
