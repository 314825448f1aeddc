// CpuBatchOf, for the files that compile it for a mapping of legs.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>

#include "envs/quadruped/control_step.h"
#include "envs/quadruped/reset.h"
#include "kennel/batch/cpu_batch.h"
#include "kennel/core/pack.h"
#include "kennel/core/thread_pool.h"
#include "src/batch/lanes.h"

namespace kennel {

using namespace quadruped;

namespace {

template <class Legs>
using Narrow = EnvState<float, Legs>;
using NarrowHistory = FrameHistory<float>;

/// Changes with the layout of `Saved`. Other backends have other tags.
template <class Legs>
constexpr char kTag[8] = {'c', 'p', 'u', Legs::kPoints == kFewPoints ? ' ' : 'm',
                          'e', 'n', 'v', '4'};

/// An environment as saved.
template <class Legs>
struct Saved {
  Narrow<Legs> state;
  NarrowHistory history;
};

/// Rows of a table from lanes of its columns.
template <class Lane>
void scatter_rows(const Lane* columns, int used, int first_row, int lanes, const ObsRows& table) {
  for (int lane = 0; lane < lanes; ++lane) {
    const std::size_t first = static_cast<std::size_t>(first_row + lane) * used;
    for (int i = 0; i < used; ++i)
      table.put(first + i, reinterpret_cast<const float*>(&columns[i])[lane]);
  }
}

}  // namespace

/// Environments across lanes, blocks of lanes across threads.
template <class Legs>
class LaneBatch {
 public:
  LaneBatch(const Task& task, int num_envs, std::int64_t first_env_id, int num_threads);

  void reset(const StepPointers& out, const std::uint8_t* chosen);
  void renumber(int period, std::uint32_t episodes);
  void set_episode_steps(const float* steps);
  void step(const float* action, const StepPointers& out);

  void set_commands_change(bool change) { schedule_.commands_change = change; }
  void set_progress(double fraction) { schedule_ = schedule_at(task_.config, fraction); }
  const Task& task() const { return task_; }
  int num_threads() const { return pool_.num_threads(); }

  EnvStats<double> drain_stats();
  std::vector<std::byte> save_state() const;
  void load_state(std::span<const std::byte> bytes);
  Narrow<Legs> env(int index) const;
  LaneMemory memory();
  std::optional<Replay> first_divergence() const;

 private:
  using Lane = NativePack;
  static constexpr int kWidth = kNativeWidth;
  struct Block {
    EnvState<Lane, Legs> state;
    FrameHistory<Lane> history;
    EnvStats<Lane> stats;
    StepReport<Lane, Legs> report;
    PhysicsState<Lane, Legs> before;
  };

  void for_each_block(const std::function<void(int)>& work);
  template <class Goal>
  void step_block(int index, const float* action, const StepPointers& out);
  void write_rows(Block& block, int first, int lanes, const ImuSample<Lane>& imu,
                  const StepPointers& out);
  void keep_final(int env, bool diverged, const StepPointers& out) const;
  void note_divergence(const Block& block, int lane, int env);
  void tell_command(int env, const CommandChange<Lane>& change, int lane,
                    const StepPointers& out) const;
  void restart(Block& block, int lane, int env, const StepPointers& out);
  int lanes_in(int block) const;

  Task task_;
  Schedule schedule_;
  int num_envs_;
  std::int64_t first_env_id_;
  std::vector<Block> blocks_;
  ThreadPool pool_;
  std::mutex divergence_mutex_;
  std::optional<Divergence<Legs>> divergence_;
  bool divergence_kept_ = false;  // from an earlier control step
};

template <class Legs>
LaneBatch<Legs>::LaneBatch(const Task& task, int num_envs, std::int64_t first_env_id,
                           int num_threads)
    : task_(task),
      schedule_(schedule_at(task.config, 0.0)),
      num_envs_(num_envs),
      first_env_id_(first_env_id),
      blocks_((num_envs + kWidth - 1) / kWidth),
      pool_(num_threads) {
  std::memset(static_cast<void*>(blocks_.data()), 0, blocks_.size() * sizeof(Block));
  renumber(static_cast<int>(blocks_.size()) * kWidth, 0);
}

template <class Legs>
void LaneBatch<Legs>::renumber(int period, std::uint32_t episodes) {
  for (std::size_t b = 0; b < blocks_.size(); ++b)
    for (int lane = 0; lane < kWidth; ++lane) {
      const std::int64_t env = static_cast<std::int64_t>(b) * kWidth + lane;
      blocks_[b].state.env_id.set(lane, static_cast<std::uint32_t>(first_env_id_ + env % period));
      blocks_[b].state.episode.set(lane, episodes);
    }
}

template <class Legs>
void LaneBatch<Legs>::for_each_block(const std::function<void(int)>& work) {
  pool_.run(static_cast<std::int64_t>(blocks_.size()),
            [&](std::int64_t b, int) { work(static_cast<int>(b)); });
}

template <class Legs>
int LaneBatch<Legs>::lanes_in(int block) const {
  return std::min(kWidth, num_envs_ - block * kWidth);
}

template <class Legs>
void LaneBatch<Legs>::reset(const StepPointers& out, const std::uint8_t* chosen) {
  for_each_block([&](int b) {
    for (int lane = 0; lane < kWidth; ++lane) {
      const int env = b * kWidth + lane;
      if (!chosen || (env < num_envs_ && chosen[env] != 0)) restart(blocks_[b], lane, env, out);
    }
  });
}

template <class Legs>
void LaneBatch<Legs>::set_episode_steps(const float* steps) {
  for (int env = 0; env < num_envs_; ++env)
    blocks_[env / kWidth].state.step.set(env % kWidth, steps[env]);
}

template <class Legs>
void LaneBatch<Legs>::restart(Block& block, int lane, int env, const StepPointers& out) {
  Narrow<Legs> state;
  NarrowHistory history;
  extract_lane<kWidth>(block.state, lane, state);
  ++state.episode;
  reset_env<float, Legs>(task_, {}, state, history);
  weigh_constraints<float, Legs>(task_, {}, state);
  if (env < num_envs_) {
    const std::size_t first = static_cast<std::size_t>(env) * task_.obs_size;
    const std::size_t first_privileged = static_cast<std::size_t>(env) * kPrivilegedSize;
    observe<float, Legs>(task_, {}, true_imu(state.physics), state, history,
                         [&](int i, float x) { out.obs.put(first + i, x); });
    observe_privileged<float, Legs>(task_, {}, state, nullptr, [&](int i, float x) {
      out.privileged_obs.put(first_privileged + i, x);
    });
    if (sees_motion(task_))
      observe_more<float, Legs>(
          task_, {}, state, [&](int i, float x) { out.obs.put(first + i, x); },
          [&](int i, float x) { out.privileged_obs.put(first_privileged + i, x); });
  }
  insert_lane<kWidth>(state, lane, block.state);
  insert_lane<kWidth>(history, lane, block.history);
}

template <class Legs>
void LaneBatch<Legs>::step(const float* action, const StepPointers& out) {
  with_task(task_.config.task_index(), [&]<class Goal>(Goal) {
    for_each_block([&](int b) { step_block<Goal>(b, action, out); });
  });
  divergence_kept_ = divergence_.has_value();
}

template <class Legs>
template <class Goal>
void LaneBatch<Legs>::step_block(int index, const float* action, const StepPointers& out) {
  Block& block = blocks_[index];
  const int first = index * kWidth, lanes = lanes_in(index);
  KENNEL_ASSERT(lanes >= 1 && lanes <= kWidth);
  Lane queued[kNumLegs][kJointsPerLeg];
  for (auto& leg : queued)
    for (Lane& a : leg) a = Lane(0.0f);
  for (int lane = 0; lane < lanes; ++lane) {
    const float* row = action + static_cast<std::size_t>(first + lane) * kNumJoints;
    for (int k = 0; k < kNumJoints; ++k)
      reinterpret_cast<float*>(&queued[k / kJointsPerLeg][k % kJointsPerLeg])[lane] = row[k];
  }
  block.before = block.state.physics;
  const StepOutcome<Lane> outcome = control_step<Goal, Lane, Legs>(
      task_, schedule_, {}, queued, block.state, block.report, block.stats);
  write_rows(block, first, lanes, outcome.imu, out);
  const CommandChange<Lane>& change = outcome.change;
  apply_change(Legs{}, change, block.state, block.history);
  for (int lane = 0; lane < kWidth; ++lane) {
    const int env = first + lane;
    const bool restarts = outcome.terminated[lane] + outcome.timed_out[lane] > 0;
    if (lane < lanes) {
      out.reward[env] = outcome.reward[lane];
      out.terminated[env] = outcome.terminated[lane];
      out.truncated[env] = outcome.timed_out[lane];
      out.command_changed[env] = change.changed[lane];
      if (restarts || change.changed[lane] > 0) keep_final(env, outcome.diverged[lane] > 0, out);
      if (outcome.diverged[lane] > 0) note_divergence(block, lane, env);
      if (change.changed[lane] > 0) tell_command(env, change, lane, out);
    }
    if (restarts) restart(block, lane, env, out);
  }
}

template <class Legs>
void LaneBatch<Legs>::keep_final(int env, bool diverged, const StepPointers& out) const {
  const auto keep = [&](const ObsRows& from, const ObsRows& to, int size) {
    const std::size_t bytes = size * to.width(), first = env * bytes;
    char* row = static_cast<char*>(to.memory) + first;
    if (diverged) {
      std::memset(row, 0, bytes);  // what a diverged environment last saw is no observation
    } else {
      std::memcpy(row, static_cast<const char*>(from.memory) + first, bytes);
    }
  };
  keep(out.obs, out.final_obs, task_.obs_size);
  keep(out.privileged_obs, out.final_privileged_obs, kPrivilegedSize);
}

template <class Legs>
void LaneBatch<Legs>::note_divergence(const Block& block, int lane, int env) {
  const std::lock_guard lock(divergence_mutex_);
  if (divergence_kept_ || (divergence_ && divergence_->env < env)) return;
  divergence_.emplace().env = env;
  extract_lane<kWidth>(block.before, lane, divergence_->before);
  extract_lane<kWidth>(block.state, lane, divergence_->after);
}

template <class Legs>
std::optional<Replay> LaneBatch<Legs>::first_divergence() const {
  if (!divergence_) return std::nullopt;
  return replay_of(task_, *divergence_);
}

template <class Legs>
void LaneBatch<Legs>::tell_command(int env, const CommandChange<Lane>& change, int lane,
                                   const StepPointers& out) const {
  constexpr int kCommand = offset_in(kFrame, "command");
  for (int i = 0; i < 3; ++i) {
    const std::size_t e = static_cast<std::size_t>(env);
    out.obs.put(e * task_.obs_size + kCommand + i, change.command[i][lane]);
    out.privileged_obs.put(e * kPrivilegedSize + kCommand + i, change.command[i][lane]);
  }
}

template <class Legs>
void LaneBatch<Legs>::write_rows(Block& block, int first, int lanes, const ImuSample<Lane>& imu,
                                 const StepPointers& out) {
  Lane obs[kMaxHistory * kFrameSize], privileged[kPrivilegedSize];
  observe<Lane, Legs>(task_, {}, imu, block.state, block.history,
                      [&](int i, const Lane& x) { obs[i] = x; });
  observe_privileged<Lane, Legs>(task_, {}, block.state, &block.report,
                                 [&](int i, const Lane& x) { privileged[i] = x; });
  if (sees_motion(task_))
    observe_more<Lane, Legs>(
        task_, {}, block.state, [&](int i, const Lane& x) { obs[i] = x; },
        [&](int i, const Lane& x) { privileged[i] = x; });
  scatter_rows(obs, task_.obs_size, first, lanes, out.obs);
  scatter_rows(privileged, kPrivilegedSize, first, lanes, out.privileged_obs);
}

template <class Legs>
EnvStats<double> LaneBatch<Legs>::drain_stats() {
  EnvStats<double> total{};
  constexpr int kFields = sizeof(EnvStats<float>) / sizeof(float);
  static_assert(sizeof(EnvStats<double>) == kFields * sizeof(double));
  auto* sums = reinterpret_cast<double*>(&total);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const auto* fields = reinterpret_cast<const float*>(&blocks_[b].stats);
    for (int f = 0; f < kFields; ++f)
      for (int lane = 0; lane < lanes_in(static_cast<int>(b)); ++lane)
        sums[f] += fields[f * kWidth + lane];
    std::memset(static_cast<void*>(&blocks_[b].stats), 0, sizeof blocks_[b].stats);
  }
  return total;
}

template <class Legs>
Narrow<Legs> LaneBatch<Legs>::env(int index) const {
  KENNEL_ASSERT(index >= 0 && index < num_envs_);
  Narrow<Legs> state;
  extract_lane<kWidth>(blocks_[index / kWidth].state, index % kWidth, state);
  return state;
}

template <class Legs>
LaneMemory LaneBatch<Legs>::memory() {
  static_assert(sizeof(Block) % sizeof(float) == 0);
  return {reinterpret_cast<float*>(&blocks_[0].state),
          reinterpret_cast<const float*>(&blocks_[0].report), sizeof(Block) / sizeof(float),
          kWidth};
}

template <class Legs>
std::vector<std::byte> LaneBatch<Legs>::save_state() const {
  std::vector<std::byte> bytes(sizeof kTag<Legs> +
                               static_cast<std::size_t>(num_envs_) * sizeof(Saved<Legs>));
  std::memcpy(bytes.data(), kTag<Legs>, sizeof kTag<Legs>);
  for (int e = 0; e < num_envs_; ++e) {
    Saved<Legs> saved;
    extract_lane<kWidth>(blocks_[e / kWidth].state, e % kWidth, saved.state);
    extract_lane<kWidth>(blocks_[e / kWidth].history, e % kWidth, saved.history);
    std::memcpy(bytes.data() + sizeof kTag<Legs> + e * sizeof saved, &saved, sizeof saved);
  }
  return bytes;
}

template <class Legs>
void LaneBatch<Legs>::load_state(std::span<const std::byte> bytes) {
  KENNEL_CHECK(
      bytes.size() >= sizeof kTag<Legs> &&
          std::memcmp(bytes.data(), kTag<Legs>, sizeof kTag<Legs>) == 0,
      "the saved environments are of another backend, an older version or a robot with other "
      "contact "
      "spheres; resume with the --device "
      "and the program that wrote them, or start from the networks alone with --init-from");
  bytes = bytes.subspan(sizeof kTag<Legs>);
  KENNEL_CHECK(bytes.size() == num_envs_ * sizeof(Saved<Legs>), "the saved environments hold ",
               bytes.size(), " bytes; expected ", num_envs_ * sizeof(Saved<Legs>), " for ",
               num_envs_, " environments: resume with the batch size it was saved with");
  for (int e = 0; e < num_envs_; ++e) {
    Saved<Legs> saved;
    std::memcpy(&saved, bytes.data() + e * sizeof saved, sizeof saved);
    insert_lane<kWidth>(saved.state, e % kWidth, blocks_[e / kWidth].state);
    insert_lane<kWidth>(saved.history, e % kWidth, blocks_[e / kWidth].history);
  }
}

template <class Legs>
class CpuBatchOf<Legs>::Lanes : public LaneBatch<Legs> {
  using LaneBatch<Legs>::LaneBatch;
};

template <class Legs>
CpuBatchOf<Legs>::CpuBatchOf(const Task& task, int num_envs, std::int64_t first_env_id,
                             int num_threads)
    : lanes_(std::make_unique<Lanes>(task, num_envs, first_env_id, num_threads)) {}

template <class Legs>
CpuBatchOf<Legs>::~CpuBatchOf() = default;

template <class Legs>
void CpuBatchOf<Legs>::reset(const StepPointers& out, const std::uint8_t* chosen) {
  lanes_->reset(out, chosen);
}

template <class Legs>
void CpuBatchOf<Legs>::renumber(int period, std::uint32_t episodes) {
  lanes_->renumber(period, episodes);
}

template <class Legs>
void CpuBatchOf<Legs>::set_episode_steps(const float* steps) {
  lanes_->set_episode_steps(steps);
}

template <class Legs>
void CpuBatchOf<Legs>::step(const float* action, const StepPointers& out) {
  lanes_->step(action, out);
}

template <class Legs>
void CpuBatchOf<Legs>::set_commands_change(bool change) {
  lanes_->set_commands_change(change);
}

template <class Legs>
void CpuBatchOf<Legs>::set_progress(double fraction) {
  lanes_->set_progress(fraction);
}

template <class Legs>
const Task& CpuBatchOf<Legs>::task() const {
  return lanes_->task();
}

template <class Legs>
int CpuBatchOf<Legs>::num_threads() const {
  return lanes_->num_threads();
}

template <class Legs>
EnvStats<double> CpuBatchOf<Legs>::drain_stats() {
  return lanes_->drain_stats();
}

template <class Legs>
std::vector<std::byte> CpuBatchOf<Legs>::save_state() const {
  return lanes_->save_state();
}

template <class Legs>
std::vector<std::byte> CpuBatchOf<Legs>::state_tag() {
  const auto* tag = reinterpret_cast<const std::byte*>(kTag<Legs>);
  return {tag, tag + sizeof kTag<Legs>};
}

template <class Legs>
void CpuBatchOf<Legs>::load_state(std::span<const std::byte> bytes) {
  lanes_->load_state(bytes);
}

template <class Legs>
Narrow<Legs> CpuBatchOf<Legs>::env(int index) const {
  return lanes_->env(index);
}

template <class Legs>
LaneMemory CpuBatchOf<Legs>::memory() {
  return lanes_->memory();
}

template <class Legs>
std::optional<Replay> CpuBatchOf<Legs>::first_divergence() const {
  return lanes_->first_divergence();
}

}  // namespace kennel
