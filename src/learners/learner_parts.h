// What learners ask of the parts that they are made of, before anything else.
#pragma once

#include <string>

#include "kennel/contract/vec_env.h"
#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// Threads of the learner's own: one where the operations take no more.
/// \throws Error for a number below 0
inline int threads_of(const LearnerParts& parts) {
  KENNEL_CHECK(parts.num_threads >= 0, "the learner got ", parts.num_threads,
               " threads; expected a number of threads, or 0 for one each core");
  if (!parts.ops.threads) return 1;
  return parts.num_threads > 0 ? parts.num_threads : num_usable_cores();
}

/// \throws Error with all that is wrong with the config for these environments, in one line
inline void check_config(const LearnerParts& parts) {
  std::string all;
  for (const std::string& problem : parts.config.problems(parts.env.spec().num_envs))
    all += (all.empty() ? "" : "; ") + problem;
  KENNEL_CHECK(all.empty(), all);
}

}  // namespace kennel
