// kennel export: a checkpoint of a run as a policy file, and exported files checked.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <vector>

#include "command.h"
#include "flags.h"
#include "kennel/app/run_policy.h"
#include "kennel/export/policy_formats.h"
#include "kennel/io/run_folder.h"

namespace kennel {
namespace {

struct ExportFlags {
  std::string run;
  std::string checkpoint = "last";
  std::string format = "json";
  std::string out;
  std::vector<std::string> check;
};

PolicyFile with_warning(const PolicyFile& policy) {
  const std::string warning = deployment_warning(policy);
  if (!warning.empty()) std::cerr << "kennel: warning: " << warning << '\n';
  return policy;
}

int run_export(const ExportFlags& flags) {
  const PolicyFormat format = policy_format(flags.format);
  std::string what;
  if (std::filesystem::is_regular_file(flags.run)) {
    write_policy_as(format, flags.out, with_warning(load_named_policy(flags.run)));
    what = "of " + flags.run;
  } else {
    const RunFolder run = RunFolder::open(flags.run);
    const CheckpointSummary summary = read_run_checkpoint(run, flags.checkpoint);
    const std::string source = run.find_checkpoint(flags.checkpoint).string();
    write_policy_as(format, flags.out, with_warning(policy_of_checkpoint(summary, source)));
    what = text("after ", summary.env_steps, " steps");
  }
  std::cerr << "wrote the policy " << what << "; next: "
            << (format == PolicyFormat::kC ? "call kennel_policy_self_test() on the device"
                                           : "kennel eval " + flags.out)
            << '\n';
  std::cout << flags.out << '\n';
  return 0;
}

/// The file itself, or the policy file in the folder of a run.
std::string file_to_check(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return path;
  const std::string policy = RunFolder::open(path).policy().string();
  KENNEL_CHECK(std::filesystem::exists(policy), policy,
               " is missing; write it with: kennel export ", path, " -o ", policy);
  return policy;
}

int run_check(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const double gap = check_exported(file_to_check(file));
    std::cout << file << ": golden pair within " << gap << '\n';
  }
  return 0;
}

}  // namespace

RunCommand add_export(CLI::App& app) {
  const auto flags = std::make_shared<ExportFlags>();
  CLI::Option* run =
      app.add_option("run", flags->run, "folder of a run, or a policy file to convert");
  app.add_option("--checkpoint", flags->checkpoint, "last, best or a number of steps")
      ->capture_default_str();
  std::vector<std::string> names;
  std::string doc;
  for (const PolicyFormatEntry& entry : kPolicyFormats) {
    names.push_back(entry.name);
    doc += text(doc.empty() ? "" : "; ", entry.name, ": ", entry.doc);
  }
  app.add_option("--format", flags->format, doc)->check(one_of(names))->capture_default_str();
  CLI::Option* out = app.add_option("-o,--out", flags->out, "file to write");
  app.add_option("--check", flags->check, "exported files whose golden pairs to run again")
      ->excludes(run)
      ->excludes(out);
  app.parse_complete_callback([flags] {
    if (flags->check.empty() && (flags->run.empty() || flags->out.empty()))
      throw CLI::RequiredError("a run with -o, or --check,");
  });
  return [flags] { return flags->check.empty() ? run_export(*flags) : run_check(flags->check); };
}

}  // namespace kennel
