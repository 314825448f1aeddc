#include "src/learners/policy_gradient/rms_prop.h"

namespace kennel {

RmsProp::RmsProp(const torch::Tensor& learning_rates, const RmsPropConfig& config)
    : config_(config),
      rates_(learning_rates),
      square_(torch::zeros_like(learning_rates)),
      weight_(torch::zeros({}, learning_rates.device())),
      skipped_(torch::zeros({}, learning_rates.device())) {}

torch::Tensor RmsProp::step(torch::Tensor& parameters, const torch::Tensor& gradient) {
  const torch::Tensor norm = gradient.norm();
  const torch::Tensor finite = norm.isfinite();
  const torch::Tensor g = gradient * (config_.max_grad_norm / (norm + 1e-6)).clamp_max_(1);
  const torch::Tensor square = square_ * config_.decay + g * g * (1 - config_.decay);
  const torch::Tensor weight = weight_ * config_.decay + (1 - config_.decay);
  const torch::Tensor step = g / (square / weight + config_.epsilon).sqrt_() * rates_;
  at::where_out(square_, finite, square, square_);
  at::where_out(weight_, finite, weight, weight_);
  parameters.sub_(torch::where(finite, step, torch::zeros_like(step)));
  skipped_.add_(finite.logical_not().to(torch::kFloat32));
  return norm;
}

void RmsProp::put(TensorArchive& archive, const std::string& name) const {
  archive.put(name + "/square", square_);
  archive.put(name + "/weight", weight_);
  archive.put(name + "/skipped", skipped_);
}

void RmsProp::take(const TensorArchive& archive, const std::string& name) {
  square_.copy_(archive.tensor(name + "/square"));
  weight_.copy_(archive.tensor(name + "/weight"));
  skipped_.copy_(archive.tensor(name + "/skipped"));
}

}  // namespace kennel
