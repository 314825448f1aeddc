#include "src/learners/off_policy/critics.h"

#include <cstddef>
#include <optional>

namespace kennel {
namespace {

TrainedNetworks networks_of(const OffPolicyParts& parts, const ReplayConfig& replay,
                            const ActorCriticConfig& config, int count,
                            torch::Generator generator) {
  std::optional<NetworkMirrors> mirrors;
  if (parts.mirrors != nullptr) mirrors = critic_mirrors(*parts.mirrors);
  return {{.shape = critic_shape(parts.spec, replay, config),
           .count = count,
           .output_gain = kValueGain,
           .learning_rate = config.critic_learning_rate,
           .max_grad_norm = replay.max_grad_norm,
           .mirrors = mirrors ? &*mirrors : nullptr},
          generator,
          parts.pool,
          parts.device,
          parts.ops};
}

/// One value of several critics', (rows, count) -> (rows).
torch::Tensor estimated(const torch::Tensor& values, Estimate estimate) {
  if (estimate == Estimate::kFirst) return values.select(1, 0);
  return estimate == Estimate::kLeast ? values.amin(1) : values.mean(1);
}

/// How much of each critic is in that value, (rows, count).
torch::Tensor shares(const torch::Tensor& values, Estimate estimate) {
  const std::int64_t count = values.size(1);
  if (estimate == Estimate::kMean) return torch::full_like(values, 1.0 / count);
  torch::Tensor out = torch::zeros_like(values);
  if (estimate == Estimate::kFirst) {
    out.select(1, 0).fill_(1.0);
  } else {
    out.scatter_(1, values.argmin(1, /*keepdim=*/true), 1.0);
  }
  return out;
}

}  // namespace

MlpShape critic_shape(const EnvSpec& spec, const ReplayConfig& replay,
                      const ActorCriticConfig& config) {
  return mlp_shape(spec.privileged_obs_size + spec.action_size, config.critic_hidden, 1,
                   parse_activation(replay.activation), Activation::kLinear);
}

Critics::Critics(const OffPolicyParts& parts, const ReplayConfig& replay,
                 const ActorCriticConfig& config, int count, torch::Generator generator)
    : ops_(parts.ops), networks_(networks_of(parts, replay, config, count, generator)) {
  for (int thread = 0; thread < parts.pool.num_threads(); ++thread) {
    workers_.push_back({torch::empty({0}, parts.device), {}});
    for (int k = 0; k < count; ++k)
      workers_.back().passes.emplace_back(networks_.shape(), parts.device,
                                          Passes::kForwardAndBackward);
  }
}

Critics::Worker& Critics::worker_at(const torch::Tensor& privileged_obs,
                                    const torch::Tensor& action, int thread) {
  Worker& worker = workers_[static_cast<std::size_t>(thread)];
  worker.input.resize_({action.size(0), privileged_obs.size(1) + action.size(1)});
  at::cat_out(worker.input, {privileged_obs, action}, 1);
  for (MlpWorkspace& pass : worker.passes) pass.resize(action.size(0));
  return worker;
}

torch::Tensor Critics::target_value(const torch::Tensor& privileged_obs,
                                    const torch::Tensor& action, Estimate estimate, int thread) {
  Worker& worker = worker_at(privileged_obs, action, thread);
  std::vector<torch::Tensor> values;
  for (int k = 0; k < networks_.count(); ++k)
    values.push_back(forward(ops_, networks_.target(k), worker.input,
                             worker.passes[static_cast<std::size_t>(k)]));
  return estimated(torch::cat(values, 1), estimate);
}

ActionGradient Critics::by_action(const torch::Tensor& privileged_obs, const torch::Tensor& action,
                                  Estimate estimate, int thread) {
  Worker& worker = worker_at(privileged_obs, action, thread);
  const int count = estimate == Estimate::kFirst ? 1 : networks_.count();
  std::vector<torch::Tensor> values;
  for (int k = 0; k < count; ++k)
    values.push_back(forward(ops_, networks_.network(k), worker.input,
                             worker.passes[static_cast<std::size_t>(k)]));
  const torch::Tensor all = torch::cat(values, 1);  // (rows, count)
  const torch::Tensor share = shares(all, estimate);
  ActionGradient out{estimated(all, estimate), torch::zeros_like(action)};
  for (int k = 0; k < count; ++k) {
    MlpWorkspace& pass = worker.passes[static_cast<std::size_t>(k)];
    pass.grad.back().copy_(share.narrow(1, k, 1));
    out.action.add_(input_gradient(ops_, networks_.network(k), pass, privileged_obs.size(1)));
  }
  return out;
}

torch::Tensor Critics::fit(const Minibatch& batch, const NextValue& next_value) {
  const auto rows = static_cast<double>(batch.size());
  const int count = networks_.count();
  const torch::Tensor sums = networks_.descend(batch.size(), [&](const Slice& slice, int thread,
                                                                 TrainedNetworks::Layers& gradient,
                                                                 const torch::Tensor& sum) {
    const Minibatch part = batch.narrow(slice.begin, slice.rows);
    // y is made before the pass whose memory it would overwrite.
    const torch::Tensor y =
        torch::addcmul(part.returns, part.discount, next_value(part, slice, thread)).unsqueeze(1);
    Worker& worker = worker_at(part.privileged_obs, part.action, thread);
    sum.zero_();
    for (int k = 0; k < count; ++k) {
      MlpWorkspace& pass = worker.passes[static_cast<std::size_t>(k)];
      const torch::Tensor& q = forward(ops_, networks_.network(k), worker.input, pass);
      const torch::Tensor error = q - y;  // (rows, 1)
      at::mul_out(pass.grad.back(), error, torch::full({}, 2.0 / rows, error.options()));
      sum[0].add_(error.square().sum());
      sum[1].add_(q.sum());
      backward(ops_, networks_.network(k), worker.input, pass,
               gradient[static_cast<std::size_t>(k)]);
    }
  });
  return sums / (rows * count);
}

}  // namespace kennel
