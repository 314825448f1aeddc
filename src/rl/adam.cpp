#include "kennel/rl/adam.h"

#include <limits>

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
      counts_(torch::zeros({2}, device)),
      arrivals_(torch::zeros({}, torch::TensorOptions().dtype(torch::kInt32).device(device))),
      outcome_(torch::zeros({2}, device)) {}

void Adam::step(torch::Tensor& parameters, torch::Tensor& gradient, double max_grad_norm,
                torch::Tensor grad_norm) {
  at::linalg_vector_norm_out(grad_norm, gradient, 2);
  gradient.mul_((grad_norm + 1e-6).reciprocal_().mul_(max_grad_norm).clamp_max_(1));
  torch::Tensor finite = outcome_[0], not_finite = outcome_[1];
  at::lt_out(finite, grad_norm, std::numeric_limits<double>::infinity());  // false for NaN
  at::logical_not_out(not_finite, finite);
  counts_.add_(outcome_);
  at::_fused_adam_({parameters}, {gradient}, {first_moment_}, {second_moment_}, {}, {counts_[0]},
                   learning_rate_, kBeta1, kBeta2, /*weight_decay=*/0, kEpsilon,
                   /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{}, not_finite);
}

torch::Tensor Adam::scalars() const { return torch::cat({learning_rate_.view({1}), counts_}); }

void Adam::set_scalars(const torch::Tensor& scalars) {
  learning_rate_.copy_(scalars[0]);
  counts_.copy_(scalars.narrow(0, 1, 2));
}

void Adam::put(TensorArchive& archive, const std::string& name) const {
  archive.put(name + "/first_moment", first_moment_);
  archive.put(name + "/second_moment", second_moment_);
  archive.put(name + "/scalars", scalars());
}

void Adam::take(const TensorArchive& archive, const std::string& name) {
  first_moment_.copy_(archive.tensor(name + "/first_moment"));
  second_moment_.copy_(archive.tensor(name + "/second_moment"));
  set_scalars(archive.tensor(name + "/scalars"));
}

}  // namespace kennel
