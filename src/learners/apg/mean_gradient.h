// The mean over episodes of the return and of its gradient.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kennel/rl/differentiable_task.h"
#include "kennel/rl/worker_pool.h"

namespace kennel {

/// Which episodes: 0 to `count` - 1 of a seed, each up to `horizon` control steps.
struct Episodes {
  std::uint64_t seed = 0;
  int count = 1;
  int horizon = 1;
};

struct MeanGradient {
  double mean_return = 0.0;
  double fallen = 0.0;           // share of the episodes that ended with a fall
  std::vector<double> gradient;  // (num_parameters), of the mean return
  double deviation = 0.0;        // of one episode's gradient: the root of its covariance's trace
  int broken = -1;               // the first episode that is not finite, whose numbers are in the
                                 // means; -1: none
};

/// The bits do not depend on the number of threads.
/// \param parameters  (num_parameters)
MeanGradient mean_gradient(const DifferentiableTask& task, std::span<const double> parameters,
                           const Episodes& episodes, WorkerPool& pool);

}  // namespace kennel
