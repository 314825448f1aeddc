// The contract between simulator and learner: a batch of environments stepped together, seen as
// tensors.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "kennel/contract/env_spec.h"
#include "kennel/contract/stat.h"

namespace kennel {

/// The number type of observations.
inline torch::ScalarType obs_type(const EnvSpec& spec) {
  return spec.bfloat16_obs ? torch::kBFloat16 : torch::kFloat32;
}

/// Where a step's results are written. All tensors are contiguous and on the environment's device;
/// the four of observations are float32 or bfloat16 as the spec says, the others float32.
struct StepBuffers {
  torch::Tensor obs;  // (num_envs, obs_size), of the new episode where the last one ended
  torch::Tensor privileged_obs;  // (num_envs, privileged_obs_size), the same
  torch::Tensor reward;          // (num_envs)
  torch::Tensor terminated;  // (num_envs), 1 where the episode ended in a state worth nothing (a
                             // fall), else 0
  torch::Tensor truncated;   // (num_envs), 1 where the clock ended it, else 0
  // (num_envs), 1 where the episode goes on under a new command, else 0. At most one of the three
  // is 1.
  torch::Tensor command_changed;
  // As obs and privileged_obs: rows of environments of which one of the three is 1 hold what was
  // observed before the reset or the change of command, zeros where the state diverged; other rows
  // are unspecified.
  torch::Tensor final_obs, final_privileged_obs;
};

/// A batch of environments that reset themselves.
///
/// Buffers are allocated once and owned by the environment; `buffers()` are zero-copy views of its
/// memory on the current stream, overwritten by the next step. A caller may bind its own slots (a
/// rollout's) instead. An episode that ends is reset inside the step, to a fresh random state.
/// What follows a time-out or a new command is no consequence of the last action: both bootstrap
/// from V(final observation), terminations from 0.
class VecEnv {
 public:
  virtual ~VecEnv() = default;

  virtual const EnvSpec& spec() const = 0;
  virtual torch::Device device() const = 0;

  /// Starts a new episode in every environment and writes `obs` and `privileged_obs`.
  virtual void reset() = 0;

  /// Starts a new episode in some environments, and writes their rows of `obs` and
  /// `privileged_obs`. May synchronise with the device.
  /// \param envs  (n) int64 on `device()`, indices within the batch; one may be there twice
  /// \throws Error when an index is out of range, or before the first `reset`
  virtual void reset_envs(const torch::Tensor& envs);

  /// Starts a new episode in every environment, which gets the number `episode`, and numbers the
  /// environments anew for their random numbers: from then on environment e draws what number
  /// first_env_id + e % period draws in an episode of that number, the robot itself, its start,
  /// commands, noise, latency and pushes. Those that are a multiple of `period` apart differ by
  /// their actions alone. An episode that follows has the next number. Writes `obs` and
  /// `privileged_obs`. Part of the saved state; a later `reset` keeps it.
  /// \param period   from 1 to num_envs, which is what environments begin with
  /// \param episode  counts from 1, an environment's first
  /// \throws Error when the period is out of range, or the episode 0
  virtual void reset_alike(int period, std::uint32_t episode);

  /// Sets the clocks of all episodes: control steps since their start. An episode whose clock is at
  /// its length or beyond is truncated by the next step. May synchronise with the device.
  /// \param steps  (num_envs) int64 on `device()`, from 0 on
  /// \throws Error when the shape is wrong or a number negative
  virtual void set_episode_steps(const torch::Tensor& steps);

  /// Advances every environment by one control step.
  /// \param action  (num_envs, action_size) contiguous float32 on `device()`; not finite counts as
  /// divergence
  /// \throws Error when the shape, type or device is wrong
  virtual void step(const torch::Tensor& action) = 0;

  /// The slots that the last reset or step wrote, and the next will write.
  virtual const StepBuffers& buffers() const = 0;

  /// Lets the following steps write into the caller's slots. Tensors left undefined keep the
  /// environment's own. Policy observations must begin at a multiple of four numbers.
  /// \throws Error when a slot's shape, type, device or place is wrong
  virtual void bind(const StepBuffers& slots) = 0;

  /// Tells schedules (commands that change, weights that grow) how far training is, from 0 to 1;
  /// until then it is at 0.
  /// Never read from a clock.
  virtual void set_progress(double fraction) = 0;

  /// Asks for the statistics in the device's queue, ahead of `drain_stats`, which then does not
  /// wait for the device once anything asked for later has arrived.
  virtual void send_stats() {}

  /// Statistics since the last call, up to `send_stats` where that was called since; resets them.
  /// May synchronise with the device.
  virtual std::vector<Stat> drain_stats() = 0;

  /// The same over all ranks, each with environments of its own.
  /// \param sum  makes of numbers the sums of all ranks' numbers
  virtual std::vector<Stat> drain_stats_of_all(const StatSum& /*sum*/) { return drain_stats(); }

  /// The first environment that diverged since the start, where the backend keeps it. May
  /// synchronise with the device.
  virtual std::optional<DivergenceDump> first_divergence() const { return std::nullopt; }

  /// The complete state of every environment as a 1-D uint8 CPU tensor, so that a resumed run
  /// continues bit for bit.
  virtual torch::Tensor save_state() const = 0;

  /// What a state of so many environments begins with, 1-D uint8 CPU; what follows is theirs, one
  /// after the other, so that ranks can share out a state by whole shards
  /// (kennel/core/epoch_order.h).
  virtual torch::Tensor state_header(int /*num_envs*/) const {
    return torch::empty({0}, torch::kUInt8);
  }

  /// Restores what `save_state` returned.
  /// \throws Error when it belongs to another batch size or format.
  virtual void load_state(const torch::Tensor& state) = 0;
};

}  // namespace kennel
