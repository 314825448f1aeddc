// The robot's controller: sensors, network, joint targets, and how long each takes to arrive.
#pragma once

#include "kennel/judge/robot_sensors.h"
#include "kennel/judge/world.h"
#include "kennel/policy/policy_forward.h"

namespace kennel::judge {

/// How late signals are, in physics steps, at most kMaxDelay seconds each.
struct Delays {
  int action = 0;  // from the network's answer to the servos
  int imu = 0;     // from the state to what the network sees; the joints' encoders have none
};
inline constexpr double kMaxDelay = 0.060;  // s

/// A policy in control of one robot. Each control step: `decide`, then as often as the policy's
/// rate has physics steps `target(substep)`, a physics step and `sense`.
class Controller {
 public:
  /// Both must outlive the controller.
  Controller(const PolicyFile& policy, const JudgeModel& judge);

  /// A plan's delays in physics steps.
  Delays delays_of(const EpisodePlan& plan) const;

  /// Forgets the past; model and data are the robot's and its state at the start.
  void reset(const mjModel& model, const mjData& data);

  /// Keeps the IMU's sample of a state. Called before each physics step but the first of a control
  /// step, which `decide` sees.
  void sense(const mjData& data);

  /// Sensors -> network -> targets, as on the robot.
  /// \param random  draws the sensor noise of control step `step`; null for none
  void decide(const mjData& data, const Command& command, const Delays& delays,
              const EpisodeRandom* random, int step);

  /// The targets that reach the servos in a physics step of this control step, rad.
  const Joints& target(int substep, const Delays& delays) const;

  std::span<const float> obs() const { return obs_; }
  const std::array<float, kPolicyJoints>& action() const { return action_; }
  const Imu& imu() const { return imu_; }  // of the last `decide`, undelayed

 private:
  const PolicyFile& policy_;
  ControlClock clock_;
  PolicyForward forward_;
  ObservationHistory history_;
  std::array<double, 3> down_{0.0, 0.0, -1.0};
  std::vector<Imu> samples_;     // of physics steps as far back as kMaxDelay, the newest first
  std::vector<Joints> targets_;  // of control steps, the newest first
  Imu imu_;
  std::span<const float> obs_;
  std::array<float, kPolicyJoints> action_{};
};

}  // namespace kennel::judge
