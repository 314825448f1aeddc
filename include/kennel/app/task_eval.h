// What a policy without a robot is worth: its return over episodes of its small task, beside the
// best there is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/judge/protocol.h"
#include "kennel/policy/policy_file.h"

namespace kennel {

struct NamedPolicy {
  std::string name;  // as messages and tables call it
  PolicyFile policy;
};

struct TaskEvalCommand {
  static constexpr int kEpisodes = 1000;
  std::vector<NamedPolicy> policies;  // none has a robot
  int episodes = kEpisodes;
  std::uint64_t seed = judge::kFirstPublishedSeed;
  bool json = false;
};

struct TaskReturn {
  double mean = 0.0;            // over episodes, undiscounted
  double standard_error = 0.0;  // of the mean
};

/// Plays the policy, without noise, in Kennel's own environment.
/// \throws Error when the policy does not fit its task, or is of a task that there is not
TaskReturn task_return(const NamedPolicy& named, int episodes, std::uint64_t seed);

/// A return as one JSON object, as `kennel eval --json` prints it.
std::string task_json(const NamedPolicy& named, int episodes, std::uint64_t seed,
                      const TaskReturn& earned);

/// Prints a line a policy on standard output: its return and the best one of its task.
/// \return the exit code, 0
int run_task_eval(const TaskEvalCommand& command);

}  // namespace kennel
