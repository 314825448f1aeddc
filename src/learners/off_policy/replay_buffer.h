// What off-policy methods learn from: the last control steps of all environments, on their device.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/tensor_archive.h"

namespace kennel {

/// Transitions to learn from, B of them:  target = returns + discount * value(what follows).
struct Minibatch {
  torch::Tensor obs, privileged_obs;            // (B, size) float32, as the networks read them
  torch::Tensor action;                         // (B, action_size), in [-1, 1]
  torch::Tensor returns;                        // (B), discounted rewards of up to n steps
  torch::Tensor discount;                       // (B), 0 where a termination came first
  torch::Tensor next_obs, next_privileged_obs;  // (B, size); mean nothing where discount is 0

  Minibatch(std::int64_t rows, const EnvSpec& spec, torch::Device device);
  Minibatch narrow(std::int64_t begin, std::int64_t rows) const;  // views
  std::int64_t size() const { return action.size(0); }

 private:
  Minibatch() = default;
};

/// What is done to rows on their way to the networks.
struct ReplayScaling {
  const Scaling& obs;
  const Scaling& privileged_obs;
};

/// A ring of control steps. The environments write observations straight into it.
///
/// Slot s of the S = buffer_steps + 1 holds what was observed before action s; what followed is in
/// the next slot, or where the episode was cut, in a second ring beside it, which holds final
/// observations. The newest slot holds the observation that is acted on next, and no transition
/// yet. A row is an environment of a slot: row = slot * stride + environment.
///
/// Returns of n steps (Sutton & Barto 2018, eq. 7.1) stop at ends: with m <= n the steps up to and
/// including the first that ends,
///   returns = sum_{k<m} gamma^k r_{t+k},   discount = gamma^m, or 0 where that end is a
///   termination
/// and what follows is the final observation of a cut, by the clock or by a new command, else the
/// observation n steps later.
class ReplayBuffer {
 public:
  /// \param spec  of the environments; without privileged observations none are kept
  /// \throws Error naming what fits, when host memory cannot hold it
  ReplayBuffer(std::string_view section, const EnvSpec& spec, int buffer_steps,
               torch::Device device);

  /// Forgets everything and resets the environments into the newest slot.
  void start(VecEnv& env);

  torch::Tensor obs() const;                     // (N, obs_size), of the newest slot; a view
  torch::Tensor privileged_obs() const;          // (N, privileged_obs_size), the same
  torch::Tensor action() const;                  // (N, action_size) in [-1, 1]: to be written
  torch::Tensor reward(std::int64_t ago) const;  // (N), of the step so many before the newest slot

  /// Steps the environments; the newest slot's action must have been written.
  /// \param action  (N, action_size), as the environments take it
  void step(VecEnv& env, const torch::Tensor& action);

  /// Transitions of each environment that are kept.
  std::int64_t steps() const { return std::min(written_, slots_ - 1); }

  /// (count, rows) int64 on the device: rows of which n steps are known, drawn with replacement.
  torch::Tensor draw(std::int64_t count, std::int64_t rows, int n_step,
                     torch::Generator generator) const;

  /// What of a minibatch begins at `index` (rows), by the table's own threads alone.
  void gather(const LearnerOps& ops, const torch::Tensor& index, int n_step, double gamma,
              const ReplayScaling& scaling, Minibatch& out) const;

  /// Looks for a number that is not finite in the last `steps` steps; waits for the device.
  /// \throws Error naming the first one's environment
  void check_finite(std::int64_t steps) const;

  /// All of it, or, where `whole` is false, the observations to act on next alone.
  void save(TensorArchive& archive, bool whole) const;

  /// \throws Error, nothing changed, when the archive holds another number of slots
  void check(const TensorArchive& archive, const std::string& source) const;
  void load(const TensorArchive& archive);

 private:
  std::int64_t newest() const { return written_ % slots_; }
  torch::Tensor at(const torch::Tensor& rows, std::int64_t slot) const;
  bool keeps_privileged() const { return privileged_obs_.size(1) > 0; }
  std::int64_t filled() const { return std::min(written_ + 1, slots_); }

  std::int64_t num_envs_ = 0, slots_ = 0;
  std::int64_t stride_ = 0;       // rows of a slot: environments, up to a multiple of four
  std::int64_t written_ = 0;      // control steps since the start
  torch::Tensor obs_;             // (2 * slots * stride, obs_size): before actions, then final ones
  torch::Tensor privileged_obs_;  // the same
  torch::Tensor action_;          // (slots * stride, action_size)
  torch::Tensor reward_, terminated_, cut_;  // (slots * stride); cut: truncated or told anew
  torch::Tensor command_changed_;            // (N), of the last step
};

/// Bytes of a buffer.
std::size_t replay_bytes(const EnvSpec& spec, int buffer_steps);

}  // namespace kennel
