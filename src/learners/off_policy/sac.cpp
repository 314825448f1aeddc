#include "src/learners/off_policy/sac.h"

#include <cmath>
#include <cstddef>
#include <optional>

#include "kennel/io/config_problems.h"
#include "kennel/rl/deployed.h"
#include "kennel/rl/random.h"

namespace kennel {
namespace {

// A standard deviation has no side.
Mirror output_mirror(const Mirror& action) {
  Mirror out = action;
  for (const int index : action.index) out.index.push_back(action.size() + index);
  out.sign.resize(out.index.size(), 1.0f);
  return out;
}

TrainedNetworks actor_of(const OffPolicyParts& parts, const SacConfig& config) {
  std::optional<NetworkMirrors> mirrors;
  if (parts.mirrors != nullptr)
    mirrors = {parts.mirrors->obs, output_mirror(parts.mirrors->action)};
  return {{.shape = gaussian_shape(parts.spec, config.replay, config.networks),
           .output_gain = kPolicyGain,
           .learning_rate = config.networks.actor_learning_rate,
           .max_grad_norm = config.replay.max_grad_norm,
           .mirrors = mirrors ? &*mirrors : nullptr,
           .followed = false},
          cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 0)),
          parts.pool,
          parts.device,
          parts.ops};
}

/// The network's number that makes log sigma `log_std`.
double number_for(double log_std, const LogStdBounds& bounds) {
  return std::atanh(2 * (log_std - bounds.low) / (bounds.high - bounds.low) - 1);
}

}  // namespace

std::vector<std::string> problems(const SacConfig& config, int /*num_envs*/) {
  std::vector<std::string> found = out_of_bounds("sac", config);
  const double log_std = std::log(config.init_std);
  if (log_std <= config.min_log_std || log_std >= config.max_log_std)
    found.push_back(text("sac.init_std = ", config.init_std,
                         " is not between exp(min_log_std) = ", std::exp(config.min_log_std),
                         " and exp(max_log_std) = ", std::exp(config.max_log_std)));
  check_actor_critic("sac", config.networks, config.replay, found);
  check_replay("sac", config.replay, found);
  return found;
}

MlpShape gaussian_shape(const EnvSpec& spec, const ReplayConfig& replay,
                        const ActorCriticConfig& config) {
  return mlp_shape(spec.obs_size, config.actor_hidden, 2 * spec.action_size,
                   parse_activation(replay.activation), Activation::kLinear);
}

Sac::Sac(const OffPolicyParts& parts, const SacConfig& config)
    : config_(config),
      action_size_(parts.spec.action_size),
      bounds_{config.min_log_std, config.max_log_std},
      estimate_(config.least_of_two ? Estimate::kLeast : Estimate::kMean),
      ops_(parts.ops),
      actor_(actor_of(parts, config)),
      critics_(parts, config.replay, config.networks, /*count=*/2,
               cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 1))),
      log_alpha_(torch::full({1}, std::log(config.init_temperature), parts.device)),
      temperature_step_(1, config.temperature_learning_rate, parts.device),
      climbed_(torch::zeros({2}, parts.device)) {
  for (int thread = 0; thread < parts.pool.num_threads(); ++thread)
    passes_.emplace_back(actor_.shape(), parts.device, Passes::kForwardAndBackward);
  actor_.set_output_bias(action_size_, action_size_,
                         number_for(std::log(config.init_std), bounds_));
}

// Of the policy as it is. Overwrites the thread's pass.
TanhSample Sac::sample(const torch::Tensor& obs, const torch::Tensor& eps, int thread) {
  MlpWorkspace& pass = passes_[static_cast<std::size_t>(thread)];
  pass.resize(obs.size(0));
  return tanh_sample(forward(ops_, actor_.network(), obs, pass), eps, bounds_);
}

void Sac::explore(const Exploring& at, int thread, torch::Tensor& action) {
  action.copy_(sample(at.obs, at.noise, thread).action);
}

std::vector<std::string_view> Sac::number_names() const {
  return {"train/critic_loss", "train/q",           "train/q_of_policy", "train/entropy",
          "train/temperature", "train/critic_norm", "train/actor_norm"};
}

void Sac::update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
                 torch::Tensor& numbers) {
  const torch::Tensor next_eps = noise.narrow(1, 0, action_size_);
  const torch::Tensor eps = noise.narrow(1, action_size_, action_size_);
  const torch::Tensor alpha = temperature();
  const torch::Tensor fitted =
      critics_.fit(batch, [&](const Minibatch& rows, const Slice& slice, int thread) {
        const TanhSample next =
            sample(rows.next_obs, next_eps.narrow(0, slice.begin, slice.rows), thread);
        return critics_.target_value(rows.next_privileged_obs, next.action, estimate_, thread) -
               alpha * next.log_prob;
      });
  if (update % config_.policy_delay == 0) {
    climbed_.copy_(ascend(batch, eps));
    adapt_temperature(climbed_.narrow(0, 1, 1));
  }
  critics_.networks().follow(config_.replay.tau);
  numbers.add_(
      torch::cat({fitted, climbed_.narrow(0, 0, 1), climbed_.narrow(0, 1, 1).neg(), alpha,
                  critics_.networks().grad_norm().view({1}), actor_.grad_norm().view({1})}));
}

// One step of the policy; mean Q and log-probability (2).
torch::Tensor Sac::ascend(const Minibatch& batch, const torch::Tensor& eps) {
  const auto rows = static_cast<double>(batch.size());
  const torch::Tensor by_log_prob = temperature() / rows;
  const torch::Tensor sums = actor_.descend(
      batch.size(), [&](const Slice& slice, int thread, TrainedNetworks::Layers& gradient,
                        const torch::Tensor& sum) {
        const Minibatch part = batch.narrow(slice.begin, slice.rows);
        const torch::Tensor own_eps = eps.narrow(0, slice.begin, slice.rows);
        const TanhSample drawn = sample(part.obs, own_eps, thread);
        const ActionGradient gain =
            critics_.by_action(part.privileged_obs, drawn.action, estimate_, thread);
        MlpWorkspace& pass = passes_[static_cast<std::size_t>(thread)];
        pass.grad.back().copy_(tanh_sample_gradient(drawn, own_eps, gain.action * (-1.0 / rows),
                                                    by_log_prob, bounds_));
        sum[0].copy_(gain.value.sum());
        sum[1].copy_(drawn.log_prob.sum());
        backward(ops_, actor_.network(), part.obs, pass, gradient[0]);
      });
  return sums / rows;
}

// J(alpha) = -alpha (log pi + H) by log alpha: -alpha (log pi + H). Without alpha in front Adam,
// which knows no scale, takes the same steps at any temperature.
void Sac::adapt_temperature(const torch::Tensor& log_prob) {
  const double target = config_.target_entropy * static_cast<double>(action_size_);
  torch::Tensor gradient = (log_prob + target).neg_();
  temperature_step_.step(log_alpha_, gradient, 1e9, torch::zeros({}, gradient.options()));
}

// The means are the first half of what the network says.
PolicyNetwork Sac::policy(const Normaliser& obs_normaliser) const {
  PolicyNetwork network = deployed(actor_.shape(), actor_.network(), obs_normaliser);
  DenseLayer& last = network.layers.back();
  const auto actions = static_cast<std::size_t>(action_size_);
  DenseLayer means{last.in, static_cast<int>(action_size_), {}, {}, "tanh"};
  for (std::size_t row = 0; row < static_cast<std::size_t>(last.in); ++row) {
    const auto begin = last.weights.begin() + static_cast<std::ptrdiff_t>(row * 2 * actions);
    means.weights.insert(means.weights.end(), begin, begin + action_size_);
  }
  means.bias.assign(last.bias.begin(), last.bias.begin() + action_size_);
  last = std::move(means);
  return network;
}

void Sac::save(TensorArchive& archive) const {
  archive.put("temperature/log_alpha", log_alpha_);
  archive.put("temperature/first_moment", temperature_step_.first_moment());
  archive.put("temperature/second_moment", temperature_step_.second_moment());
  archive.put("temperature/adam", temperature_step_.scalars());
  archive.put("climbed", climbed_);
}

void Sac::load(const TensorArchive& archive) {
  log_alpha_.copy_(archive.tensor("temperature/log_alpha"));
  temperature_step_.first_moment().copy_(archive.tensor("temperature/first_moment"));
  temperature_step_.second_moment().copy_(archive.tensor("temperature/second_moment"));
  temperature_step_.set_scalars(archive.tensor("temperature/adam"));
  temperature_step_.learning_rate().fill_(config_.temperature_learning_rate);
  climbed_.copy_(archive.tensor("climbed"));
}

}  // namespace kennel
