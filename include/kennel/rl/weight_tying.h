// Networks that treat left and right alike: which entries of a dense layer must be equal up to
// sign.
//
// A layer y = x W + b is equivariant when mirroring its input mirrors its output. With signed
// permutations (p, s) of the input and (q, t) of the output that says W[p(i), q(o)] = s_i t_o W[i,
// o]: entries come in pairs that share one free number, and an entry that is its own image with
// sign -1 must be zero. Hidden units are pairs too, swapped by the mirror.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/rl/fused_ops.h"

namespace kennel {

/// Maps a short vector of free parameters to the flat vector of dense ones, and gradients back.
class WeightTying {
 public:
  /// Appends a weight (in, out) and its bias (out) between two mirrored spaces.
  void add_dense(const Mirror& in, const Mirror& out);

  /// Appends a vector of the given mirror, such as a bias.
  void add_vector(const Mirror& mirror);

  /// Finishes the map; nothing can be appended afterwards.
  void build(torch::Device device);

  std::int64_t num_free() const { return static_cast<std::int64_t>(first_.size()); }
  std::int64_t num_dense() const { return static_cast<std::int64_t>(source_.size()); }

  /// The same map for a fused operation; undefined tensors before `build`.
  TyingMap map() const { return {first_index_, second_index_, second_signs_}; }

  /// dense (num_dense) <- free (num_free); or both with as many rows
  void expand(const torch::Tensor& free, torch::Tensor& dense) const;

  /// free (num_free) <- d loss / d free, from d loss / d dense (num_dense)
  void reduce(const torch::Tensor& dense_gradient, torch::Tensor& free_gradient) const;

  /// The free parameters whose expansion is nearest to `dense`, scaled so that independent entries
  /// keep their variance.
  torch::Tensor project(const torch::Tensor& dense) const;

 private:
  void add(const Mirror& in, const Mirror& out);

  std::vector<std::int64_t> source_;    // a dense entry's free parameter
  std::vector<float> source_sign_;      // its sign; 0 where the entry must vanish
  std::vector<std::int64_t> first_;     // a free parameter's first entry, always with sign +1
  std::vector<std::int64_t> second_;    // its other entry, or the first again
  std::vector<float> second_sign_;      // that entry's sign; 0 where there is none
  torch::Tensor source_index_, signs_;  // (num_dense)
  torch::Tensor first_index_, second_index_, second_signs_;  // (num_free)
};

}  // namespace kennel
