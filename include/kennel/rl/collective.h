// Several learners that train one policy, each on environments of its own.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace kennel {

/// The ranks of one training, and the sums over them. Every rank calls the same sums in the same
/// order and gets the same bits, so that all take the same gradient step. Which order a sum is made
/// in is the engine's: who wants the same bits from any number of ranks adds what no order changes
/// (rl/exact_sum.h).
class Collective {
 public:
  virtual ~Collective() = default;

  virtual int rank() const = 0;  // from 0
  virtual int size() const = 0;  // ranks

  /// What this rank does now, for whoever misses it: "gathered experience". A literal.
  virtual void now(const char* /*doing*/) const {}

  /// x <- the sum of all ranks' x, on the device's own stream: float32, float64 or int64.
  /// \param x  contiguous, of the same shape, type and kind of device on every rank
  virtual void sum(torch::Tensor& x) const = 0;

  /// x <- the largest of all ranks' x, entry by entry; NaN where one is NaN.
  virtual void max(torch::Tensor& x) const = 0;

  /// The sum of a number of each rank's.
  std::int64_t total(std::int64_t own) const {
    torch::Tensor x = torch::tensor({own}, torch::kInt64);
    if (size() > 1) sum(x);
    return x.item<std::int64_t>();
  }

  /// x <- the mean of all ranks' x.
  void mean(torch::Tensor& x) const {
    if (size() == 1) return;
    sum(x);
    x.div_(size());
  }
};

/// One rank: sums are what they are.
const Collective& alone();

}  // namespace kennel
