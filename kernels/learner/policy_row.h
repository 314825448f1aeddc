// A row of a Gaussian policy and of its critic: density, losses and their gradients. In torch, with
// the mathematics: src/learners/ppo/ppo_loss.h.
#pragma once

#include <cmath>

#include "kennel/core/lane.h"

namespace kennel {

inline constexpr float kHalfLogTwoPi = 0.918938533f;

/// sum_k log std_k + n/2 log 2 pi
KENNEL_HD float log_normalisation(const float* log_std, int n) {
  float sum = kHalfLogTwoPi * static_cast<float>(n);
  for (int k = 0; k < n; ++k) sum += log_std[k];
  return sum;
}

/// A row's clipped surrogate.
struct SurrogateRow {
  float grad_log_prob;  // d loss / d log_prob
  float surrogate, kl, clipped;
};

/// \param log_ratio  log_prob - the old log_prob
/// \param scale      1 / rows of the whole minibatch
KENNEL_HD SurrogateRow surrogate_row(float log_ratio, float advantage, float clip_param,
                                     float scale) {
  const float ratio = ::expf(log_ratio), low = 1.0f - clip_param, high = 1.0f + clip_param;
  const float plain = ratio * advantage;
  const float clipped = (ratio < low ? low : ratio > high ? high : ratio) * advantage;
  const bool stopped = plain > clipped;  // false for NaN, so that the step is skipped
  // KL = E_old[ratio - 1 - log ratio]: never negative, less noisy than -log ratio (Schulman 2020).
  return {stopped ? 0.0f : -plain * scale, stopped ? -clipped : -plain,
          ::expm1f(log_ratio) - log_ratio, stopped ? 1.0f : 0.0f};
}

/// A row's squared error of the critic.
struct ValueRow {
  float grad, squared_error;
};

/// \param scale  value_loss_coef / rows of the whole minibatch
KENNEL_HD ValueRow value_row(float value, float old_value, float returns, bool clip,
                             float clip_param, float scale) {
  const float error = value - returns, change = value - old_value;
  const float within = change < -clip_param  ? -clip_param
                       : change > clip_param ? clip_param
                                             : change;
  const float clipped = error - (change - within);  // exactly the error inside the trust region
  const bool stopped = clip && clipped * clipped > error * error;
  return {stopped ? 0.0f : 2.0f * scale * error, stopped ? clipped * clipped : error * error};
}

}  // namespace kennel
