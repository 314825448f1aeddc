#include "src/learners/off_policy/replay_buffer.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "kennel/core/check.h"

namespace kennel {
namespace {

// Environments write policy observations four numbers at a time.
std::int64_t padded(std::int64_t num_envs) { return (num_envs + 3) / 4 * 4; }

/// Bytes that a step of all environments takes.
std::size_t bytes_a_step(const EnvSpec& spec) {
  const auto rows = static_cast<std::size_t>(padded(spec.num_envs));
  const auto observed = static_cast<std::size_t>(spec.obs_size + spec.privileged_obs_size);
  const std::size_t width = spec.bfloat16_obs ? 2 : sizeof(float);
  return rows *
         (2 * observed * width + sizeof(float) * (static_cast<std::size_t>(spec.action_size) + 3));
}

/// Memory of the host that programs can still have; the most there is where nobody says.
std::size_t free_host_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string key, unit; file >> key;) {
    std::size_t kilobytes = 0;
    file >> kilobytes;
    std::getline(file, unit);
    if (key == "MemAvailable:") return kilobytes << 10;
  }
  return std::numeric_limits<std::size_t>::max();
}

void check_memory(std::string_view section, const EnvSpec& spec, int buffer_steps) {
  const std::size_t free = free_host_bytes(), needed = replay_bytes(spec, buffer_steps);
  if (needed < free) return;
  const std::size_t fitting = free / bytes_a_step(spec);
  const std::string advice = fitting > 1 ? text("at most ", fitting - 1, " fit")
                                         : std::string("not one step fits: lower --num-envs");
  fail(section, ".buffer_steps = ", buffer_steps, " of ", spec.num_envs, " environments take ",
       needed >> 20, " MiB, this machine has ", free >> 20, " MiB free; ", advice);
}

}  // namespace

std::size_t replay_bytes(const EnvSpec& spec, int buffer_steps) {
  return (static_cast<std::size_t>(buffer_steps) + 1) * bytes_a_step(spec);
}

Minibatch::Minibatch(std::int64_t rows, const EnvSpec& spec, torch::Device device)
    : obs(torch::zeros({rows, spec.obs_size}, device)),
      privileged_obs(torch::zeros({rows, spec.privileged_obs_size}, device)),
      action(torch::zeros({rows, spec.action_size}, device)),
      returns(torch::zeros({rows}, device)),
      discount(torch::zeros({rows}, device)),
      next_obs(torch::zeros_like(obs)),
      next_privileged_obs(torch::zeros_like(privileged_obs)) {}

Minibatch Minibatch::narrow(std::int64_t begin, std::int64_t rows) const {
  Minibatch out;
  out.obs = obs.narrow(0, begin, rows);
  out.privileged_obs = privileged_obs.narrow(0, begin, rows);
  out.action = action.narrow(0, begin, rows);
  out.returns = returns.narrow(0, begin, rows);
  out.discount = discount.narrow(0, begin, rows);
  out.next_obs = next_obs.narrow(0, begin, rows);
  out.next_privileged_obs = next_privileged_obs.narrow(0, begin, rows);
  return out;
}

ReplayBuffer::ReplayBuffer(std::string_view section, const EnvSpec& spec, int buffer_steps,
                           torch::Device device)
    : num_envs_(spec.num_envs),
      slots_(std::int64_t{buffer_steps} + 1),
      stride_(padded(spec.num_envs)) {
  if (device.is_cpu()) check_memory(section, spec, buffer_steps);
  const auto observed = torch::TensorOptions().device(device).dtype(obs_type(spec));
  const std::int64_t rows = slots_ * stride_;
  obs_ = torch::zeros({2 * rows, spec.obs_size}, observed);
  privileged_obs_ = torch::zeros({2 * rows, spec.privileged_obs_size}, observed);
  action_ = torch::zeros({rows, spec.action_size}, device);
  reward_ = torch::zeros({rows}, device);
  terminated_ = torch::zeros({rows}, device);
  cut_ = torch::zeros({rows}, device);
  command_changed_ = torch::zeros({num_envs_}, device);
}

torch::Tensor ReplayBuffer::at(const torch::Tensor& rows, std::int64_t slot) const {
  return rows.narrow(0, slot * stride_, num_envs_);
}

torch::Tensor ReplayBuffer::obs() const { return at(obs_, newest()); }
torch::Tensor ReplayBuffer::privileged_obs() const { return at(privileged_obs_, newest()); }
torch::Tensor ReplayBuffer::action() const { return at(action_, newest()); }
torch::Tensor ReplayBuffer::reward(std::int64_t ago) const {
  return at(reward_, (written_ - ago) % slots_);
}

void ReplayBuffer::start(VecEnv& env) {
  written_ = 0;
  StepBuffers slots;
  slots.obs = at(obs_, 0);
  if (keeps_privileged()) slots.privileged_obs = at(privileged_obs_, 0);
  env.bind(slots);
  env.reset();
}

void ReplayBuffer::step(VecEnv& env, const torch::Tensor& action) {
  const std::int64_t slot = newest(), next = (written_ + 1) % slots_;
  StepBuffers slots;
  slots.obs = at(obs_, next);
  slots.reward = at(reward_, slot);
  slots.terminated = at(terminated_, slot);
  slots.truncated = at(cut_, slot);
  slots.command_changed = command_changed_;
  slots.final_obs = at(obs_, slots_ + slot);
  if (keeps_privileged()) {
    slots.privileged_obs = at(privileged_obs_, next);
    slots.final_privileged_obs = at(privileged_obs_, slots_ + slot);
  }
  env.bind(slots);
  env.step(action);
  slots.truncated.add_(command_changed_);  // neither is the last action's doing
  ++written_;
}

// On the host: which rows there are is known there.
torch::Tensor ReplayBuffer::draw(std::int64_t count, std::int64_t rows, int n_step,
                                 torch::Generator generator) const {
  const std::int64_t starts = steps() - n_step + 1, oldest = written_ - steps();
  KENNEL_CHECK(starts > 0, "a replay buffer with ", steps(), " steps has no return of ", n_step);
  torch::Tensor index = torch::randint(starts * num_envs_, {count, rows}, generator, torch::kInt64);
  const torch::Tensor env = index.remainder(num_envs_);
  index.sub_(env).floor_divide_(num_envs_).add_(oldest).remainder_(slots_).mul_(stride_).add_(env);
  return index.to(reward_.device(), /*non_blocking=*/true);
}

void ReplayBuffer::gather(const LearnerOps& ops, const torch::Tensor& index, int n_step,
                          double gamma, const ReplayScaling& scaling, Minibatch& out) const {
  const std::int64_t rows = slots_ * stride_;
  ops.gather(obs_, index, &scaling.obs, out.obs);
  if (keeps_privileged())
    ops.gather(privileged_obs_, index, &scaling.privileged_obs, out.privileged_obs);
  ops.gather(action_, index, nullptr, out.action);
  torch::Tensor at = index, next = index;
  torch::Tensor going_on = torch::ones_like(out.returns);  // 1 until an end
  out.returns.zero_();
  out.discount.fill_(1.0);
  for (int k = 0; k < n_step; ++k) {
    const torch::Tensor terminated = terminated_.index_select(0, at);
    const torch::Tensor cut = cut_.index_select(0, at);
    const torch::Tensor following = (at + stride_).remainder_(rows);
    const torch::Tensor goes_on = going_on > 0;
    out.returns.addcmul_(going_on, reward_.index_select(0, at), std::pow(gamma, k));
    next = torch::where(goes_on, torch::where(cut > 0, at + rows, following), next);
    out.discount.copy_(
        torch::where(goes_on, (1 - terminated).mul_(std::pow(gamma, k + 1)), out.discount));
    going_on.mul_(1 - terminated).mul_(1 - cut);
    at = following;
  }
  ops.gather(obs_, next, &scaling.obs, out.next_obs);
  if (keeps_privileged())
    ops.gather(privileged_obs_, next, &scaling.privileged_obs, out.next_privileged_obs);
}

void ReplayBuffer::check_finite(std::int64_t steps) const {
  const auto check = [](const torch::Tensor& values, std::int64_t ago, const char* name) {
    const torch::Tensor wrong = values.isfinite().logical_not_().nonzero();  // (found, dimensions)
    if (wrong.size(0) == 0) return;
    fail("the ", name, " of environment ", wrong[0][0].item<std::int64_t>(), " is not finite ", ago,
         " steps before the last (", wrong.size(0),
         " such numbers at this step); expected finite numbers, check the simulator's divergence ",
         "handling or the reward terms");
  };
  for (std::int64_t ago = std::min(steps, this->steps()); ago > 0; --ago) {
    const std::int64_t slot = (written_ - ago) % slots_, next = (slot + 1) % slots_;
    check(at(action_, slot), ago - 1, "action");
    check(at(reward_, slot), ago - 1, "reward");
    check(at(obs_, next), ago - 1, "observation");
    check(at(privileged_obs_, next), ago - 1, "privileged observation");
  }
}

// Final observations are kept where there was a cut alone: the others are never read.
void ReplayBuffer::save(TensorArchive& archive, bool whole) const {
  archive.put("buffer/slots", slots_);
  archive.put("buffer/written", whole ? written_ : std::int64_t{0});
  const std::int64_t begin = whole ? 0 : newest(), slots = whole ? filled() : 1;
  const auto put = [&](const char* name, const torch::Tensor& rows) {
    archive.put(text("buffer/", name),
                rows.narrow(0, begin * stride_, slots * stride_).to(torch::kFloat32));
  };
  put("obs", obs_);
  put("privileged_obs", privileged_obs_);
  if (!whole) return;
  put("action", action_);
  put("reward", reward_);
  put("terminated", terminated_);
  put("cut", cut_);
  const torch::Tensor cut = cut_.narrow(0, 0, slots * stride_).nonzero().squeeze(1);
  archive.put("buffer/final_rows", cut);
  const auto put_final = [&](const char* name, const torch::Tensor& rows) {
    archive.put(text("buffer/", name),
                rows.index_select(0, cut + slots_ * stride_).to(torch::kFloat32));
  };
  put_final("final_obs", obs_);
  put_final("final_privileged_obs", privileged_obs_);
}

void ReplayBuffer::check(const TensorArchive& archive, const std::string& source) const {
  KENNEL_CHECK(archive.number("buffer/slots") == slots_, source, " keeps ",
               archive.number("buffer/slots") - 1, " steps to learn from; this run ", slots_ - 1,
               "; use the recipe it was trained with");
}

void ReplayBuffer::load(const TensorArchive& archive) {
  written_ = archive.number("buffer/written");
  const auto take = [&](const char* name, torch::Tensor& rows) {
    const torch::Tensor& saved = archive.tensor(text("buffer/", name));
    rows.narrow(0, 0, saved.size(0)).copy_(saved);
  };
  take("obs", obs_);
  take("privileged_obs", privileged_obs_);
  if (!archive.has_tensor("buffer/action")) return;
  take("action", action_);
  take("reward", reward_);
  take("terminated", terminated_);
  take("cut", cut_);
  const torch::Tensor rows =
      archive.tensor("buffer/final_rows").to(reward_.device()) + slots_ * stride_;
  const auto take_final = [&](const char* name, torch::Tensor& of) {
    of.index_copy_(0, rows, archive.tensor(text("buffer/", name)).to(of.options()));
  };
  take_final("final_obs", obs_);
  take_final("final_privileged_obs", privileged_obs_);
}

}  // namespace kennel
