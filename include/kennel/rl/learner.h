// What a training program needs of a learning method, whichever it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/io/config_block.h"
#include "kennel/io/event_file.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/flop.h"

namespace kennel {

/// One iteration, for logs. No decision depends on the seconds.
struct IterationReport {
  std::int64_t iteration = 0;        // finished so far
  std::int64_t env_steps = 0;        // control steps of all environments so far
  double mean_reward = 0.0;          // a control step
  std::vector<Scalar> scalars = {};  // the method's own, "train/kl"; the same names each time
  double simulator_seconds = 0.0;    // the whole rollout where a device plays it as one recording
  double policy_seconds = 0.0;       // actions, values, advantages
  double update_seconds = 0.0;

  /// The method's own number of a name.
  /// \throws Error when it has none
  double at(std::string_view name) const {
    for (const Scalar& scalar : scalars)
      if (scalar.first == name) return scalar.second;
    fail("the learner reports no ", name);
  }
};

/// What of an iteration is played by its device from recordings.
struct LearnerRecordings {
  int played = 0;               // an iteration
  std::int64_t operations = 0;  // in all of them, which the host need not ask for
};

/// A learning method bound to its environments.
class Learner {
 public:
  virtual ~Learner() = default;

  /// Collects experience once and learns from it.
  /// \throws Error naming the environment that wrote a number that is not finite
  virtual IterationReport iterate() = 0;

  /// What its own episodes measured since the last call, where it learns from others than the
  /// environments': under the names of the environments' statistics, whose place these take.
  virtual std::vector<Scalar> drain_stats() { return {}; }

  /// How far training is, from 0 to 1, for schedules; never read from a clock. Passed on to the
  /// environments.
  virtual void set_progress(double fraction) = 0;

  virtual std::int64_t iteration() const = 0;
  virtual std::int64_t env_steps() const = 0;

  /// The deployed policy as it is now.
  virtual PolicyNetwork policy() const = 0;

  /// Writes a complete checkpoint: `load` continues bit for bit, and equal runs write equal bytes.
  /// Where several ranks train, all of them call it, the first one writes, and the bytes are those
  /// of one rank. It holds what `put_summary` puts (checkpoint.h).
  /// \param config  any text, returned by `read_checkpoint`
  virtual void save(const std::filesystem::path& path, const std::string& config) const = 0;

  /// \throws Error, nothing changed, when the file is missing, damaged or of another network
  virtual void load(const std::filesystem::path& path) = 0;

  /// Takes only the networks and the normalisation of a checkpoint, to train on from there.
  virtual void load_networks(const std::filesystem::path& path) = 0;

  /// Called after `load` where the recipe was edited since: puts edited numbers in the place of
  /// those that the checkpoint brought.
  /// \param before  the method's section as the checkpoint has it
  virtual void take_edits(const ConfigBlock& /*before*/) {}

  /// Where the last iteration met a loss or a gradient that is not finite: writes what it learned
  /// from, and the networks after it, for a person to look at (a TensorArchive). Waits for the
  /// device.
  /// \return whether there was anything to write
  virtual bool save_failure(const std::filesystem::path& /*path*/) const { return false; }

  /// None before the second iteration, and where nothing is recorded.
  virtual LearnerRecordings recordings() const { return {}; }

  /// What its arithmetic takes a control step.
  virtual LearnerFlop flop() const { return {}; }

  /// What went wrong in the training as a whole, for people; empty where nothing did.
  virtual std::string complaint() const { return {}; }
};

}  // namespace kennel
