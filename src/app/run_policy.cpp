#include "kennel/app/run_policy.h"

#include <algorithm>
#include <iostream>

#include "kennel/core/check.h"
#include "kennel/export/policy_formats.h"
#include "kennel/io/atomic_file.h"
#include "kennel/run/env_policy.h"
#include "kennel/run/paths.h"
#include "kennel/run/run_config.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// The step of the newest checkpoint; nothing where there is none.
std::optional<std::int64_t> newest_step(const RunFolder& run) {
  if (run.checkpoint_steps().empty()) return {};
  return RunFolder::step_of(run.find_checkpoint("last"));
}

std::string step_text(const std::optional<std::int64_t>& step) {
  return step ? text("after ", *step, " steps") : "of an unknown step";
}

/// Whether a whole checkpoint can be read.
bool is_whole(const fs::path& checkpoint) {
  try {
    read_checkpoint(checkpoint);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

CheckpointSummary read_run_checkpoint(const RunFolder& run, const std::string& which) {
  const fs::path file = run.find_checkpoint(which);
  try {
    return read_checkpoint(file);
  } catch (const Error& error) {
    std::vector<std::int64_t> steps = run.checkpoint_steps();
    std::reverse(steps.begin(), steps.end());
    for (const std::int64_t step : steps) {
      if (run.checkpoint(step) == file || !is_whole(run.checkpoint(step))) continue;
      fail(error.what(), "; the newest whole checkpoint is the one after ", step,
           " steps: go on from it with kennel train --resume ", shown(run.path()), " --checkpoint ",
           step, ", or take its policy with kennel export ", shown(run.path()), " --checkpoint ",
           step, " -o policy.json");
    }
    fail(error.what(), "; ", shown(run.path()), " has no other whole checkpoint");
  }
}

PolicyFile policy_of_checkpoint(const CheckpointSummary& checkpoint, const std::string& name) {
  const RunConfig config = parse_run_config(checkpoint.config, name);
  PolicyFile policy = policy_file(checkpoint.policy, config);
  policy.env_steps = checkpoint.env_steps;
  return policy;
}

PolicyFile newest_policy(const RunFolder& run) {
  const std::optional<std::int64_t> newest = newest_step(run);
  std::error_code ignored;
  const bool has_file = fs::exists(run.policy(), ignored);
  KENNEL_CHECK(newest || has_file, shown(run.path()),
               " has no policy yet, because it has no checkpoint; wait for the first one, or train "
               "on with kennel train --resume ",
               shown(run.path()));
  if (has_file) {
    PolicyFile policy = load_policy(run.policy().string());
    if (!newest || policy.env_steps == newest) {
      std::cerr << "kennel: " << shown(run.path()) << ": the policy " << step_text(policy.env_steps)
                << '\n';
      return policy;
    }
  }
  const fs::path checkpoint = run.find_checkpoint("last");
  PolicyFile policy = policy_of_checkpoint(read_run_checkpoint(run, "last"), checkpoint.string());
  std::cerr << "kennel: " << shown(run.path()) << ": the policy " << step_text(policy.env_steps)
            << ", of the newest checkpoint"
            << (has_file ? " (its policy.json is of another step)" : "") << '\n';
  return completed(checkpoint.string(), policy);
}

PolicyFile load_named_policy(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return newest_policy(RunFolder::open(path));
  PolicyFile policy = read_policy(path);
  const fs::path folder = absolute_path(path).parent_path();
  if (fs::path(path).filename() != "policy.json" || !RunFolder::is_run(folder)) return policy;
  const RunFolder run = RunFolder::open(folder);
  const std::optional<std::int64_t> newest = newest_step(run);
  if (newest && policy.env_steps != newest)
    std::cerr << "kennel: warning: " << path << " is the policy " << step_text(policy.env_steps)
              << "; the run's newest is of " << *newest << ", and comes where " << shown(folder)
              << " is named instead of the file\n";
  return policy;
}

}  // namespace kennel
