// What a batch of environments says of itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/contract/term.h"
#include "kennel/core/fields.h"

namespace kennel {

/// What code steps the environments.
struct KernelChoice {
  std::string name;          // "16-lane float", "folded kernel", "plain kernel"
  std::string why_not_fast;  // why the backend's fastest cannot; empty where it does
};

/// "general kernel (solver iterations 3, folded 2)"
inline std::string described(const KernelChoice& kernel) {
  return kernel.name + (kernel.why_not_fast.empty() ? "" : " (" + kernel.why_not_fast + ")");
}

/// Sizes and rate of a batch; constant over its life.
struct EnvSpec {
  int num_envs = 0;
  int obs_size = 0;  // what the robot itself observes, frame history included
  int privileged_obs_size =
      0;  // what the critic sees; self-contained, it does not repeat the noisy obs
  int action_size = 0;
  double control_dt = 0.0;    // seconds a step advances
  bool bfloat16_obs = false;  // observations are bfloat16, not float32
  KernelChoice kernel = {};   // for people
  // The numbers' meaning in their order; empty where an environment does not say it. `obs_terms`
  // are of one frame: observations hold obs_size / frame of them, the newest first.
  std::vector<BoundedTerm> obs_terms = {}, privileged_obs_terms = {};
  Range action_bounds = {-1.0f, 1.0f};  // beyond them an action is clamped
  // The number of environment 0 among those of all ranks; the others follow. Keys random numbers.
  std::int64_t first_env_id = 0;
  int episode_steps = 0;  // control steps after which the clock truncates; 0: not known
};

/// What is kept of an environment that diverged: opaque to who trains, for a person to look at.
struct DivergenceDump {
  int env = 0;       // in the batch
  std::string file;  // what `kennel simulate --replay` reads
};

}  // namespace kennel
