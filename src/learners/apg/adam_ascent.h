// Adam with what a checkpoint holds of it, for betas that may change on the way.
#pragma once

#include <cstdint>

#include "kennel/core/check.h"
#include "kennel/rl/tensor_archive.h"
#include "src/learners/adam_step.h"

namespace kennel {

class AdamAscent {
 public:
  explicit AdamAscent(std::int64_t num_parameters)
      : moments_(torch::zeros({num_parameters}, torch::kFloat64)) {}

  /// What to add to the parameters, (n).
  /// \param gradient  (n) float64 on the CPU
  torch::Tensor step(const torch::Tensor& gradient, double learning_rate, const AdamBetas& betas) {
    left_.first *= betas.first;
    left_.second *= betas.second;
    return adam_step(gradient, learning_rate, betas, left_, moments_);
  }

  void put(TensorArchive& archive) const {
    archive.put("adam/first_moment", moments_.first);
    archive.put("adam/second_moment", moments_.second);
    archive.put("adam/left", torch::tensor({left_.first, left_.second}, torch::kFloat64));
  }

  /// \throws Error, nothing changed, when the archive holds no such state of as many parameters
  void take(const TensorArchive& archive) {
    const std::int64_t size = moments_.first.size(0);
    const torch::Tensor first = of_shape(archive, "adam/first_moment", size).clone();
    const torch::Tensor second = of_shape(archive, "adam/second_moment", size).clone();
    const torch::Tensor left = of_shape(archive, "adam/left", 2);
    left_ = {left[0].item<double>(), left[1].item<double>()};
    moments_.first = first;
    moments_.second = second;
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

  AdamMoments moments_;
  AdamBetas left_{1.0, 1.0};
};

}  // namespace kennel
