// Adam (Kingma, Ba 2015, algorithm 1), upwards and in double: for a few parameters.
#pragma once

#include <cmath>
#include <cstdint>

#include "kennel/core/check.h"
#include "kennel/rl/tensor_archive.h"

namespace kennel {

/// How long Adam's means remember.
struct AdamBetas {
  double first = 0.9, second = 0.999;
};

class AdamAscent {
 public:
  explicit AdamAscent(std::int64_t num_parameters)
      : m_(torch::zeros({num_parameters}, torch::kFloat64)), v_(torch::zeros_like(m_)) {}

  /// What to add to the parameters, (n).
  /// \param gradient  (n) float64 on the CPU
  torch::Tensor step(const torch::Tensor& gradient, double learning_rate, const AdamBetas& betas) {
    constexpr double kEpsilon = 1e-8;
    m_ = betas.first * m_ + (1 - betas.first) * gradient;
    v_ = betas.second * v_ + (1 - betas.second) * gradient * gradient;
    // 1 less the product of all betas so far: what the means still lack of their first zeros.
    first_left_ *= betas.first;
    second_left_ *= betas.second;
    const torch::Tensor m = m_ / (1 - first_left_), v = v_ / (1 - second_left_);
    return learning_rate * m / (v.sqrt() + kEpsilon);
  }

  void put(TensorArchive& archive) const {
    archive.put("adam/first_moment", m_);
    archive.put("adam/second_moment", v_);
    archive.put("adam/left", torch::tensor({first_left_, second_left_}, torch::kFloat64));
  }

  /// \throws Error, nothing changed, when the archive holds no such state of as many parameters
  void take(const TensorArchive& archive) {
    const torch::Tensor m = of_shape(archive, "adam/first_moment", m_.size(0)).clone();
    const torch::Tensor v = of_shape(archive, "adam/second_moment", m_.size(0)).clone();
    const torch::Tensor left = of_shape(archive, "adam/left", 2);
    first_left_ = left[0].item<double>();
    second_left_ = left[1].item<double>();
    m_ = m;
    v_ = v;
  }

 private:
  static torch::Tensor of_shape(const TensorArchive& archive, const char* name, std::int64_t size) {
    const torch::Tensor tensor = archive.tensor(name);
    KENNEL_CHECK(
        tensor.dim() == 1 && tensor.size(0) == size && tensor.scalar_type() == torch::kFloat64,
        name, ": expected ", size, " numbers of float64, got ", tensor.toString(), " of ",
        tensor.numel(), "; try an older checkpoint");
    return tensor;
  }

  torch::Tensor m_, v_;  // (n): means of gradient and of its square
  double first_left_ = 1.0, second_left_ = 1.0;
};

}  // namespace kennel
