// What a batch of the quadruped task says of itself.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "envs/quadruped/task.h"
#include "kennel/contract/env_spec.h"

namespace kennel {

inline std::vector<BoundedTerm> terms_of(std::span<const quadruped::ObsTerm> table) {
  std::vector<BoundedTerm> terms;
  for (const quadruped::ObsTerm& term : table)
    terms.push_back({{term.name, term.size, term.scale, term.unit}, term.bounds});
  return terms;
}

/// A frame's terms under a task; what the robot is told there is the task's word.
inline std::vector<quadruped::ObsTerm> frame_of(const quadruped::TaskRow& task) {
  std::vector<quadruped::ObsTerm> terms(std::begin(quadruped::kFrame), std::end(quadruped::kFrame));
  for (quadruped::ObsTerm& term : terms) {
    const std::string_view name = term.name;
    if (name == "command") term.unit = task.command_unit;
    if (name == quadruped::kClockPlace && task.traits.sees_motion) term = quadruped::kClock;
  }
  return terms;
}

/// What the policy sees at a time: a frame, and what the task shows beside it.
inline std::vector<BoundedTerm> frame_terms(const quadruped::TaskRow& task) {
  std::vector<BoundedTerm> terms = terms_of(frame_of(task));
  if (!task.traits.sees_motion) return terms;
  const std::vector<BoundedTerm> motion = terms_of(quadruped::kMotion);
  terms.insert(terms.end(), motion.begin(), motion.end());
  return terms;
}

inline EnvSpec spec_of(const quadruped::Task& task, int num_envs, const KernelChoice& kernel,
                       std::int64_t first_env_id) {
  EnvSpec spec = {num_envs,   task.obs_size,   quadruped::kPrivilegedSize,
                  kNumJoints, task.control_dt, task.config.task.bfloat16_obs,
                  kernel};
  spec.first_env_id = first_env_id;
  spec.episode_steps = static_cast<int>(task.episode_steps);
  spec.obs_terms = frame_terms(task.config.row());
  spec.privileged_obs_terms = terms_of(frame_of(task.config.row()));
  const std::vector<BoundedTerm> hidden = terms_of(quadruped::kPrivileged);
  spec.privileged_obs_terms.insert(spec.privileged_obs_terms.end(), hidden.begin(), hidden.end());
  return spec;
}

}  // namespace kennel
