// The CPU backend: environments across SIMD lanes, blocks of lanes across threads. Knows plain
// memory, not tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "envs/quadruped/control_step.h"
#include "envs/quadruped/reset.h"
#include "kennel/batch/divergence.h"
#include "kennel/batch/step_pointers.h"
#include "kennel/core/pack.h"
#include "kennel/core/thread_pool.h"

namespace kennel {

/// What steps the CPU's environments: "16-lane float".
std::string cpu_kernel_name();

/// A batch of environments on the CPU.
/// \tparam Legs  AllLegs, or ManyPoints<AllLegs> for robots that need it
template <class Legs>
class CpuBatchOf {
 public:
  CpuBatchOf(const quadruped::Task& task, int num_envs, std::int64_t first_env_id, int num_threads);

  /// \param chosen  (num_envs), not 0 where an environment is to be reset; null: all
  void reset(const StepPointers& out, const std::uint8_t* chosen = nullptr);

  /// Sets the clocks of all episodes.
  /// \param steps  (num_envs), control steps since their start
  void set_episode_steps(const float* steps);
  /// \param action  (num_envs, 12) row-major
  void step(const float* action, const StepPointers& out);

  void set_commands_change(bool change) { schedule_.commands_change = change; }
  void set_progress(double fraction) { schedule_ = schedule_at(task_.config, fraction); }
  const quadruped::Task& task() const { return task_; }
  int num_threads() const { return pool_.num_threads(); }

  /// Sums over environments since the last call, in a fixed order; clears them.
  quadruped::EnvStats<double> drain_stats();

  /// A tag of this backend and layout, then every environment's state and history: the same bytes
  /// for every lane width.
  std::vector<std::byte> save_state() const;
  /// \throws Error when the tag or the size does not fit
  void load_state(std::span<const std::byte> bytes);

  /// One environment's state as plain floats.
  quadruped::EnvState<float, Legs> env(int index) const;

  /// The first environment that diverged since the start, for replay; of several in the same
  /// control step, the one in the lowest slot.
  std::optional<Replay> first_divergence() const;

 private:
  using Lane = NativePack;
  static constexpr int kWidth = kNativeWidth;
  struct Block {
    quadruped::EnvState<Lane, Legs> state;
    quadruped::FrameHistory<Lane> history;
    quadruped::EnvStats<Lane> stats;
    StepReport<Lane, Legs> report;
    PhysicsState<Lane, Legs> before;
  };

  void for_each_block(const std::function<void(int)>& work);
  template <class Goal>
  void step_block(int index, const float* action, const StepPointers& out);
  void write_rows(Block& block, int first, int lanes, const quadruped::ImuSample<Lane>& imu,
                  const StepPointers& out);
  void keep_final(int env, bool diverged, const StepPointers& out) const;
  void note_divergence(const Block& block, int lane, int env);
  void tell_command(int env, const quadruped::CommandChange<Lane>& change, int lane,
                    const StepPointers& out) const;
  void restart(Block& block, int lane, int env, const StepPointers& out);
  int lanes_in(int block) const;

  quadruped::Task task_;
  quadruped::Schedule schedule_;
  int num_envs_;
  std::vector<Block> blocks_;
  ThreadPool pool_;
  std::mutex divergence_mutex_;
  std::optional<Divergence<Legs>> divergence_;
  bool divergence_kept_ = false;  // from an earlier control step
};

// Compiled apart, so that neither's program depends on the other's.
extern template class CpuBatchOf<AllLegs>;
extern template class CpuBatchOf<ManyPoints<AllLegs>>;

using CpuBatch = CpuBatchOf<AllLegs>;

}  // namespace kennel
