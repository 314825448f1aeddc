// What a batch of the quadruped task says of itself.
#pragma once

#include "envs/quadruped/task.h"
#include "kennel/contract/vec_env.h"

namespace kennel {

template <std::size_t N>
std::vector<BoundedTerm> terms_of(const quadruped::ObsTerm (&table)[N]) {
  std::vector<BoundedTerm> terms;
  for (const quadruped::ObsTerm& term : table)
    terms.push_back({{term.name, term.size, term.scale, term.unit}, term.bounds});
  return terms;
}

/// The policy's frame; what the robot is told there is the task's word.
inline std::vector<BoundedTerm> frame_terms(const quadruped::TaskRow& task) {
  std::vector<BoundedTerm> terms = terms_of(quadruped::kFrame);
  for (BoundedTerm& term : terms)
    if (term.name == "command") term.unit = task.command_unit;
  return terms;
}

inline EnvSpec spec_of(const quadruped::Task& task, int num_envs, const KernelChoice& kernel,
                       std::int64_t first_env_id) {
  EnvSpec spec = {num_envs,   task.obs_size,   quadruped::kPrivilegedSize,
                  kNumJoints, task.control_dt, task.config.task.bfloat16_obs,
                  kernel};
  spec.first_env_id = first_env_id;
  spec.obs_terms = spec.privileged_obs_terms = frame_terms(task.config.row());
  const std::vector<BoundedTerm> hidden = terms_of(quadruped::kPrivileged);
  spec.privileged_obs_terms.insert(spec.privileged_obs_terms.end(), hidden.begin(), hidden.end());
  return spec;
}

}  // namespace kennel
