#include "src/learners/on_policy/on_policy.h"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <sstream>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/precision.h"
#include "kennel/rl/shared_rows.h"
#include "kennel/rl/skipped_updates.h"
#include "src/learners/learner_parts.h"

namespace kennel {
namespace {

constexpr std::string_view kStd = "train/std";          // action noise, mean over actions
constexpr std::string_view kEntropy = "train/entropy";  // of the policy [nat]
constexpr std::string_view kExplained =
    "train/explained_variance";  // of the returns by the critic, 1 is perfect
constexpr std::string_view kSkippedUpdates =
    "train/skipped_updates";  // so far, because a gradient was not finite

std::vector<std::string_view> with_common(std::vector<std::string_view> scalars) {
  for (const std::string_view name : {kStd, kEntropy, kExplained, kSkippedUpdates})
    scalars.push_back(name);
  return scalars;
}

const LearnerParts& checked(const LearnerParts& learner, const OnPolicyParts& parts) {
  check_config(learner);
  KENNEL_CHECK(learner.all.size() == 1 || parts.many_ranks, learner.config.section(),
               " trains in one process; ", learner.all.size(),
               " were started: start one, or train by ppo");
  return learner;
}

LearnerOps with_parity(LearnerOps ops, bool by_parity) {
  ops.by_parity = ops.by_parity && by_parity;
  return ops;
}

const Mirror* mirror_or_null(const NetworkConfig& config, const std::optional<Mirrors>& mirrors,
                             Mirror Mirrors::*which) {
  return config.symmetric && mirrors ? &((*mirrors).*which) : nullptr;
}

/// Other ranks cannot be waited for in a recording.
bool records(const LearnerParts& learner) { return learner.record && learner.all.size() == 1; }

std::string sizes_text(const std::vector<int>& sizes) {
  std::ostringstream out;
  for (std::size_t k = 0; k < sizes.size(); ++k) out << (k == 0 ? "" : "-") << sizes[k];
  return out.str();
}

}  // namespace

OnPolicy::OnPolicy(const LearnerParts& learner, OnPolicyParts parts)
    : env_(checked(learner, parts).env),
      parts_(std::move(parts)),
      seed_(learner.seed),
      ops_(with_parity(learner.ops, parts_.by_parity)),
      all_(learner.all),
      pool_(threads_of(learner)),
      networks_(env_.spec(), parts_.network, learner.mirrors ? &*learner.mirrors : nullptr, seed_,
                env_.device(), ops_),
      obs_normaliser_(env_.spec().obs_size, parts_.network.normalise_obs,
                      mirror_or_null(parts_.network, learner.mirrors, &Mirrors::obs), env_.device(),
                      ops_),
      privileged_normaliser_(
          env_.spec().privileged_obs_size, parts_.network.normalise_obs,
          mirror_or_null(parts_.network, learner.mirrors, &Mirrors::privileged_obs), env_.device(),
          ops_),
      rollout_(env_.spec(), parts_.rollout, pool_, env_.device(), ops_, all_),
      timer_(make_phase_timer(env_.device())),
      steps_(env_.device()),
      scalars_(with_common(parts_.scalars)),
      numbers_(torch::zeros({static_cast<std::int64_t>(1 + scalars_.size())}, env_.device())),
      readback_(numbers_.size(0), env_.device()),
      collecting_(ops_, env_.device(), records(learner)),
      estimating_(ops_, env_.device(), records(learner)),
      learning_(ops_, env_.device(), records(learner) && parts_.records_updates) {
  networks_.multiply_in(use_precision(parts_.precision, env_.device()));
  rollout_.reset(env_);
}

IterationReport OnPolicy::iterate() {
  const torch::NoGradGuard no_grad;
  failed_ = false;
  all_.now("gathered experience");
  collect();
  all_.now("learned");
  timer_->begin(Phase::kPolicy);
  estimating_.run([this] { rollout_.estimate(networks_, privileged_normaliser_); });
  timer_->begin(Phase::kUpdate);
  learning_.run([this] { learn(); });
  timer_->stop();
  env_.send_stats();  // before the numbers that are waited for, so that they arrive with them
  readback_.send(numbers_);
  steps_.advance(parts_.rollout.num_steps);
  ++iteration_;
  env_steps_ += parts_.rollout.num_steps * rollout_.all_envs();
  const IterationReport out = report();
  check(out);
  return out;
}

// A recorded rollout cannot be divided: all of its time is told as the simulator's.
void OnPolicy::collect() {
  const bool divided = collecting_.is_eager();
  timer_->begin(Phase::kSimulator);
  collecting_.run([&] {
    rollout_.collect(env_, networks_, obs_normaliser_, stream_seed(seed_, Stream::kActionNoise),
                     steps_, divided ? *timer_ : no_timer());
  });
}

// What an iteration is told by, on the device: the mean reward, then as scalars_ has them.
void OnPolicy::learn() {
  std::vector<torch::Tensor> numbers =
      learn_from(rollout_.batch(), stream_seed(seed_, Stream::kShuffle));
  // After the update, so that it sees the very policy that acted.
  const auto by_steps = [this](const torch::Tensor& rows) {
    return rows.unflatten(0, {parts_.rollout.num_steps, env_.spec().num_envs});
  };
  obs_normaliser_.update(pool_, by_steps(rollout_.obs()), rollout_.all_envs(), all_);
  privileged_normaliser_.update(pool_, by_steps(rollout_.privileged_obs()), rollout_.all_envs(),
                                all_);
  const torch::Tensor log_std = networks_.log_std();
  numbers.insert(numbers.begin(), rollout_.mean_reward());
  for (const torch::Tensor& number :
       {log_std.exp().mean(), log_std.sum(), rollout_.explained_variance(), skipped()})
    numbers.push_back(number);
  numbers_.copy_(torch::stack(numbers));
}

// Waits for the device: the only time in an iteration.
IterationReport OnPolicy::report() {
  const float* numbers = readback_.wait().const_data_ptr<float>();
  IterationReport out;
  out.iteration = iteration_;
  out.env_steps = env_steps_;
  out.mean_reward = numbers[0];
  for (std::size_t k = 0; k < scalars_.size(); ++k)
    out.scalars.emplace_back(scalars_[k], numbers[1 + k]);
  for (Scalar& scalar : out.scalars)
    if (scalar.first == kEntropy)  // H = sum_k (log std_k + 1/2 log(2 pi e))
      scalar.second +=
          0.5 * env_.spec().action_size * std::log(2 * std::numbers::pi * std::numbers::e);
  const PhaseSeconds seconds = timer_->seconds();
  out.simulator_seconds = seconds[Phase::kSimulator];
  out.policy_seconds = seconds[Phase::kPolicy];
  out.update_seconds = seconds[Phase::kUpdate];
  return out;
}

// Blames the environment for what is not finite, if it can be blamed.
void OnPolicy::check(const IterationReport& report) {
  const auto skipped = static_cast<std::int64_t>(report.at(kSkippedUpdates));
  failed_ = skipped > skipped_updates_ || !std::isfinite(report.mean_reward) ||
            !std::isfinite(report.at(kSurrogateLoss)) || !std::isfinite(report.at(kValueLoss));
  if (failed_) rollout_.check_finite();
  skipped_updates_ = skipped;
}

// What must agree between a checkpoint and the learner that loads it.
std::string OnPolicy::description() const {
  const EnvSpec& spec = env_.spec();
  const NetworkConfig& network = parts_.network;
  return text("obs ", spec.obs_size, ", privileged obs ", spec.privileged_obs_size, ", action ",
              spec.action_size, ", actor ", sizes_text(network.actor_hidden), ", critic ",
              sizes_text(network.critic_hidden), ", ", network.activation,
              network.squash_mean ? ", squashed" : ", not squashed",
              network.symmetric ? ", symmetric" : ", not symmetric",
              network.normalise_obs ? ", normalised" : ", not normalised");
}

void OnPolicy::save(const std::filesystem::path& path, const std::string& config) const {
  TensorArchive archive;
  put_summary(archive, {config, iteration_, env_steps_, policy()});
  archive.put("network", description());
  archive.put("num_envs", rollout_.all_envs());
  archive.put("seed", static_cast<std::int64_t>(seed_));
  archive.put("parameters", networks_.parameters());
  put_state(archive);
  archive.put("normaliser/obs", obs_normaliser_.state());
  archive.put("normaliser/privileged_obs", privileged_normaliser_.state());
  archive.put("obs", rows_of_all(rollout_.last_obs().to(torch::kFloat32), all_));
  archive.put("privileged_obs",
              rows_of_all(rollout_.last_privileged_obs().to(torch::kFloat32), all_));
  archive.put("env", state_of_all(env_, all_));
  if (all_.rank() == 0) archive.save(path);
}

void OnPolicy::check_network(const TensorArchive& archive,
                             const std::filesystem::path& path) const {
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

void OnPolicy::restore_networks(const TensorArchive& archive) {
  networks_.parameters().copy_(archive.tensor("parameters"));
  networks_.refresh();
  obs_normaliser_.set_state(archive.tensor("normaliser/obs"));
  privileged_normaliser_.set_state(archive.tensor("normaliser/privileged_obs"));
}

void OnPolicy::load(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_network(archive, path);
  KENNEL_CHECK(archive.number("num_envs") == rollout_.all_envs(), path.string(), " was saved with ",
               archive.number("num_envs"), " environments; this run has ", rollout_.all_envs(),
               "; use the same number to resume");
  TensorArchive own;
  put_state(own);
  archive.check_tensors_of(own);
  load_state_of_all(env_, archive.tensor("env"),
                    all_);  // may refuse; nothing has changed until here
  restore_networks(archive);
  take_state(archive);
  const std::int64_t envs = env_.spec().num_envs;
  rollout_.last_obs().copy_(own_rows(archive.tensor("obs"), envs, all_));
  rollout_.last_privileged_obs().copy_(own_rows(archive.tensor("privileged_obs"), envs, all_));
  iteration_ = archive.number("iteration");
  env_steps_ = archive.number("env_steps");
  steps_.set(env_steps_ / rollout_.all_envs());
  seed_ = static_cast<std::uint64_t>(archive.number("seed"));
  for (RepeatedWork* work : {&collecting_, &estimating_, &learning_}) work->forget();
  skipped_updates_ = static_cast<std::int64_t>(skipped().item<float>());
}

void OnPolicy::load_networks(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_network(archive, path);
  restore_networks(archive);
}

LearnerRecordings OnPolicy::recordings() const {
  LearnerRecordings out;
  for (const RepeatedWork* work : {&collecting_, &estimating_, &learning_}) {
    out.played += work->is_recorded();
    out.operations += work->operations();
  }
  return out;
}

std::string OnPolicy::complaint() const {
  if (!too_many_skipped(skipped_updates_, updates())) return {};
  return text(skipped_updates_, " of ", updates(),
              " updates were skipped because their gradient was not finite, so the policy learnt "
              "less than its steps say; try ",
              parts_.remedy);
}

bool OnPolicy::save_failure(const std::filesystem::path& path) const {
  if (!failed_) return false;
  TensorArchive archive;
  archive.put("iteration", iteration_);
  archive.put("env_steps", env_steps_);
  archive.put("skipped_updates", static_cast<std::int64_t>(skipped().item<float>()));
  archive.put("network", description());
  archive.put("parameters", networks_.parameters());
  archive.put("numbers", numbers_);
  rollout_.put(archive);
  archive.save(path);
  return true;
}

}  // namespace kennel
