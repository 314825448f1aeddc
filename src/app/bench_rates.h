// What `kennel bench` measures of the whole environment and of training. Apart, because it needs
// tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bench.h"
#include "kennel/rl/flop.h"
#include "kennel/rl/learner.h"
#include "kennel/run/run_config.h"

namespace kennel {

/// Whole environment steps under random actions, resets and randomisation on.
class EnvBench {
 public:
  virtual ~EnvBench() = default;
  /// Control steps a second of all environments together.
  virtual double measure(double seconds) = 0;
  /// What steps them, and why not the fastest.
  virtual std::string kernel() const = 0;
};
std::unique_ptr<EnvBench> make_env_bench(const BenchCommand& command, const RunConfig& config,
                                         const Robot& robot, int num_envs);

/// What an iteration asks of its device, statistics included.
struct DeviceRequests {
  LearnerRecordings recordings;
  std::int64_t operations = 0;  // asked for by the host, the start of a recording among them
  std::int64_t waits = 0;       // of the host
};

/// Training, learning included, and what it spends its time on.
struct TrainRate {
  double steps_per_s = 0;
  double simulator_share = 0, policy_share = 0, update_share = 0;
  LearnerFlop flop;
  double peak_flop_per_s = 0;                // of the CPU; 0 where the learner runs elsewhere
  std::optional<DeviceRequests> requests{};  // where it runs on a device

  /// What the phases' products reach.
  double policy_flop_per_s() const;
  double update_flop_per_s() const;
};
TrainRate measure_training(const BenchCommand& command, const RunConfig& config, const Robot& robot,
                           int num_envs);

}  // namespace kennel
