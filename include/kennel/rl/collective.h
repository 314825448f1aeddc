// Several learners that train one policy, each on environments of its own.
#pragma once

#include <torch/types.h>

namespace kennel {

/// The ranks of one training, and the sums over them. Every rank calls the same sums in the same
/// order and gets the same bits, so that all take the same gradient step.
class Collective {
 public:
  virtual ~Collective() = default;

  virtual int rank() const = 0;  // from 0
  virtual int size() const = 0;  // ranks

  /// x <- the sum of all ranks' x, on the device's own stream.
  /// \param x  contiguous, of the same shape, type and kind of device on every rank
  virtual void sum(torch::Tensor& x) const = 0;

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
