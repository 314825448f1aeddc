// The reward terms by name: default weight and meaning. The functions behind them are in reward.h,
// in the same order.
#pragma once

#include "envs/quadruped/contract.h"

namespace kennel::quadruped {

enum Reward : int {
  kTrackVelocity,
  kTrackYaw,
  kUpright,
  kVerticalVelocity,
  kRollPitchRate,
  kTilt,
  kTorque,
  kJointAcceleration,
  kWork,
  kActionRate,
  kSwingTime,
  kStandPose,
  kStandJointVelocity,
  kAbduction,
  kFootSlip,
  kElbowContact,
  kFall,
  kNumRewards,
};

struct RewardTerm {
  const char* name;
  float weight;  // per second: a control step adds control_dt * weight * value
  const char* doc;
};

inline constexpr RewardTerm kRewards[kNumRewards] = {
    {"track_velocity", 1.5f,
     "exp(-|v_xy - command|^2 / width), base frame; width as wide as the command asks"},
    {"track_yaw", 0.8f, "half narrow, half wide exp(-(yaw rate - command)^2 / width)"},
    {"upright", 0.5f, "exp(-|up - desired|^2 / 0.25) of the base's z axis"},
    {"vertical_velocity", -0.1f, "v_z^2, world"},
    {"roll_pitch_rate", -0.002f, "omega_x^2 + omega_y^2, world"},
    {"tilt", 0.0f, "horizontal part of the base's z axis, squared"},
    {"torque", -0.025f, "sum of squared servo torques"},
    {"joint_acceleration", -1e-6f, "sum of squared joint accelerations over a control step"},
    {"work", 0.0f, "sum of |torque * joint velocity|"},
    {"action_rate", -0.005f, "sum of squared changes of the action"},
    {"swing_time", 12.5f,
     "at touch-down, when told to move: time in the air beyond swing_from, at most swing_most of "
     "it"},
    {"stand_pose", 0.0f, "sum of |q - default|, when told to stand"},
    {"stand_joint_velocity", -0.2f, "sum of |joint velocity|, when told to stand"},
    {"abduction", -0.01f, "sum of squared abduction angles, off the default pose"},
    {"foot_slip", -0.03f, "sum of squared horizontal speeds of feet on the floor"},
    {"elbow_contact", -10.0f, "number of elbows on the floor"},
    {"fall", -100.0f, "1 in the step that ends in a fall"},
};

}  // namespace kennel::quadruped
