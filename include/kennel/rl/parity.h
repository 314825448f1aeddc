// Coordinates in which a mirror only changes signs.
//
// Of two numbers that the mirror exchanges with sign s, x' being the image's, the even part
// x + s x' stays and the odd part x - s x' is negated; a number that is its own image is one or the
// other. A layer that treats left and right alike never mixes the two (WeightTying), so in these
// coordinates half of its weights are zeros, and are not multiplied:
//
//   y  = even . W_even + odd . W_odd          W_even = (w + s w') / 2, of the rows w, w' of x, x'
//   y' = even . W_even - odd . W_odd          W_odd  = (w - s w') / 2
//
// for units y, y' that the mirror swaps.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/contract/mirror.h"

namespace kennel {

/// The even and odd parts of a mirrored vector, even ones first.
class Parity {
 public:
  explicit Parity(const Mirror& mirror);

  std::int64_t size() const { return num_even_ + num_odd_; }
  std::int64_t num_even() const { return num_even_; }

  /// parts (n) <- of x (n)
  void split(const float* x, float* parts) const;

  /// What multiplies the parts as `weight` (n, out) multiplies what they are of: its first columns.
  /// \param parts  (n, columns), contiguous
  void split_weight(const torch::Tensor& weight, torch::Tensor& parts) const;

  /// The transpose of `split_weight`: adds a gradient with respect to `parts` to the first columns
  /// of one with respect to `weight`.
  void add_gradient(const torch::Tensor& parts, torch::Tensor& weight) const;

 private:
  struct Pair {
    std::int64_t first, image;
    float sign;
  };
  std::vector<Pair> pairs_;
  std::vector<std::int64_t> own_even_, own_odd_;  // their own images
  std::int64_t num_even_ = 0, num_odd_ = 0;
};

}  // namespace kennel
