// How the tests of apg make its learner.
#pragma once

#include <memory>
#include <string>

#include "kennel/io/atomic_file.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/derivatives.h"
#include "src/learners/apg/apg_entry.h"
#include "tests/io/temp_folder.h"

namespace kennel {

/// \param env, derivatives  must outlive the learner
inline std::unique_ptr<Learner> apg_learner(VecEnv& env, const Derivatives& derivatives,
                                            const ApgConfig& apg, int num_threads) {
  return kApg.make({.env = env,
                    .config = {"apg", apg},
                    .seed = 3,
                    .mirrors = {},
                    .differentiable = derivatives.task.get(),
                    .not_differentiable = derivatives.why_not,
                    .num_threads = num_threads,
                    .ops = cpu_ops(),
                    .all = alone()});
}

/// The bytes of its checkpoint.
inline std::string saved_bytes(const Learner& learner, const TempFolder& folder) {
  learner.save(folder / "saved.ckpt", "text");
  return read_file(folder / "saved.ckpt");
}

}  // namespace kennel
