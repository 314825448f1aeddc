// The losses of PPO (src/learners/ppo/ppo_loss.h) in one pass over some rows of the samples, which
// are read where they lie.
//
// In torch they are some fifty operations on a few thousand numbers, and starting those costs more
// than doing them.
#pragma once

#include <cstdint>

namespace kennel {

/// Sums over rows of what PolicyTerms has a row.
struct PolicySums {
  double surrogate = 0.0;
  double kl = 0.0;
  double clip_fraction = 0.0;
};

/// The samples' rows `index`, and what the policy has for them.
struct PolicyRows {
  const std::int64_t* index;  // (rows)
  std::int64_t rows, n;       // n: numbers of an action
  const float* action;        // (any, n)
  const float* log_prob;      // (any), when the action was taken
  const float* advantage;     // (any)
  const float* mean;          // (rows, n), now
  const float* log_std;       // (n)
};

/// The same for the critic.
struct ValueRows {
  const std::int64_t* index;  // (rows)
  std::int64_t rows;
  const float* returns;  // (any)
  const float* before;   // (any), the critic's estimate at the time
  const float* now;      // (rows)
};

/// \param scale         1 / rows of the whole minibatch
/// \param grad_mean     (rows, n) <- the loss's gradient
/// \param grad_log_std  (n) <- the same
PolicySums policy_loss_rows(const PolicyRows& s, double clip_param, double scale, float* grad_mean,
                            float* grad_log_std);

/// \param clip        whether a value that has moved by clip_param stops
/// \param scale       value_loss_coef / rows of the whole minibatch
/// \param grad_value  (rows) <- the loss's gradient
/// \return the sum over rows of the loss
double value_loss_rows(const ValueRows& s, bool clip, double clip_param, double scale,
                       float* grad_value);

}  // namespace kennel
