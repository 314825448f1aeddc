#include "kennel/rl/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <sstream>

#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/rl/random.h"

namespace kennel {
namespace {

const PpoConfig& validated(const PpoConfig& config, const EnvSpec& spec) {
  validate(config, spec.num_envs);
  return config;
}

int checked_threads(int num_threads, const LearnerOps& ops) {
  KENNEL_CHECK(num_threads >= 0, "the learner got ", num_threads,
               " threads; expected a number of threads, or 0 for one each core");
  if (!ops.threads) return 1;
  if (num_threads > 0) return num_threads;
  return num_usable_cores();
}

const Mirror* mirror_or_null(const PpoConfig& config, const std::optional<Mirrors>& mirrors,
                             Mirror Mirrors::*which) {
  return config.symmetric && mirrors ? &((*mirrors).*which) : nullptr;
}

std::string sizes_text(const std::vector<int>& sizes) {
  std::ostringstream out;
  for (std::size_t k = 0; k < sizes.size(); ++k) out << (k == 0 ? "" : "-") << sizes[k];
  return out.str();
}

}  // namespace

Trainer::Trainer(VecEnv& env, const PpoConfig& config, std::uint64_t seed,
                 const std::optional<Mirrors>& mirrors, int num_threads, const LearnerOps* ops)
    : env_(env),
      config_(validated(config, env.spec())),
      seed_(seed),
      ops_(ops ? *ops : ops_for(env.device())),
      pool_(checked_threads(num_threads, ops_)),
      networks_(env.spec(), config, mirrors ? &*mirrors : nullptr, seed, env.device(), ops_),
      obs_normaliser_(env.spec().obs_size, config.normalise_obs,
                      mirror_or_null(config, mirrors, &Mirrors::obs), env.device(), ops_),
      privileged_normaliser_(env.spec().privileged_obs_size, config.normalise_obs,
                             mirror_or_null(config, mirrors, &Mirrors::privileged_obs),
                             env.device(), ops_),
      rollout_(env.spec(), config, pool_, env.device(), ops_),
      update_(networks_, obs_normaliser_, privileged_normaliser_, config, pool_, env.device(),
              ops_),
      timer_(make_phase_timer(env.device())) {
  rollout_.reset(env_);
}

void Trainer::set_progress(double fraction) {
  env_.set_progress(fraction);
  update_.set_progress(fraction);
}

IterationReport Trainer::iterate() {
  const torch::NoGradGuard no_grad;
  const auto iteration = static_cast<std::uint64_t>(iteration_);
  rollout_.collect(env_, networks_, obs_normaliser_,
                   stream_seed(seed_, Stream::kActionNoise, iteration), *timer_);
  rollout_.estimate(networks_, privileged_normaliser_);
  timer_->begin(Phase::kUpdate);
  const UpdateReport update =
      update_.run(rollout_.batch(), stream_seed(seed_, Stream::kShuffle, iteration));
  // After the update, so that it sees the very policy that acted.
  obs_normaliser_.update(pool_, rollout_.obs());
  privileged_normaliser_.update(pool_, rollout_.privileged_obs());
  const torch::Tensor numbers = this->numbers(update);
  timer_->stop();
  ++iteration_;
  env_steps_ += static_cast<std::int64_t>(config_.num_steps) * env_.spec().num_envs;
  const IterationReport out = report(numbers);
  if (out.skipped_updates > skipped_updates_ || !std::isfinite(out.mean_reward)) {
    rollout_.check_finite();  // blames the environment if it can be blamed
  }
  skipped_updates_ = out.skipped_updates;
  return out;
}

// What an iteration is told by, on the device.
torch::Tensor Trainer::numbers(const UpdateReport& update) const {
  const torch::Tensor log_std = networks_.log_std();
  const torch::Tensor adam = update_.optimiser().scalars();
  return torch::stack({rollout_.reward().mean(), update.surrogate_loss, update.value_loss,
                       update.kl, update.clip_fraction, update.grad_norm, adam[0], adam[2],
                       log_std.exp().mean(), log_std.sum(), rollout_.explained_variance()});
}

// Waits for the device: the only time in an iteration.
IterationReport Trainer::report(const torch::Tensor& numbers) const {
  const torch::Tensor host = numbers.to(torch::kCPU, torch::kFloat64);
  const double* x = host.const_data_ptr<double>();
  IterationReport out;
  out.iteration = iteration_;
  out.env_steps = env_steps_;
  out.mean_reward = x[0];
  out.surrogate_loss = x[1];
  out.value_loss = x[2];
  out.kl = x[3];
  out.clip_fraction = x[4];
  out.grad_norm = x[5];
  out.learning_rate = x[6];
  out.skipped_updates = static_cast<std::int64_t>(x[7]);
  out.std = x[8];
  // H = sum_k (log std_k + 1/2 log(2 pi e))
  out.entropy =
      x[9] + 0.5 * env_.spec().action_size * std::log(2 * std::numbers::pi * std::numbers::e);
  out.explained_variance = x[10];
  const PhaseSeconds seconds = timer_->seconds();
  out.simulator_seconds = seconds[Phase::kSimulator];
  out.policy_seconds = seconds[Phase::kPolicy];
  out.update_seconds = seconds[Phase::kUpdate];
  return out;
}

// What must agree between a checkpoint and the trainer that loads it.
std::string Trainer::description() const {
  const EnvSpec& spec = env_.spec();
  return text("obs ", spec.obs_size, ", privileged obs ", spec.privileged_obs_size, ", action ",
              spec.action_size, ", actor ", sizes_text(config_.actor_hidden), ", critic ",
              sizes_text(config_.critic_hidden), ", ", config_.activation,
              config_.squash_mean ? ", squashed" : ", not squashed",
              config_.symmetric ? ", symmetric" : ", not symmetric",
              config_.normalise_obs ? ", normalised" : ", not normalised");
}

void Trainer::save(const std::filesystem::path& path, const std::string& config) const {
  const Adam& adam = update_.optimiser();
  TensorArchive archive;
  archive.put("config", config);
  archive.put("network", description());
  archive.put("num_envs", std::int64_t{env_.spec().num_envs});
  archive.put("iteration", iteration_);
  archive.put("env_steps", env_steps_);
  archive.put("seed", static_cast<std::int64_t>(seed_));
  archive.put("parameters", networks_.parameters());
  archive.put("adam/first_moment", adam.first_moment());
  archive.put("adam/second_moment", adam.second_moment());
  archive.put("adam/scalars", adam.scalars());
  archive.put("normaliser/obs", obs_normaliser_.state());
  archive.put("normaliser/privileged_obs", privileged_normaliser_.state());
  archive.put("obs", rollout_.last_obs().to(torch::kFloat32));
  archive.put("privileged_obs", rollout_.last_privileged_obs().to(torch::kFloat32));
  archive.put("env", env_.save_state());
  const PolicyNetwork deployed = policy();
  archive.put("policy/layers", static_cast<std::int64_t>(deployed.layers.size()));
  for (std::size_t k = 0; k < deployed.layers.size(); ++k) {
    const DenseLayer& layer = deployed.layers[k];
    const std::string prefix = text("policy/", k, "/");
    archive.put(prefix + "weight", torch::tensor(layer.weights).view({layer.in, layer.out}));
    archive.put(prefix + "bias", torch::tensor(layer.bias));
    archive.put(prefix + "activation", layer.activation);
  }
  archive.save(path);
}

void Trainer::check_network(const TensorArchive& archive, const std::filesystem::path& path) const {
  KENNEL_CHECK(archive.text("network") == description(), path.string(), " holds a network with ",
               archive.text("network"), "; this run has ", description(),
               "; use the recipe it was trained with");
  KENNEL_CHECK(archive.tensor("parameters").sizes() == networks_.parameters().sizes(),
               path.string(), " holds ", archive.tensor("parameters").numel(),
               " parameters; this run has ", networks_.parameters().numel(),
               "; use the recipe it was trained with");
  for (const char* name : {"parameters", "normaliser/obs", "normaliser/privileged_obs"})
    KENNEL_CHECK(archive.tensor(name).isfinite().all().item<bool>(), path.string(), ": its ", name,
                 " hold a number that is not finite; expected a checkpoint of a run that has not "
                 "diverged, try an older one");
}

void Trainer::restore_networks(const TensorArchive& archive) {
  networks_.parameters().copy_(archive.tensor("parameters"));
  networks_.refresh();
  obs_normaliser_.set_state(archive.tensor("normaliser/obs"));
  privileged_normaliser_.set_state(archive.tensor("normaliser/privileged_obs"));
}

void Trainer::load(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_network(archive, path);
  KENNEL_CHECK(archive.number("num_envs") == env_.spec().num_envs, path.string(),
               " was saved with ", archive.number("num_envs"), " environments; this run has ",
               env_.spec().num_envs, "; use the same number to resume");
  env_.load_state(archive.tensor("env"));  // may refuse; nothing has changed until here
  restore_networks(archive);
  Adam& adam = update_.optimiser();
  adam.first_moment().copy_(archive.tensor("adam/first_moment"));
  adam.second_moment().copy_(archive.tensor("adam/second_moment"));
  adam.set_scalars(archive.tensor("adam/scalars"));
  rollout_.last_obs().copy_(archive.tensor("obs"));
  rollout_.last_privileged_obs().copy_(archive.tensor("privileged_obs"));
  iteration_ = archive.number("iteration");
  env_steps_ = archive.number("env_steps");
  seed_ = static_cast<std::uint64_t>(archive.number("seed"));
  skipped_updates_ = static_cast<std::int64_t>(adam.skipped().item<float>());
}

void Trainer::load_networks(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_network(archive, path);
  restore_networks(archive);
}

void Trainer::set_learning_rate(double rate) {
  const torch::NoGradGuard no_grad;
  update_.optimiser().learning_rate().fill_(rate);
}

CheckpointSummary read_checkpoint(const std::filesystem::path& path) {
  const TensorArchive archive = TensorArchive::load(path);
  CheckpointSummary summary;
  summary.config = archive.text("config");
  summary.iteration = archive.number("iteration");
  summary.env_steps = archive.number("env_steps");
  for (std::int64_t k = 0; k < archive.number("policy/layers"); ++k) {
    const std::string prefix = text("policy/", k, "/");
    const torch::Tensor& weight = archive.tensor(prefix + "weight");
    const torch::Tensor& bias = archive.tensor(prefix + "bias");
    DenseLayer layer;
    layer.in = static_cast<int>(weight.size(0));
    layer.out = static_cast<int>(weight.size(1));
    layer.weights.assign(weight.const_data_ptr<float>(),
                         weight.const_data_ptr<float>() + weight.numel());
    layer.bias.assign(bias.const_data_ptr<float>(), bias.const_data_ptr<float>() + bias.numel());
    layer.activation = archive.text(prefix + "activation");
    summary.policy.layers.push_back(std::move(layer));
  }
  return summary;
}

}  // namespace kennel
