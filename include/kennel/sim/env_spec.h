// What a batch of the quadruped task says of itself.
#pragma once

#include "envs/quadruped/task.h"
#include "kennel/contract/vec_env.h"

namespace kennel {

template <std::size_t N>
std::vector<TermInfo> terms_of(const quadruped::ObsTerm (&table)[N]) {
  std::vector<TermInfo> terms;
  for (const quadruped::ObsTerm& term : table)
    terms.push_back({term.name, term.size, term.scale, term.unit});
  return terms;
}

inline EnvSpec spec_of(const quadruped::Task& task, int num_envs, const KernelChoice& kernel) {
  EnvSpec spec = {num_envs,   task.obs_size,   quadruped::kPrivilegedSize,
                  kNumJoints, task.control_dt, task.config.task.bfloat16_obs,
                  kernel};
  spec.obs_terms = spec.privileged_obs_terms = terms_of(quadruped::kFrame);
  const std::vector<TermInfo> hidden = terms_of(quadruped::kPrivileged);
  spec.privileged_obs_terms.insert(spec.privileged_obs_terms.end(), hidden.begin(), hidden.end());
  return spec;
}

}  // namespace kennel
