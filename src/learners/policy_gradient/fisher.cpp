#include "src/learners/policy_gradient/fisher.h"

#include <cstddef>

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// d <- act'(u) d, from y = act(u).
void through_activation(Activation activation, const torch::Tensor& y, torch::Tensor& d) {
  switch (activation) {
    case Activation::kLinear:
      break;
    case Activation::kRelu:
      d.mul_(y > 0);
      break;
    case Activation::kElu:  // 1 above 0, exp(u) = y + 1 below
      d.mul_(y.clamp_max(0).add_(1));
      break;
    case Activation::kTanh:
      d.mul_((y * y).neg_().add_(1));
      break;
  }
}

/// J v, (rows, out of the last layer), beside a forward pass that has been made.
torch::Tensor change_of_output(const std::vector<Dense>& layers, const std::vector<Dense>& v,
                               const torch::Tensor& x, const MlpWorkspace& pass) {
  torch::Tensor d;  // (rows, out), of the layer's output
  for (std::size_t k = 0; k < layers.size(); ++k) {
    torch::Tensor du = at::addmm(v[k].bias, k == 0 ? x : pass.output[k - 1], v[k].weight);
    if (k > 0) du.addmm_(d, layers[k].weight);
    d = du;
    through_activation(layers[k].activation, pass.output[k], d);
  }
  return d;
}

}  // namespace

Fisher::Fisher(const ActorCritic& networks, WorkerPool& pool, const LearnerOps& ops)
    : networks_(networks),
      gradient_(networks, pool, ops, 1, Learns::kPolicy),
      none_(torch::zeros({1}, networks.parameters().options())) {
  KENNEL_CHECK(networks.actor_input() == nullptr,
               "the Fisher information is of dense layers; make the networks without parity");
}

// What `refresh` does to the weights, which is linear.
torch::Tensor Fisher::change_of_weights(const torch::Tensor& v) const {
  if (networks_.tying().num_dense() == 0) return v;
  torch::Tensor dense = torch::empty({networks_.num_dense()}, v.options());
  networks_.tying().expand(v, dense);
  return dense;
}

torch::Tensor Fisher::times(const LearningRows& rows, const torch::Tensor& v) {
  const ActorCritic::Views change = networks_.views(change_of_weights(v));
  const auto M = static_cast<double>(rows.size());
  const SliceWork loss = [&](const SlicePass& pass) {
    const torch::Tensor inverse_variance = (-2 * pass.loss.log_std).exp_().div_(M);
    pass.loss.grad_mean.copy_(
        change_of_output(networks_.actor(), change.actor, pass.obs, pass.actor)
            .mul_(inverse_variance));
    pass.loss.grad_log_std.copy_(change.log_std * (2 * static_cast<double>(pass.rows.size()) / M));
    pass.loss.sums.zero_();
  };
  torch::Tensor out = torch::empty_like(v);
  networks_.reduce_gradient(gradient_.sum(rows, loss, none_), out);
  return out;
}

}  // namespace kennel
