#include "kennel/rl/rollout.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "kennel/core/check.h"
#include "kennel/rl/exact_sum.h"
#include "kennel/rl/gae.h"
#include "kennel/rl/slices.h"

namespace kennel {
std::int64_t cut_rows(const EnvSpec& spec, const RolloutConfig& config) {
  // Once by the clock and once by a new command in a short rollout, every two seconds in a long
  // one.
  const std::int64_t times = std::min<std::int64_t>(config.num_steps, 2 + config.num_steps / 100);
  return times * spec.num_envs;
}

Rollout::Rollout(const EnvSpec& spec, const RolloutConfig& config, WorkerPool& pool,
                 torch::Device device, const LearnerOps& ops, const Collective& all)
    : num_steps_(config.num_steps),
      num_envs_(spec.num_envs),
      first_env_id_(spec.first_env_id),
      all_envs_(all.total(spec.num_envs)),
      cut_rows_(cut_rows(spec, config)),
      gamma_(config.gamma),
      gae_lambda_(config.gae_lambda),
      pool_(pool),
      device_(device),
      ops_(ops),
      all_(all) {
  const std::int64_t T = num_steps_, N = num_envs_;
  const auto rows = torch::TensorOptions().device(device).dtype(obs_type(spec));
  obs_ = torch::zeros({T + 1, N, spec.obs_size}, rows);
  privileged_obs_ = torch::zeros({T + 1, N, spec.privileged_obs_size}, rows);
  final_privileged_obs_ = torch::zeros({T, N, spec.privileged_obs_size}, rows);
  if (!ops.gathers_epochs) {
    actor_input_ = torch::zeros({T, N, spec.obs_size}, device);
    critic_input_ = torch::zeros({(T + 1) * N, spec.privileged_obs_size}, device);
  }
  action_ = torch::zeros({T, N, spec.action_size}, device);
  noise_ = torch::zeros({ops.fused ? 0 : T, N, spec.action_size}, device);
  log_prob_ = torch::zeros({T, N}, device);
  reward_ = torch::zeros({T, N}, device);
  terminated_ = torch::zeros({T, N}, device);
  truncated_ = torch::zeros({T, N}, device);
  command_changed_ = torch::zeros({T, N}, device);
  cut_ = torch::zeros({T, N}, device);
  value_ = torch::zeros({T + 1, N}, device);
  next_value_ = torch::zeros({T * N + 1}, device);
  advantage_ = torch::zeros({T, N}, device);
  returns_ = torch::zeros({T, N}, device);
}

void Rollout::reset(VecEnv& env) {
  StepBuffers slots;
  slots.obs = obs_[num_steps_];
  slots.privileged_obs = privileged_obs_[num_steps_];
  env.bind(slots);
  env.reset();
}

void Rollout::bind(VecEnv& env, std::int64_t step) {
  StepBuffers slots;
  slots.obs = obs_[step + 1];
  slots.privileged_obs = privileged_obs_[step + 1];
  slots.reward = reward_[step];
  slots.terminated = terminated_[step];
  slots.truncated = truncated_[step];
  slots.command_changed = command_changed_[step];
  slots.final_privileged_obs = final_privileged_obs_[step];
  env.bind(slots);
}

void Rollout::collect(VecEnv& env, const ActorCritic& networks, const Normaliser& obs_normaliser,
                      std::uint64_t noise_key, const StepCounter& from, PhaseTimer& timer) {
  const torch::NoGradGuard no_grad;
  timer.begin(Phase::kPolicy);
  prepare(actor_workers_, networks.actor_shape());
  obs_[0].copy_(obs_[num_steps_]);
  privileged_obs_[0].copy_(privileged_obs_[num_steps_]);
  if (!ops_.fused) ops_.draw_noise(pool_, noise_key, first_env_id_, from, noise_);
  const torch::Tensor std = networks.log_std().exp();
  for (std::int64_t step = 0; step < num_steps_; ++step) {
    bind(env, step);
    act(networks, obs_normaliser, std, {noise_key, first_env_id_, from, step});
    timer.begin(Phase::kSimulator);
    env.step(action_[step]);
    timer.begin(Phase::kPolicy);
  }
}

// action <- mean(obs) + std * noise
void Rollout::act(const ActorCritic& networks, const Normaliser& normaliser,
                  const torch::Tensor& std, const NoiseAt& noise_at) {
  const std::int64_t step = noise_at.step;
  const torch::Tensor obs = obs_[step];
  const torch::Tensor action = action_[step];
  const torch::Tensor kept = actor_input_.defined() ? actor_input_[step] : torch::Tensor();
  const SlicePlan plan(num_envs_, ops_.rows_a_slice.act);
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    Worker& worker = actor_workers_[static_cast<std::size_t>(thread)];
    torch::Tensor input = input_of(worker, kept, slice, obs.size(1));
    worker.workspace.resize(slice.rows);
    normaliser.apply(obs.narrow(0, slice.begin, slice.rows), input, networks.actor_input());
    const torch::Tensor& mean = forward(ops_, networks.actor(), input, worker.workspace);
    torch::Tensor out = action.narrow(0, slice.begin, slice.rows);
    if (ops_.fused) {
      NoiseAt own = noise_at;
      own.first_env += slice.begin;
      ops_.fused->sample(own, mean, networks.log_std(), out,
                         log_prob_[step].narrow(0, slice.begin, slice.rows));
    } else {
      at::addcmul_out(out, mean, noise_[step].narrow(0, slice.begin, slice.rows), std);
    }
  });
}

// Where a slice's input goes: to its place among those that are kept, or to the thread's own.
torch::Tensor Rollout::input_of(Worker& worker, const torch::Tensor& kept, const Slice& slice,
                                std::int64_t size) {
  if (kept.defined()) return kept.narrow(0, slice.begin, slice.rows);
  return worker.input.resize_({slice.rows, size});
}

void Rollout::evaluate(const ActorCritic& networks, const Normaliser& normaliser,
                       const torch::Tensor& privileged_obs, const torch::Tensor& kept,
                       torch::Tensor value) {
  const SlicePlan plan(privileged_obs.size(0), ops_.rows_a_slice.value);
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    Worker& worker = critic_workers_[static_cast<std::size_t>(thread)];
    torch::Tensor input = input_of(worker, kept, slice, privileged_obs.size(1));
    worker.workspace.resize(slice.rows);
    normaliser.apply(privileged_obs.narrow(0, slice.begin, slice.rows), input,
                     networks.critic_input());
    const torch::Tensor& out = forward(ops_, networks.critic(), input, worker.workspace);
    value.narrow(0, slice.begin, slice.rows).copy_(out.squeeze(1));
  });
}

void Rollout::estimate(const ActorCritic& networks, const Normaliser& privileged_normaliser) {
  const torch::NoGradGuard no_grad;
  prepare(critic_workers_, networks.critic_shape());
  // Neither time nor a new command is the last action's doing.
  at::add_out(cut_, truncated_, command_changed_);
  evaluate(networks, privileged_normaliser, privileged_obs_.flatten(0, 1), critic_input_,
           value_.flatten());
  const torch::Tensor value = value_.narrow(0, 0, num_steps_);
  const torch::Tensor next_value = next_values(networks, privileged_normaliser);
  const AdvantageInput input{reward_, value, next_value, terminated_, cut_};
  if (ops_.fused) {
    ops_.fused->advantages(input, gamma_, gae_lambda_, all_.size() == 1, advantage_, returns_);
    if (all_.size() > 1) normalise_advantages(advantage_, num_steps_ * all_envs_, all_);
    return;  // the actions' densities came with them
  }
  advantage_.copy_(gae(input, gamma_, gae_lambda_));
  at::add_out(returns_, advantage_, value);
  normalise_advantages(advantage_, num_steps_ * all_envs_, all_);

  const double constant =
      0.5 * static_cast<double>(action_.size(2)) * std::log(2 * std::numbers::pi);
  at::sum_out(log_prob_, noise_ * noise_, {2});
  log_prob_.mul_(-0.5).sub_(networks.log_std().sum().add_(constant));
}

// V of what followed each step, (T, N). Few episodes are cut in a rollout: of the last states only
// theirs are evaluated.
torch::Tensor Rollout::next_values(const ActorCritic& networks,
                                   const Normaliser& privileged_normaliser) {
  const std::int64_t rows = num_steps_ * num_envs_;
  torch::Tensor next_value = next_value_.narrow(0, 0, rows).view({num_steps_, num_envs_});
  at::where_out(next_value, cut_ > 0, value_.narrow(0, 0, num_steps_),
                value_.narrow(0, 1, num_steps_));
  const torch::Tensor cut = ops_.set_flags(cut_.flatten(), cut_rows_);
  torch::Tensor last_value = torch::empty({cut.size(0)}, device_);
  evaluate(networks, privileged_normaliser,
           final_privileged_obs_.flatten(0, 1).index_select(0, cut.clamp_max(rows - 1)),
           /*kept=*/{}, last_value);
  next_value_.index_copy_(0, cut, last_value);
  return next_value;
}

RolloutBatch Rollout::batch() const {
  RolloutBatch batch;
  batch.scaled = actor_input_.defined();
  batch.obs = batch.scaled ? actor_input_.flatten(0, 1) : obs();
  batch.privileged_obs =
      batch.scaled ? critic_input_.narrow(0, 0, num_steps_ * num_envs_) : privileged_obs();
  batch.samples = {action_.flatten(0, 1), log_prob_.flatten(), advantage_.flatten(),
                   returns_.flatten(), value_.narrow(0, 0, num_steps_).flatten()};
  batch.num_steps = num_steps_;
  batch.first_env = first_env_id_;
  batch.all_envs = all_envs_;
  return batch;
}

torch::Tensor Rollout::obs() const { return obs_.narrow(0, 0, num_steps_).flatten(0, 1); }

torch::Tensor Rollout::privileged_obs() const {
  return privileged_obs_.narrow(0, 0, num_steps_).flatten(0, 1);
}

void Rollout::check_finite() const {
  const auto check = [](const torch::Tensor& values, const char* name) {
    const torch::Tensor wrong = values.isfinite().logical_not_().nonzero();  // (found, dimensions)
    if (wrong.size(0) == 0) return;
    const std::int64_t step = wrong[0][0].item<std::int64_t>();
    const std::int64_t env = wrong[0][1].item<std::int64_t>();
    const std::string entry =
        wrong.size(1) < 3 ? "" : text(", entry ", wrong[0][2].item<std::int64_t>());
    fail("the ", name, " of environment ", env, " is not finite at step ", step, entry, " (",
         wrong.size(0), " such numbers in this rollout); expected finite numbers, check the ",
         "simulator's divergence handling or the reward terms");
  };
  check(reward_, "reward");
  check(obs_, "observation");
  check(privileged_obs_, "privileged observation");
  check(action_, "action");
}

void Rollout::put(TensorArchive& archive) const {
  archive.put("obs", obs_.to(torch::kFloat32));
  archive.put("privileged_obs", privileged_obs_.to(torch::kFloat32));
  archive.put("final_privileged_obs", final_privileged_obs_.to(torch::kFloat32));
  archive.put("action", action_);
  archive.put("log_prob", log_prob_);
  archive.put("reward", reward_);
  archive.put("terminated", terminated_);
  archive.put("truncated", truncated_);
  archive.put("command_changed", command_changed_);
  archive.put("value", value_);
  archive.put("advantage", advantage_);
  archive.put("returns", returns_);
}

torch::Tensor Rollout::mean_reward() const {
  if (ops_.fused && all_.size() == 1) return reward_.mean();
  return exact_moments(reward_, num_steps_ * all_envs_, all_).mean.to(torch::kFloat32);
}

torch::Tensor Rollout::explained_variance() const {
  const torch::Tensor error = returns_ - value_.narrow(0, 0, num_steps_);
  if (ops_.fused && all_.size() == 1) return 1 - error.var() / returns_.var().clamp_min(1e-12);
  const std::int64_t count = num_steps_ * all_envs_;
  const torch::Tensor left = exact_moments(error, count, all_).variance;
  const torch::Tensor whole = exact_moments(returns_, count, all_).variance.clamp_min_(1e-12);
  return (1 - left / whole).to(torch::kFloat32);
}

void Rollout::prepare(std::vector<Worker>& workers, const MlpShape& shape) const {
  while (workers.size() < static_cast<std::size_t>(pool_.num_threads())) {
    workers.push_back({torch::empty({0}, device_), MlpWorkspace(shape, device_, Passes::kForward)});
  }
}

}  // namespace kennel
