#include "src/learners/off_policy/dqn.h"

#include <cstddef>
#include <optional>

#include "kennel/core/check.h"
#include "kennel/io/config_problems.h"
#include "kennel/rl/deployed.h"
#include "kennel/rl/random.h"

namespace kennel {
namespace {

// A joint's bins are its mirror image's, from the other end where its sign turns.
Mirror bins_mirror(const Mirror& action, int num_bins) {
  Mirror out;
  for (std::size_t joint = 0; joint < action.index.size(); ++joint) {
    for (int bin = 0; bin < num_bins; ++bin) {
      const int image = action.sign[joint] < 0.0f ? num_bins - 1 - bin : bin;
      out.index.push_back(action.index[joint] * num_bins + image);
      out.sign.push_back(1.0f);
    }
  }
  return out;
}

TrainedNetworks networks_of(const OffPolicyParts& parts, const DqnConfig& config) {
  std::optional<NetworkMirrors> mirrors;
  if (parts.mirrors != nullptr)
    mirrors = {parts.mirrors->obs, bins_mirror(parts.mirrors->action, config.num_bins)};
  return {{.shape = Dqn::shapes(config, parts.spec).front().shape,
           .output_gain = kValueGain,
           .learning_rate = config.learning_rate,
           .max_grad_norm = config.replay.max_grad_norm,
           .mirrors = mirrors ? &*mirrors : nullptr},
          cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 0)),
          parts.pool,
          parts.device,
          parts.ops};
}

}  // namespace

std::vector<std::string> problems(const DqnConfig& config, int /*num_envs*/) {
  std::vector<std::string> found = out_of_bounds("dqn", config);
  check_order("dqn", "min_epsilon", config.min_epsilon, "max_epsilon", config.max_epsilon, found);
  check_hidden("dqn", "hidden", config.hidden, config.replay, found);
  check_replay("dqn", config.replay, found);
  return found;
}

torch::Tensor bin_values(const torch::Tensor& bins, int num_bins) {
  return bins.to(torch::kFloat32).mul_(2.0 / (num_bins - 1)).sub_(1.0);
}

torch::Tensor nearest_bins(const torch::Tensor& values, int num_bins) {
  return (values + 1.0)
      .mul_(0.5 * (num_bins - 1))
      .round_()
      .clamp_(0, num_bins - 1)
      .to(torch::kInt64);
}

torch::Tensor value_of_best(const torch::Tensor& by, const torch::Tensor& of) {
  return of.gather(2, by.argmax(2, /*keepdim=*/true)).squeeze(2).mean(1);
}

std::vector<NetworkCount> Dqn::shapes(const DqnConfig& config, const EnvSpec& spec) {
  return {{mlp_shape(spec.obs_size, config.hidden, spec.action_size * config.num_bins,
                     parse_activation(config.replay.activation), Activation::kLinear)}};
}

Dqn::Dqn(const OffPolicyParts& parts, const DqnConfig& config)
    : config_(config),
      action_size_(parts.spec.action_size),
      ops_(parts.ops),
      networks_(networks_of(parts, config)) {
  for (int thread = 0; thread < parts.pool.num_threads(); ++thread) {
    passes_.emplace_back(networks_.shape(), parts.device, Passes::kForwardAndBackward);
    target_passes_.emplace_back(networks_.shape(), parts.device, Passes::kForward);
  }
}

// (rows, M, K), overwritten by the thread's next call for the same network.
torch::Tensor Dqn::values(const torch::Tensor& obs, Which which, int thread) {
  const bool learnt = which == Which::kLearnt;
  MlpWorkspace& pass = (learnt ? passes_ : target_passes_)[static_cast<std::size_t>(thread)];
  pass.resize(obs.size(0));
  return forward(ops_, learnt ? networks_.network() : networks_.target(), obs, pass)
      .view({obs.size(0), action_size_, config_.num_bins});
}

torch::Tensor Dqn::any_bin(const torch::Tensor& noise) const {
  return (uniform_from_normal(noise.narrow(1, action_size_, action_size_)) + 1.0)
      .mul_(0.5 * config_.num_bins)
      .floor_()
      .clamp_(0, config_.num_bins - 1);
}

void Dqn::explore(const Exploring& at, int thread, torch::Tensor& action) {
  const torch::Tensor best = values(at.obs, Which::kLearnt, thread).argmax(2);
  const torch::Tensor chance =
      (uniform_from_normal(at.noise.narrow(1, 0, action_size_)) + 1.0).mul_(0.5);
  const torch::Tensor epsilon =
      at.spread * double{config_.max_epsilon - config_.min_epsilon} + double{config_.min_epsilon};
  action.copy_(
      bin_values(torch::where(chance < epsilon, any_bin(at.noise), best.to(torch::kFloat32)),
                 config_.num_bins));
}

void Dqn::explore_blindly(const torch::Tensor& noise, torch::Tensor& action) {
  action.copy_(bin_values(any_bin(noise), config_.num_bins));
}

std::vector<std::string_view> Dqn::number_names() const {
  return {"train/value_loss", "train/q", "train/value_norm"};
}

void Dqn::update(const Minibatch& batch, const torch::Tensor& /*noise*/, std::int64_t /*update*/,
                 torch::Tensor& numbers) {
  const auto rows = static_cast<double>(batch.size());
  const torch::Tensor sums = networks_.descend(batch.size(), [&](const Slice& slice, int thread,
                                                                 TrainedNetworks::Layers& gradient,
                                                                 const torch::Tensor& sum) {
    const Minibatch part = batch.narrow(slice.begin, slice.rows);
    const torch::Tensor following = values(part.next_obs, Which::kTarget, thread);
    const torch::Tensor next =
        config_.double_q ? value_of_best(values(part.next_obs, Which::kLearnt, thread), following)
                         : value_of_best(following, following);
    const torch::Tensor y = torch::addcmul(part.returns, part.discount, next);
    const torch::Tensor taken = nearest_bins(part.action, config_.num_bins).unsqueeze(2);
    const torch::Tensor q =
        values(part.obs, Which::kLearnt, thread).gather(2, taken).squeeze(2).mean(1);
    const torch::Tensor error = q - y;  // (rows)
    MlpWorkspace& pass = passes_[static_cast<std::size_t>(thread)];
    // Each joint's share of Q is 1/M.
    const torch::Tensor by_taken = (error * (2.0 / (rows * static_cast<double>(action_size_))))
                                       .view({-1, 1, 1})
                                       .expand_as(taken);
    pass.grad.back().zero_();
    pass.grad.back()
        .view({slice.rows, action_size_, config_.num_bins})
        .scatter_(2, taken, by_taken);
    sum[0].copy_(error.square().sum());
    sum[1].copy_(q.sum());
    backward(ops_, networks_.network(), part.obs, pass, gradient[0]);
  });
  networks_.follow(config_.replay.tau);
  numbers.add_(torch::cat({sums / rows, networks_.grad_norm().view({1})}));
}

PolicyNetwork Dqn::policy(const Normaliser& obs_normaliser) const {
  PolicyNetwork network = deployed(networks_.shape(), networks_.network(), obs_normaliser);
  for (DenseLayer& layer : argmax_layers(static_cast<int>(action_size_), config_.num_bins))
    network.layers.push_back(std::move(layer));
  return network;
}

}  // namespace kennel
