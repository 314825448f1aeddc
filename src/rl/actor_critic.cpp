#include "kennel/rl/actor_critic.h"

#include <cmath>
#include <cstddef>

#include "kennel/core/check.h"
#include "kennel/rl/deployed.h"
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

// Mirrors of a network's spaces: the caller's at both ends, swapped pairs in between.
Mirror input_mirror(const MlpShape& shape, std::size_t layer, const Mirror& in) {
  return layer == 0 ? in : swap_mirror(shape[layer].in);
}

void tie_mlp(WeightTying& tying, const MlpShape& shape, const Mirror& in, const Mirror& out) {
  for (std::size_t k = 0; k < shape.size(); ++k) {
    tying.add_dense(input_mirror(shape, k, in),
                    k + 1 == shape.size() ? out : swap_mirror(shape[k].out));
  }
}

// The dense parameters, or a gradient of theirs, to what is laid out like the weights and back.
void split_mlp(const std::vector<Parity>& parity, const std::vector<Dense>& dense,
               std::vector<Dense>& layers) {
  for (std::size_t k = 0; k < layers.size(); ++k) {
    parity[k].split_weight(dense[k].weight, layers[k].weight);
    layers[k].bias.copy_(dense[k].bias.narrow(0, 0, layers[k].bias.size(0)));
  }
}

void add_mlp_gradient(const std::vector<Parity>& parity, const std::vector<Dense>& layers,
                      std::vector<Dense>& dense) {
  for (std::size_t k = 0; k < layers.size(); ++k) {
    parity[k].add_gradient(layers[k].weight, dense[k].weight);
    dense[k].bias.narrow(0, 0, layers[k].bias.size(0)).add_(layers[k].bias);
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
  actor_.dense_shape = mlp_shape(spec.obs_size, config.actor_hidden, spec.action_size, hidden,
                                 config.squash_mean ? Activation::kTanh : Activation::kLinear);
  critic_.dense_shape =
      mlp_shape(spec.privileged_obs_size, config.critic_hidden, 1, hidden, Activation::kLinear);
  actor_.shape = actor_.dense_shape;
  critic_.shape = critic_.dense_shape;
  dense_ = weights_ = torch::zeros({num_weights_of_shapes()}, device);
  Views mine = views(dense_);
  actor_.dense = mine.actor;
  critic_.dense = mine.critic;
  dense_log_std_ = mine.log_std;
  if (symmetric_) {
    KENNEL_CHECK(mirrors != nullptr,
                 "symmetric = true needs the environment's mirror maps; it has none, try "
                 "symmetric = false");
    check_mirror(mirrors->obs, spec.obs_size, "the observation");
    check_mirror(mirrors->privileged_obs, spec.privileged_obs_size, "the privileged observation");
    check_mirror(mirrors->action, spec.action_size, "the action");
    build_tying(*mirrors, device);
    if (ops.by_parity) run_by_parity(*mirrors, device);
  } else {
    free_ = dense_;
    num_free_actor_ = num_parameters(actor_.shape);
  }
  mine = views(weights_);
  actor_.layers = mine.actor;
  critic_.layers = mine.critic;
  log_std_ = mine.log_std;
  initialise(config, seed);
  refresh();
}

void ActorCritic::build_tying(const Mirrors& mirrors, torch::Device device) {
  tie_mlp(tying_, actor_.dense_shape, mirrors.obs, mirrors.action);
  num_free_actor_ = tying_.num_free();
  tie_mlp(tying_, critic_.dense_shape, mirrors.privileged_obs, identity_mirror(1));
  const std::int64_t before = tying_.num_free();
  Mirror log_std = mirrors.action;  // a spread has no sign
  log_std.sign.assign(log_std.sign.size(), 1.0f);
  tying_.add_vector(log_std);
  tying_.build(device);
  free_ = torch::zeros({tying_.num_free()}, device);
  free_log_std_ = free_.narrow(0, before, tying_.num_free() - before);
}

void ActorCritic::run_by_parity(const Mirrors& mirrors, torch::Device device) {
  const auto split = [](Network& network, const Mirror& in) {
    for (std::size_t k = 0; k < network.dense_shape.size(); ++k)
      network.parity.emplace_back(input_mirror(network.dense_shape, k, in));
    network.shape =
        by_parity(network.dense_shape, static_cast<int>(network.parity.front().num_even()));
  };
  split(actor_, mirrors.obs);
  split(critic_, mirrors.privileged_obs);
  weights_ = torch::zeros({num_weights_of_shapes()}, device);
}

void ActorCritic::multiply_in(const NetworkPrecision& precision) {
  for (Dense& layer : actor_.layers) {
    layer.forward = precision.actor_forward;
    layer.backward = precision.backward;
  }
  for (Dense& layer : critic_.layers) {
    layer.forward = precision.critic_forward;
    layer.backward = precision.backward;
  }
}

std::int64_t ActorCritic::num_weights_of_shapes() const {
  return num_parameters(actor_.shape) + num_parameters(critic_.shape) + action_size_;
}

void ActorCritic::initialise(const NetworkConfig& config, std::uint64_t seed) {
  torch::Generator generator = cpu_generator(stream_seed(seed, Stream::kInitialise));
  initialise_mlp(actor_.dense, kActionGain, generator);
  initialise_mlp(critic_.dense, kValueGain, generator);
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
  if (runs_by_parity()) {
    split_mlp(actor_.parity, actor_.dense, actor_.layers);
    split_mlp(critic_.parity, critic_.dense, critic_.layers);
    log_std_.copy_(dense_log_std_);
  }
  if (!transposed_weights_) return;
  refresh_transposed(actor_.layers);
  refresh_transposed(critic_.layers);
}

void ActorCritic::reduce_gradient(const torch::Tensor& gradient,
                                  torch::Tensor& free_gradient) const {
  if (!symmetric_) {
    free_gradient.copy_(gradient);
  } else if (!runs_by_parity()) {
    tying_.reduce(gradient, free_gradient);
  } else {
    const torch::Tensor dense_gradient = torch::zeros_like(dense_);
    const Views of_weights = views(gradient);
    Views of_dense = views_of(dense_gradient, actor_.dense_shape, critic_.dense_shape);
    add_mlp_gradient(actor_.parity, of_weights.actor, of_dense.actor);
    add_mlp_gradient(critic_.parity, of_weights.critic, of_dense.critic);
    of_dense.log_std.copy_(of_weights.log_std);
    tying_.reduce(dense_gradient, free_gradient);
  }
}

ActorCritic::Views ActorCritic::views(const torch::Tensor& weights) const {
  return views_of(weights, actor_.shape, critic_.shape);
}

ActorCritic::Views ActorCritic::views_of(const torch::Tensor& flat, const MlpShape& actor,
                                         const MlpShape& critic) const {
  const std::int64_t critic_at = num_parameters(actor);
  return {dense_views(flat, 0, actor), dense_views(flat, critic_at, critic),
          flat.narrow(0, critic_at + num_parameters(critic), action_size_)};
}

PolicyNetwork ActorCritic::snapshot(const Normaliser& obs_normaliser) const {
  return deployed(actor_.dense_shape, actor_.dense, obs_normaliser);
}

}  // namespace kennel
