// One episode of the judge's protocol.
#pragma once

#include <functional>

#include "judge_model.h"
#include "kennel/judge/policy_forward.h"
#include "robot_sensors.h"

namespace kennel::judge {

/// Sums over one episode up to its fall; the judge divides.
struct EpisodeStats {
  bool standing = false;  // a zero-command episode
  bool fell = false;      // or diverged
  bool diverged = false;
  int steps = 0;                   // control steps played, the one that ended in a fall included
  int scored_steps = 0;            // of these: those that count for the errors below
  double velocity_error_sq = 0.0;  // (m/s)^2, summed over scored steps
  double yaw_error_sq = 0.0;       // (rad/s)^2, the same
  double drift_speed = 0.0;     // m/s after the first second; NaN for an episode that ended before
  double torque_sq = 0.0;       // (N m)^2, summed over joints and physics steps
  double action_rate_sq = 0.0;  // summed over joints and control steps
  double target_rate_sq = 0.0;  // rad^2, the same

  bool operator==(const EpisodeStats&) const = default;
};

/// What happened in one control step, for tests and debugging; valid during the call only.
struct StepRecord {
  int step;
  const Imu& imu;                                   // the state's own, without latency and noise
  std::span<const float> obs;                       // what the policy saw
  std::span<const float> action;                    // what it answered
  const std::array<double, kPolicyJoints>& target;  // rad, what the servos got
};
using StepObserver = std::function<void(const StepRecord&)>;

/// True for a state that ends an episode: tilted too far or too low.
bool is_fall(const mjData& data);

/// Plays episodes one after the other; one for each thread.
class EpisodePlayer {
 public:
  /// Both must outlive the player.
  EpisodePlayer(const JudgeModel& judge, const PolicyFile& policy);

  EpisodeStats play(Condition condition, std::uint64_t seed, int episode);

  /// Plays a plan of the caller's. \param random  draws the sensor noise where the plan has it
  EpisodeStats play(const EpisodePlan& plan, const EpisodeRandom& random,
                    const StepObserver& observer = {});

 private:
  using Joints = std::array<double, kPolicyJoints>;

  void start(const EpisodePlan& plan);
  void decide(const EpisodePlan& plan, const EpisodeRandom& random, int step, EpisodeStats& stats,
              const StepObserver& observer);
  void advance(EpisodeStats& stats);
  void score(const EpisodePlan& plan, int step, EpisodeStats& stats);

  const JudgeModel& judge_;
  const PolicyFile& policy_;
  ModelPtr model_;
  DataPtr data_;
  PolicyForward forward_;
  ObservationHistory history_;
  Imu previous_imu_;
  std::array<float, kPolicyJoints> action_{};  // a_{t-1} before decide(), a_t after
  Joints target_{};                            // rad, in the policy's joint order
  std::array<double, 2> drift_start_{};        // m, world x and y after the first second
};

}  // namespace kennel::judge
