#include "kennel/rl/adam.h"

namespace kennel {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

Adam::Adam(std::int64_t num_parameters, double learning_rate, torch::Device device)
    : first_moment_(torch::zeros({num_parameters}, device)),
      second_moment_(torch::zeros({num_parameters}, device)),
      learning_rate_(torch::full({}, learning_rate, device)),
      steps_(torch::zeros({}, device)),
      skipped_(torch::zeros({}, device)),
      grad_norm_(torch::zeros({}, device)) {}

void Adam::step(torch::Tensor& parameters, torch::Tensor& gradient, double max_grad_norm) {
  grad_norm_.copy_(gradient.norm());
  gradient.mul_((max_grad_norm / (grad_norm_ + 1e-6)).clamp_max_(1));
  const torch::Tensor not_finite = grad_norm_.isfinite().logical_not_().to(torch::kFloat32);
  skipped_.add_(not_finite);
  steps_.add_(1 - not_finite);
  at::_fused_adam_({parameters}, {gradient}, {first_moment_}, {second_moment_}, {}, {steps_},
                   learning_rate_, kBeta1, kBeta2, /*weight_decay=*/0, kEpsilon,
                   /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{}, not_finite);
}

torch::Tensor Adam::scalars() const { return torch::stack({learning_rate_, steps_, skipped_}); }

void Adam::set_scalars(const torch::Tensor& scalars) {
  learning_rate_.copy_(scalars[0]);
  steps_.copy_(scalars[1]);
  skipped_.copy_(scalars[2]);
}

}  // namespace kennel
