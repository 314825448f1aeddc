// Where an iteration's time goes, on whatever does the work.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstddef>
#include <memory>

namespace kennel {

enum class Phase { kSimulator, kPolicy, kUpdate };

/// Seconds of each phase.
struct PhaseSeconds {
  std::array<double, 3> of{};

  double& operator[](Phase phase) { return of[static_cast<std::size_t>(phase)]; }
  double operator[](Phase phase) const { return of[static_cast<std::size_t>(phase)]; }
};

/// A stopwatch for work that is only asked for now and done later: marks are put into the device's
/// own queue, between the operations that they part. For logs only.
class PhaseTimer {
 public:
  virtual ~PhaseTimer() = default;

  /// What is asked for from now on belongs to `phase`. The first call starts a measurement.
  virtual void begin(Phase phase) = 0;

  /// Ends the last phase.
  virtual void stop() = 0;

  /// The measurement between the first `begin` and `stop`; the next `begin` starts a new one. On a
  /// device it waits for what was asked for before `stop`.
  virtual PhaseSeconds seconds() = 0;
};

/// The clock on the CPU, where operations are done when they return; elsewhere the device's events
/// on its current stream.
std::unique_ptr<PhaseTimer> make_phase_timer(torch::Device device);

/// Measures nothing: for work that is recorded, where marks would be recorded with it.
PhaseTimer& no_timer();

}  // namespace kennel
