// A batch of environments with the memory that it writes: what kennel.Env is made of. Knows nothing
// of Python.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/batch/host_batch.h"

namespace kennel::python {

/// Memory that begins at a multiple of 64 bytes, zeros at first.
class Memory {
 public:
  explicit Memory(std::size_t bytes);

  template <class Number>
  Number* as() const {
    return static_cast<Number*>(bytes_.get());
  }

 private:
  struct Free {
    void operator()(void* bytes) const;
  };
  std::unique_ptr<void, Free> bytes_;
};

/// Where a step writes: one of two places, so that what the last call returned stays as it was
/// until the call after the next.
struct Slot {
  explicit Slot(const EnvSpec& spec);

  StepPointers pointers(bool bfloat16) const;

  Memory obs, privileged_obs, reward;
  Memory terminated, truncated, command_changed;   // float, as the simulator writes them
  Memory is_terminated, is_truncated, is_changed;  // the same as bool
  Memory final_obs, final_privileged_obs;
};

/// A named quantity that is kept the same in the batch and in memory of its own.
struct View {
  View(const StateField& of, int num_envs);

  StateField field;
  std::size_t bytes;
  Memory values, known;  // (num_envs, field.size()); `known`: as they were last exchanged
};

/// Where everything lies that arrays show. Outlives the simulator as long as an array does.
struct Buffers {
  Buffers(const EnvSpec& spec);

  std::array<Slot, 2> slots;
  std::vector<std::unique_ptr<View>> views;
  std::unique_ptr<Memory> clocks, known_clocks;  // (num_envs) int64, once somebody asked
};

/// Makes the environments of a seed.
using MakeBatch = std::function<std::unique_ptr<HostBatch>(std::uint64_t seed)>;

class Simulator {
 public:
  Simulator(MakeBatch make, std::uint64_t seed);

  const EnvSpec& spec() const { return spec_; }
  const std::vector<StateField>& fields() const { return fields_; }
  const std::shared_ptr<Buffers>& buffers() const { return buffers_; }

  /// Starts a new episode in every environment, or in those whose `chosen` is not 0.
  /// \param chosen  (num_envs) or null
  /// \return the slot that holds the observations; the other one stays as it was
  int reset(const std::uint8_t* chosen);

  /// Starts anew with other random numbers.
  int reset(std::uint64_t seed);

  /// \param action  (num_envs, action_size)
  /// \return the slot that holds the results
  /// \throws Error when a number is not finite, and nothing is stepped
  int step(const float* action);

  /// A quantity that is from now on current after each call, and that takes effect where somebody
  /// writes into it before the next. The same one each time.
  /// \throws Error when there is none of that name
  View& view(std::string_view name);

  /// Control steps since the episodes' start, (num_envs), current and writable likewise.
  std::int64_t* clocks();
  void set_clocks(const std::int64_t* steps);

  void set_progress(double fraction);
  std::vector<Stat> drain_stats();
  std::vector<std::byte> save_state();
  /// \return the slot of the current observations, which are not part of the state
  void load_state(std::span<const std::byte> bytes);

  /// Gives the environments and their threads back. Arrays stay; every other call throws.
  void close();
  bool closed() const { return batch_ == nullptr; }

 private:
  class Turn;

  const Slot& next_slot();
  int finish();
  void take_clocks();
  void take_writes();
  void refresh(View& view);
  void refresh_clocks();
  void refresh_views();

  MakeBatch make_;
  std::unique_ptr<HostBatch> batch_;
  EnvSpec spec_;
  std::vector<StateField> fields_;
  std::shared_ptr<Buffers> buffers_;
  int slot_ = 0;
  bool started_ = false;
  std::atomic<bool> busy_ = false;
  pid_t process_;
};

}  // namespace kennel::python
