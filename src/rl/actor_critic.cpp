#include "kennel/rl/actor_critic.h"

#include <cmath>
#include <cstddef>

#include "kennel/core/check.h"
#include "kennel/rl/random.h"

namespace kennel {
namespace {

constexpr double kHiddenGain = 1.4142135623730951;  // sqrt(2), keeps the variance through ReLU
constexpr double kActionGain = 0.01;                // start near the default pose
constexpr double kValueGain = 1.0;

void initialise_mlp(std::vector<Dense>& layers, double output_gain, torch::Generator generator) {
  for (std::size_t k = 0; k < layers.size(); ++k) {
    orthogonal_(layers[k].weight, k + 1 < layers.size() ? kHiddenGain : output_gain, generator);
    layers[k].bias.zero_();
  }
}

// Mirrors of a network's spaces, input first: the caller's at both ends, swapped pairs in between.
void tie_mlp(WeightTying& tying, const MlpShape& shape, const Mirror& in, const Mirror& out) {
  for (std::size_t k = 0; k < shape.size(); ++k) {
    tying.add_dense(k == 0 ? in : swap_mirror(shape[k].in),
                    k + 1 == shape.size() ? out : swap_mirror(shape[k].out));
  }
}

}  // namespace

ActorCritic::ActorCritic(const EnvSpec& spec, const NetworkConfig& config, const Mirrors* mirrors,
                         std::uint64_t seed, torch::Device device, const LearnerOps& ops)
    : action_size_(spec.action_size),
      symmetric_(config.symmetric),
      transposed_weights_(ops.transposed_weights),
      min_log_std_(config.min_log_std),
      max_log_std_(config.max_log_std) {
  const Activation hidden = parse_activation(config.activation);
  actor_shape_ = mlp_shape(spec.obs_size, config.actor_hidden, spec.action_size, hidden,
                           config.squash_mean ? Activation::kTanh : Activation::kLinear);
  critic_shape_ =
      mlp_shape(spec.privileged_obs_size, config.critic_hidden, 1, hidden, Activation::kLinear);
  dense_ = torch::zeros(
      {num_parameters(actor_shape_) + num_parameters(critic_shape_) + spec.action_size}, device);
  if (symmetric_) {
    KENNEL_CHECK(mirrors != nullptr,
                 "symmetric = true needs the environment's mirror maps; it has none, try "
                 "symmetric = false");
    check_mirror(mirrors->obs, spec.obs_size, "the observation");
    check_mirror(mirrors->privileged_obs, spec.privileged_obs_size, "the privileged observation");
    check_mirror(mirrors->action, spec.action_size, "the action");
    build_tying(*mirrors, device);
  } else {
    free_ = dense_;
  }
  Views mine = views(dense_);
  actor_ = mine.actor;
  critic_ = mine.critic;
  log_std_ = mine.log_std;
  initialise(config, seed);
  refresh();
}

void ActorCritic::build_tying(const Mirrors& mirrors, torch::Device device) {
  tie_mlp(tying_, actor_shape_, mirrors.obs, mirrors.action);
  tie_mlp(tying_, critic_shape_, mirrors.privileged_obs, identity_mirror(1));
  const std::int64_t before = tying_.num_free();
  Mirror log_std = mirrors.action;  // a spread has no sign
  log_std.sign.assign(log_std.sign.size(), 1.0f);
  tying_.add_vector(log_std);
  tying_.build(device);
  free_ = torch::zeros({tying_.num_free()}, device);
  free_log_std_ = free_.narrow(0, before, tying_.num_free() - before);
}

void ActorCritic::initialise(const NetworkConfig& config, std::uint64_t seed) {
  torch::Generator generator = cpu_generator(stream_seed(seed, Stream::kInitialise));
  initialise_mlp(actor_, kActionGain, generator);
  initialise_mlp(critic_, kValueGain, generator);
  if (symmetric_) {
    free_.copy_(tying_.project(dense_));
  } else {
    free_log_std_ = log_std_;
  }
  free_log_std_.fill_(std::log(config.init_std));
}

void ActorCritic::refresh() {
  free_log_std_.clamp_(min_log_std_, max_log_std_);
  if (symmetric_) tying_.expand(free_, dense_);
  if (!transposed_weights_) return;
  refresh_transposed(actor_);
  refresh_transposed(critic_);
}

void ActorCritic::reduce_gradient(const torch::Tensor& dense_gradient,
                                  torch::Tensor& free_gradient) const {
  if (symmetric_) {
    tying_.reduce(dense_gradient, free_gradient);
  } else {
    free_gradient.copy_(dense_gradient);
  }
}

ActorCritic::Views ActorCritic::views(const torch::Tensor& dense) const {
  const std::int64_t critic_at = num_parameters(actor_shape_);
  return {dense_views(dense, 0, actor_shape_), dense_views(dense, critic_at, critic_shape_),
          dense.narrow(0, critic_at + num_parameters(critic_shape_), action_size_)};
}

PolicyNetwork ActorCritic::snapshot(const Normaliser& obs_normaliser) const {
  PolicyNetwork network;
  for (std::size_t k = 0; k < actor_.size(); ++k) {
    torch::Tensor weight = actor_[k].weight.to(torch::kCPU, torch::kFloat64);
    torch::Tensor bias = actor_[k].bias.to(torch::kCPU, torch::kFloat64);
    if (k == 0) {
      // ((x - mean) / std) W + b = x (W / std) + (b - (mean / std) W)
      const torch::Tensor mean = obs_normaliser.mean().to(torch::kCPU, torch::kFloat64);
      const torch::Tensor inv_std = obs_normaliser.inv_std().to(torch::kCPU, torch::kFloat64);
      weight = weight * inv_std.unsqueeze(1);
      bias = bias - mean.matmul(weight);
    }
    weight = weight.to(torch::kFloat32).contiguous();
    bias = bias.to(torch::kFloat32).contiguous();
    DenseLayer layer;
    layer.in = actor_shape_[k].in;
    layer.out = actor_shape_[k].out;
    layer.weights.assign(weight.data_ptr<float>(), weight.data_ptr<float>() + weight.numel());
    layer.bias.assign(bias.data_ptr<float>(), bias.data_ptr<float>() + bias.numel());
    layer.activation = activation_name(actor_shape_[k].activation);
    network.layers.push_back(std::move(layer));
  }
  return network;
}

}  // namespace kennel
