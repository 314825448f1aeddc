// What learners ask of the parts that they are made of, before anything else.
#pragma once

#include <string>

#include "kennel/contract/vec_env.h"
#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// Threads of a learner that computes on the CPU whatever the environments' device.
/// \throws Error for a number below 0
inline int cpu_threads_of(const LearnerParts& parts) {
  KENNEL_CHECK(parts.num_threads >= 0, "the learner got ", parts.num_threads,
               " threads; expected a number of threads, or 0 for one each core");
  return parts.num_threads > 0 ? parts.num_threads : num_usable_cores();
}

/// Threads of the learner's own: one where the operations take no more.
/// \throws Error for a number below 0
inline int threads_of(const LearnerParts& parts) {
  const int threads = cpu_threads_of(parts);
  return parts.ops.threads ? threads : 1;
}

/// \throws Error with all that is wrong with the config for all ranks' environments, in one line
inline void check_config(const LearnerParts& parts) {
  std::string all;
  const auto envs = static_cast<int>(parts.all.total(parts.env.spec().num_envs));
  for (const std::string& problem : parts.config.problems(envs))
    all += (all.empty() ? "" : "; ") + problem;
  KENNEL_CHECK(all.empty(), all);
}

}  // namespace kennel
