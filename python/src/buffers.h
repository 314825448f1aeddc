// Where a simulator writes, and what arrays show.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
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

/// Bytes of observations of `size` numbers an environment.
std::size_t bytes_of_rows(const EnvSpec& spec, int size);

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
  explicit Buffers(const EnvSpec& spec);

  std::array<Slot, 2> slots;
  std::vector<std::unique_ptr<View>> views;
  std::unique_ptr<Memory> clocks, known_clocks;  // (num_envs) int64, once somebody asked
};

}  // namespace kennel::python
