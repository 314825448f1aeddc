// The loop of a training run: iterate, log, checkpoint, until the budget is spent or the user stops
// it.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kennel/io/event_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/rl/learner.h"
#include "kennel/run/train_config.h"

namespace kennel {

/// What the loop works on. The learner is fresh or holds the run's last checkpoint.
struct TrainLoop {
  Learner& learner;
  RunFolder* run = nullptr;                          // null: another rank writes it
  std::function<std::vector<Scalar>()> drain_stats;  // the environment's means since the last call
  TrainConfig config;
  std::string config_text;  // stored in every checkpoint
  bool resumed = false;
  double max_minutes = std::numeric_limits<double>::infinity();
  const volatile std::sig_atomic_t& interrupted;

  /// Sees each iteration's statistics, by the names of metrics.csv; false stops the training. May
  /// be empty. What it throws ends the training, with a checkpoint of where it stands.
  std::function<bool(std::int64_t env_steps, const std::vector<Scalar>&)> on_iteration = {};

  /// The largest of the ranks' numbers, by which they stop together.
  std::function<std::int64_t(std::int64_t)> largest = [](std::int64_t own) { return own; };

  /// Told what comes now, for whoever waits: "gathers experience". May be empty.
  std::function<void(const char*)> now = {};
};

enum class StopReason { kBudgetSpent, kMinutesOver, kInterrupted, kToldToStop };

/// Trains until `config.steps`, `max_minutes`, an interruption or a word of `on_iteration`,
/// whichever comes first. The run's last checkpoint is then the learner's state. Which steps are
/// taken and what is saved never depends on the clock, but for `max_minutes`.
/// \throws Error when training diverges or the disk is full; the run folder then holds the
/// checkpoints made so far
StopReason train_loop(const TrainLoop& loop);

}  // namespace kennel
