// A batch of environments in the host's plain memory, of any task: what tensors, numpy arrays and
// others that own memory are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "envs/quadruped/task.h"
#include "envs/small/task.h"
#include "kennel/batch/state_fields.h"
#include "kennel/batch/step_pointers.h"
#include "kennel/contract/env_spec.h"
#include "kennel/contract/stat.h"

namespace kennel {

/// How many environments, and what keys their random numbers.
struct BatchOptions {
  int num_envs = 1024;
  std::uint64_t seed = 1;
  int num_threads = 0;  // 0: one a core. Results do not depend on it.
  std::int64_t first_env_id = 0;
};

/// Environments that reset themselves, as VecEnv says (contract/vec_env.h); who calls owns the
/// memory that it writes.
class HostBatch {
 public:
  virtual ~HostBatch() = default;

  virtual const EnvSpec& spec() const = 0;

  /// \param chosen  (num_envs), not 0 where an environment is to be reset; null: all
  virtual void reset(const StepPointers& out, const std::uint8_t* chosen = nullptr) = 0;

  /// Numbers environments for their random numbers: e is first_env_id + e % period, with this many
  /// episodes behind it. The next reset draws by it.
  virtual void renumber(int period, std::uint32_t episodes) = 0;

  /// \param steps  (num_envs), control steps since the episodes' start
  virtual void set_episode_steps(const float* steps) = 0;

  /// \param steps  (num_envs), as above
  virtual void episode_steps(float* steps) = 0;

  /// \param action  (num_envs, action_size) row-major
  virtual void step(const float* action, const StepPointers& out) = 0;

  virtual void set_progress(double fraction) = 0;
  std::vector<Stat> drain_stats() {
    return drain_stats_of_all([](std::span<double>) {});
  }
  /// Over all ranks (VecEnv::drain_stats_of_all).
  virtual std::vector<Stat> drain_stats_of_all(const StatSum& sum) = 0;
  virtual std::optional<DivergenceDump> first_divergence() const { return std::nullopt; }

  virtual std::vector<std::byte> save_state() const = 0;
  /// What a state of so many environments begins with.
  virtual std::vector<std::byte> state_header(int num_envs) const = 0;
  /// \throws Error when it belongs to another batch size or format
  virtual void load_state(std::span<const std::byte> bytes) = 0;

  /// What can be read of an environment by name, and written.
  virtual const std::vector<StateField>& fields() const = 0;
  /// \param rows  (num_envs, field.size()) row-major
  virtual void read(const StateField& field, float* rows) = 0;
  /// \param field  one that can be written
  virtual void write(const StateField& field, const float* rows) = 0;
};

/// A robot's task across the CPU's lanes. The seed is the task's.
std::unique_ptr<HostBatch> make_host_batch(const quadruped::Task& task, const EnvSpec& spec,
                                           const BatchOptions& options);

/// A small task, stepped by the caller's thread. The spec follows from the two.
std::unique_ptr<HostBatch> make_host_batch(const small::TaskRow& task, const BatchOptions& options);

}  // namespace kennel
