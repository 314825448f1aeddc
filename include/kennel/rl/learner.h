// What a training program needs of a learning method, whichever it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "kennel/policy/policy_network.h"

namespace kennel {

/// One iteration, for logs. No decision depends on the seconds.
struct IterationReport {
  std::int64_t iteration = 0;  // finished so far
  std::int64_t env_steps = 0;  // control steps of all environments so far
  double mean_reward = 0.0;    // a control step
  double surrogate_loss = 0.0;
  double value_loss = 0.0;
  double kl = 0.0;             // nat, mean over the minibatches
  double clip_fraction = 0.0;  // of samples whose gradient the clip stopped
  double grad_norm = 0.0;      // before it is clipped
  double learning_rate = 0.0;
  double std = 0.0;                  // action noise, mean over actions
  double entropy = 0.0;              // of the policy [nat]
  double explained_variance = 0.0;   // of the returns by the critic, 1 is perfect
  std::int64_t skipped_updates = 0;  // so far, because a gradient was not finite
  double simulator_seconds = 0.0;
  double policy_seconds = 0.0;  // actions, values, advantages
  double update_seconds = 0.0;
};

/// A learning method bound to its environments.
class Learner {
 public:
  virtual ~Learner() = default;

  /// Collects experience once and learns from it.
  /// \throws Error naming the environment that wrote a number that is not finite
  virtual IterationReport iterate() = 0;

  /// How far training is, from 0 to 1, for schedules; never read from a clock.
  virtual void set_progress(double fraction) = 0;

  virtual std::int64_t iteration() const = 0;
  virtual std::int64_t env_steps() const = 0;

  /// The deployed policy as it is now.
  virtual PolicyNetwork policy() const = 0;

  /// Writes a complete checkpoint: `load` continues bit for bit, and equal runs write equal bytes.
  /// \param config  any text, returned by `read_checkpoint`
  virtual void save(const std::filesystem::path& path, const std::string& config) const = 0;

  /// \throws Error, nothing changed, when the file is missing, damaged or of another network
  virtual void load(const std::filesystem::path& path) = 0;

  /// Takes only the networks and the normalisation of a checkpoint, to train on from there.
  virtual void load_networks(const std::filesystem::path& path) = 0;
};

/// What a checkpoint tells without an environment.
struct CheckpointSummary {
  std::string config;
  std::int64_t iteration = 0;
  std::int64_t env_steps = 0;
  PolicyNetwork policy;
};

/// \throws Error when the file is missing, damaged or no checkpoint
CheckpointSummary read_checkpoint(const std::filesystem::path& path);

}  // namespace kennel
