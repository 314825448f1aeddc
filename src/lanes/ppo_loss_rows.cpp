#include "kennel/lanes/ppo_loss_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "kennel/core/math.h"
#include "kennel/core/pack.h"

namespace kennel {

namespace {

using V = NativePack;
constexpr std::int64_t kLanes = kNativeWidth;

/// As many rows as a vector has lanes, their n numbers end to end: n whole vectors.
class Block {
 public:
  explicit Block(std::int64_t n)
      : n_(n), numbers_(static_cast<std::size_t>((kLanes + 1) * n + kLanes)) {}

  float* row(std::int64_t r) { return numbers_.data() + r * n_; }
  V vector(std::int64_t k) const { return V::load(numbers_.data() + k * kLanes); }
  void set(std::int64_t k, const V& x) { x.store(numbers_.data() + k * kLanes); }

  /// All numbers of each row <- its number of `rows`
  void spread(const float* rows) {
    for (std::int64_t r = 0; r < kLanes; ++r)  // what is written too far belongs to the next row
      for (std::int64_t k = 0; k < n_; k += kLanes) V(rows[r]).store(row(r) + k);
  }

 private:
  std::int64_t n_;
  std::vector<float> numbers_;
};

/// e^x, but infinite beyond what a float holds, and NaN of NaN.
V ratio_of(const V& log_ratio) {
  return select(log_ratio <= V(88.0f), exp(log_ratio),
                log_ratio * V(std::numeric_limits<float>::infinity()));
}

/// Samples are read in random order: asked for a block before they are needed.
template <class... Numbers>
void prefetch(std::int64_t sample, const Numbers*... numbers) {
  (__builtin_prefetch(numbers + sample), ...);
}

/// A block's rows: what they bring and what comes out, a lane each.
struct Terms {
  float squared[kLanes] = {}, old_log_prob[kLanes] = {}, advantage[kLanes] = {};
  float grad_log_prob[kLanes], surrogate[kLanes], kl[kLanes], clipped[kLanes];

  void evaluate(float normalisation, float low, float high, float scale) {
    const V log_ratio = V(-0.5f) * V::load(squared) - V(normalisation) - V::load(old_log_prob);
    const V ratio = ratio_of(log_ratio);
    const V within = select(ratio < V(low), V(low), select(ratio > V(high), V(high), ratio));
    const V plain = ratio * V::load(advantage), stopped = within * V::load(advantage);
    const auto stops = plain > stopped;  // not of NaN: it goes on and the step is skipped
    select(stops, V(0.0f), -plain * V(scale)).store(grad_log_prob);
    select(stops, -stopped, -plain).store(surrogate);
    (ratio - V(1.0f) - log_ratio).store(kl);
    select(stops, V(1.0f), V(0.0f)).store(clipped);
  }
};

}  // namespace

PolicySums policy_loss_rows(const PolicyRows& s, double clip_param, double scale, float* grad_mean,
                            float* grad_log_std) {
  const std::int64_t rows = s.rows, n = s.n;
  Block inv_std(n), z(n), spread(n), grads(n), grad_sums(n);
  float normalisation =
      static_cast<float>(0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi));
  for (std::int64_t k = 0; k < n; ++k) {
    const float l = s.log_std[k];
    for (std::int64_t r = 0; r < kLanes; ++r) inv_std.row(r)[k] = std::exp(-l);
    normalisation += l;
  }
  PolicySums sums;
  for (std::int64_t begin = 0; begin < rows; begin += kLanes) {
    const std::int64_t count = std::min(kLanes, rows - begin);
    Terms block;
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t sample = s.index[begin + r];
      const std::int64_t later = s.index[std::min(begin + r + kLanes, rows - 1)];
      prefetch(later, s.log_prob, s.advantage);
      prefetch((later + 1) * n - 1, s.action);
      prefetch(later * n, s.action);
      block.old_log_prob[r] = s.log_prob[sample];
      block.advantage[r] = s.advantage[sample];
      const float* a = s.action + sample * n;
      const float* m = s.mean + (begin + r) * n;
      float* to = z.row(r);
      for (std::int64_t k = 0; k < n; ++k) to[k] = a[k] - m[k];
    }
    for (std::int64_t k = 0; k < n; ++k) z.set(k, z.vector(k) * inv_std.vector(k));
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t k = 0; k < n; ++k) block.squared[r] += z.row(r)[k] * z.row(r)[k];
    block.evaluate(normalisation, static_cast<float>(1 - clip_param),
                   static_cast<float>(1 + clip_param), static_cast<float>(scale));
    for (std::int64_t r = 0; r < count; ++r) {
      sums.surrogate += block.surrogate[r];
      sums.kl += block.kl[r];
      sums.clip_fraction += block.clipped[r];
    }
    if (count < kLanes) {  // the last block's other rows hold what an earlier one left
      std::fill(z.row(count), z.row(kLanes), 0.0f);
      std::fill(block.grad_log_prob + count, block.grad_log_prob + kLanes, 0.0f);
    }
    spread.spread(block.grad_log_prob);
    for (std::int64_t k = 0; k < n; ++k) {
      const V x = z.vector(k), g = spread.vector(k);
      grads.set(k, g * x * inv_std.vector(k));
      grad_sums.set(k, grad_sums.vector(k) + g * (x * x - V(1.0f)));
    }
    std::copy_n(grads.row(0), count * n, grad_mean + begin * n);
  }
  std::copy_n(grad_sums.row(0), n, grad_log_std);
  for (std::int64_t r = 1; r < kLanes; ++r)
    for (std::int64_t k = 0; k < n; ++k) grad_log_std[k] += grad_sums.row(r)[k];
  return sums;
}

double value_loss_rows(const ValueRows& s, bool clip, double clip_param, double scale,
                       float* grad_value) {
  const float reach = static_cast<float>(clip_param);
  const float factor = static_cast<float>(2 * scale);
  double sum = 0.0;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    prefetch(s.index[std::min(r + kLanes, s.rows - 1)], s.returns, s.before);
    const float error = s.now[r] - s.returns[s.index[r]];
    const float change = s.now[r] - s.before[s.index[r]];
    const float clipped = error - (change - std::clamp(change, -reach, reach));
    const bool stopped = clip && clipped * clipped > error * error;
    grad_value[r] = stopped ? 0.0f : factor * error;
    sum += stopped ? clipped * clipped : error * error;
  }
  return sum;
}

}  // namespace kennel
