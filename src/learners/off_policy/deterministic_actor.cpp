#include "src/learners/off_policy/deterministic_actor.h"

#include <cstddef>
#include <optional>

namespace kennel {
namespace {

TrainedNetworks networks_of(const OffPolicyParts& parts, const ReplayConfig& replay,
                            const ActorCriticConfig& config, torch::Generator generator) {
  std::optional<NetworkMirrors> mirrors;
  if (parts.mirrors != nullptr) mirrors = {parts.mirrors->obs, parts.mirrors->action};
  return {{.shape = actor_shape(parts.spec, replay, config),
           .output_gain = kPolicyGain,
           .learning_rate = config.actor_learning_rate,
           .max_grad_norm = replay.max_grad_norm,
           .mirrors = mirrors ? &*mirrors : nullptr},
          generator,
          parts.pool,
          parts.device,
          parts.ops};
}

}  // namespace

MlpShape actor_shape(const EnvSpec& spec, const ReplayConfig& replay,
                     const ActorCriticConfig& config) {
  return mlp_shape(spec.obs_size, config.actor_hidden, spec.action_size,
                   parse_activation(replay.activation), Activation::kTanh);
}

DeterministicActor::DeterministicActor(const OffPolicyParts& parts, const ReplayConfig& replay,
                                       const ActorCriticConfig& config, torch::Generator generator)
    : ops_(parts.ops), networks_(networks_of(parts, replay, config, generator)) {
  for (int thread = 0; thread < parts.pool.num_threads(); ++thread)
    passes_.emplace_back(networks_.shape(), parts.device, Passes::kForwardAndBackward);
}

MlpWorkspace& DeterministicActor::pass_at(const torch::Tensor& obs, int thread) {
  MlpWorkspace& pass = passes_[static_cast<std::size_t>(thread)];
  pass.resize(obs.size(0));
  return pass;
}

const torch::Tensor& DeterministicActor::act(const torch::Tensor& obs, int thread) {
  return forward(ops_, networks_.network(), obs, pass_at(obs, thread));
}

const torch::Tensor& DeterministicActor::target_act(const torch::Tensor& obs, int thread) {
  return forward(ops_, networks_.target(), obs, pass_at(obs, thread));
}

torch::Tensor DeterministicActor::ascend(const Minibatch& batch, Critics& critics,
                                         double action_cost) {
  const auto rows = static_cast<double>(batch.size());
  const torch::Tensor sums = networks_.descend(batch.size(), [&](const Slice& slice, int thread,
                                                                 TrainedNetworks::Layers& gradient,
                                                                 const torch::Tensor& sum) {
    const Minibatch part = batch.narrow(slice.begin, slice.rows);
    const torch::Tensor& action = act(part.obs, thread);
    const ActionGradient gain =
        critics.by_action(part.privileged_obs, action, Estimate::kFirst, thread);
    MlpWorkspace& pass = passes_[static_cast<std::size_t>(thread)];
    // Adam goes down: the loss is -Q.
    at::mul_out(pass.grad.back(), gain.action, torch::full({}, -1.0 / rows, gain.action.options()));
    if (action_cost > 0.0)
      pass.grad.back().add_(action,
                            2.0 * action_cost / (rows * static_cast<double>(action.size(1))));
    sum[0].copy_(gain.value.sum());
    sum[1].copy_(action.abs().mean(1).sum());
    backward(ops_, networks_.network(), part.obs, pass, gradient[0]);
  });
  return sums / rows;
}

void explore_around(const torch::Tensor& mean, const Exploring& at, float least, float most,
                    torch::Tensor& action) {
  const torch::Tensor sigma = at.spread * double{most - least} + double{least};  // (rows, 1)
  at::addcmul_out(action, mean, at.noise, sigma);
  action.clamp_(-1.0, 1.0);
}

}  // namespace kennel
