// The robot's observation, built from MuJoCo's state by the robot's own contract.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "kennel/judge/judge_model.h"

namespace kennel::judge {

/// What the IMU reports, in the base frame.
struct Imu {
  std::array<double, 3> gyro{};                   // rad/s
  std::array<double, 3> gravity{0.0, 0.0, -1.0};  // unit vector
};

/// \param down  unit vector along gravity, world frame
Imu read_imu(const mjData& data, const std::array<double, 3>& down);

/// Along the model's gravity, world frame; straight down where it has none.
std::array<double, 3> down_of(const mjModel& model);

/// A vector of the world in the base's frame.
std::array<double, 3> to_base(const mjData& data, const std::array<double, 3>& v_world);

/// Angle between the base's z axis and the world's. rad
double base_tilt(const mjData& data);

/// Frames of the robot's observation, the newest first. At the start every frame is zero with
/// gravity z = -1.
class ObservationHistory {
 public:
  /// \throws Error for a term of the frame that the judge cannot sense
  ObservationHistory(const PolicyFile& policy, const RobotIndex& robot);

  void reset();

  /// Moves the frames one step into the past and writes the new one in front.
  /// \param imu          what the robot reads, delayed where the plan says so, without noise
  /// \param last_action  (12), the network's output of the step before
  /// \param step         control steps since the start
  /// \param random       adds sensor noise drawn for `step`; null for none
  /// \return (observation_history * frame), valid until the next call
  std::span<const float> observe(const mjData& data, const Imu& imu, const Command& command,
                                 std::span<const float> last_action, const EpisodeRandom* random,
                                 int step);

 private:
  const PolicyFile& policy_;
  const RobotIndex& robot_;
  /// Where the terms begin in a frame, by the order of the terms that the judge can sense; -1 where
  /// the robot's frame has none.
  std::array<int, 9> offset_;
  std::vector<float> scale_;  // of each number of a frame
  std::vector<float> obs_;
};

}  // namespace kennel::judge
