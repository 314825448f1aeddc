// The CPU backend: environments across SIMD lanes, blocks of lanes across threads. Knows plain
// memory, not tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "envs/quadruped/state.h"
#include "envs/quadruped/task.h"
#include "kennel/batch/divergence.h"
#include "kennel/batch/step_pointers.h"

namespace kennel {

/// What steps the CPU's environments: "16-lane float".
std::string cpu_kernel_name();

/// Where a batch keeps its environments and what their last physics step found out: 4-byte words,
/// that of number `word` of environment e at
///   (e / width) * stride + word * width + e % width
/// from `state`, where numbers are those of EnvState<float, Legs>, or from `report`, where they are
/// those of StepReport<float, Legs>. Stays in place as long as the batch.
struct LaneMemory {
  float* state = nullptr;
  const float* report = nullptr;
  std::size_t stride = 0;  // words
  int width = 1;

  std::size_t at(int env, int word) const {
    return static_cast<std::size_t>(env / width) * stride + static_cast<std::size_t>(word) * width +
           env % width;
  }
};

/// A batch of environments on the CPU. Nothing here depends on how wide a vector is: who includes
/// this may be compiled for another one.
/// \tparam Legs  AllLegs, or ManyPoints<AllLegs> for robots that need it
template <class Legs>
class CpuBatchOf {
 public:
  CpuBatchOf(const quadruped::Task& task, int num_envs, std::int64_t first_env_id, int num_threads);
  ~CpuBatchOf();

  /// \param chosen  (num_envs), not 0 where an environment is to be reset; null: all
  void reset(const StepPointers& out, const std::uint8_t* chosen = nullptr);

  /// Numbers environments for their random numbers: e is first_env_id + e % period, with this many
  /// episodes behind it. The next reset draws by it.
  void renumber(int period, std::uint32_t episodes);

  /// Sets the clocks of all episodes.
  /// \param steps  (num_envs), control steps since their start
  void set_episode_steps(const float* steps);
  /// \param action  (num_envs, 12) row-major
  void step(const float* action, const StepPointers& out);

  void set_commands_change(bool change);
  void set_progress(double fraction);
  const quadruped::Task& task() const;
  int num_threads() const;

  /// Sums over environments since the last call, in a fixed order; clears them.
  quadruped::EnvStats<double> drain_stats();

  /// A tag of this backend and layout, then every environment's state and history: the same bytes
  /// for every lane width.
  std::vector<std::byte> save_state() const;
  static std::vector<std::byte> state_tag();
  /// \throws Error when the tag or the size does not fit
  void load_state(std::span<const std::byte> bytes);

  /// One environment's state as plain floats.
  quadruped::EnvState<float, Legs> env(int index) const;

  /// For who reads and writes environments between steps.
  LaneMemory memory();

  /// The first environment that diverged since the start, for replay; of several in the same
  /// control step, the one in the lowest slot.
  std::optional<Replay> first_divergence() const;

 private:
  class Lanes;
  std::unique_ptr<Lanes> lanes_;
};

// Compiled apart, so that neither's program depends on the other's.
extern template class CpuBatchOf<AllLegs>;
extern template class CpuBatchOf<ManyPoints<AllLegs>>;

using CpuBatch = CpuBatchOf<AllLegs>;

}  // namespace kennel
