// How many floating-point operations learning takes, and how many this machine could do.
#pragma once

#include <cstdint>

#include "kennel/core/thread_pool.h"

namespace kennel {

/// Multiplications and additions of a network's products for one row: two a weight that is
/// multiplied. Biases, activations, losses and the optimiser are not counted.
struct NetworkFlop {
  std::int64_t forward = 0;
  std::int64_t backward = 0;  // the gradients of weights and of hidden layers
};

/// The same of a learner for one control step of one environment, zeros where it does not say.
/// States at the end of episodes and rollouts, which are evaluated too, are not counted.
struct LearnerFlop {
  NetworkFlop actor, critic;  // of one pass
  int epochs = 0;             // updates that each step takes part in

  bool known() const { return epochs > 0; }
  /// Actions and values while experience is collected.
  std::int64_t policy() const { return actor.forward + critic.forward; }
  std::int64_t update_forward() const { return epochs * (actor.forward + critic.forward); }
  std::int64_t update_backward() const { return epochs * (actor.backward + critic.backward); }
  std::int64_t update() const { return update_forward() + update_backward(); }
};

/// The most that this build's vectors do on all threads of the pool at once, FLOP/s: fused
/// multiply-additions of registers. The best of a few milliseconds.
double peak_flop_per_s(ThreadPool& pool);

}  // namespace kennel
