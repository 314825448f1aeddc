#include "src/learners/search/linear_policy.h"

namespace kennel {

LinearPolicy::LinearPolicy(std::int64_t obs_size, std::int64_t action_size, const Mirrors* mirrors)
    : obs_size_(obs_size), action_size_(action_size), symmetric_(mirrors != nullptr) {
  if (!symmetric_) return;
  check_mirror(mirrors->obs, static_cast<int>(obs_size), "obs");
  check_mirror(mirrors->action, static_cast<int>(action_size), "action");
  tying_.add_dense(mirrors->obs, mirrors->action);
  tying_.build(torch::kCPU);
}

std::int64_t LinearPolicy::num_parameters() const {
  return symmetric_ ? tying_.num_free() : num_dense();
}

torch::Tensor LinearPolicy::folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                                   const torch::Tensor& inv_std) const {
  torch::Tensor dense = torch::empty({parameters.size(0), num_dense()}, torch::kFloat64);
  if (symmetric_) {
    tying_.expand(parameters, dense);
  } else {
    dense.copy_(parameters);
  }
  const auto host = [](const torch::Tensor& x) { return x.to(torch::kCPU, torch::kFloat64); };
  // x' W + b with x' = (x - mean) inv_std:  W <- diag(inv_std) W,  then  b <- b - mean W
  torch::Tensor weights = dense.narrow(1, 0, obs_size_ * action_size_)
                              .view({parameters.size(0), obs_size_, action_size_});
  weights.mul_(host(inv_std).view({1, -1, 1}));
  dense.narrow(1, obs_size_ * action_size_, action_size_)
      .sub_((weights * host(mean).view({1, -1, 1})).sum(1));
  return dense;
}

PolicyNetwork LinearPolicy::network(const torch::Tensor& dense) const {
  const torch::Tensor numbers = dense.to(torch::kFloat32).contiguous().view({-1});
  const float* begin = numbers.const_data_ptr<float>();
  const float* bias = begin + obs_size_ * action_size_;
  DenseLayer layer;
  layer.in = static_cast<int>(obs_size_);
  layer.out = static_cast<int>(action_size_);
  layer.weights.assign(begin, bias);
  layer.bias.assign(bias, bias + action_size_);
  return {{layer}};
}

}  // namespace kennel
