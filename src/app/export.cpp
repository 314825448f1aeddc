// kennel export: a checkpoint of a run as the robot's policy file.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "command.h"
#include "kennel/io/run_folder.h"
#include "kennel/rl/learner.h"
#include "policy_export.h"
#include "run_config.h"

namespace kennel {
namespace {

struct Flags {
  std::string run;
  std::string checkpoint = "last";
  std::string out;
};

int run_export(const Flags& flags) {
  const RunFolder run = RunFolder::open(flags.run);
  const std::filesystem::path checkpoint = run.find_checkpoint(flags.checkpoint);
  const CheckpointSummary summary = read_checkpoint(checkpoint);
  const RunConfig config = parse_run_config(summary.config, checkpoint.string());
  export_policy(summary.policy, config.env, flags.out);
  std::cerr << "wrote the policy after " << summary.env_steps << " steps; next: kennel eval "
            << flags.out << '\n';
  std::cout << flags.out << '\n';
  return 0;
}

}  // namespace

RunCommand add_export(CLI::App& app) {
  const auto flags = std::make_shared<Flags>();
  app.add_option("run", flags->run, "folder of a run")->required();
  app.add_option("--checkpoint", flags->checkpoint, "last, best or a number of steps")
      ->capture_default_str();
  app.add_option("-o,--out", flags->out, "policy file to write (JSON)")->required();
  return [flags] { return run_export(*flags); };
}

}  // namespace kennel
