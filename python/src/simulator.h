// A batch of environments and the memory that it writes: what kennel.Env is made of. Knows nothing
// of Python.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "buffers.h"
#include "kennel/batch/host_batch.h"

namespace kennel::python {

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
