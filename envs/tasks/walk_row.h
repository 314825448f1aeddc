// The walking task in numbers: what it is told, reward terms with default weight and meaning. The
// functions behind them are in walk.h, in the same order.
#pragma once

#include "envs/quadruped/task_row.h"
#include "kennel/core/check.h"

namespace kennel::quadruped {

struct WalkRow {
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
    kActionAcceleration,
    kSwingTime,
    kTrot,
    kStandPose,
    kStandJointVelocity,
    kAbduction,
    kFootSlip,
    kElbowContact,
    kFall,
    kNumRewards,
  };

  static constexpr RewardTerm kRewards[kNumRewards] = {
      {"track_velocity", 1.5f,
       "exp(-|v_xy - command|^2 / width), base frame; width as wide as the command asks"},
      {"track_yaw", 0.8f, "half narrow, half wide exp(-(yaw rate - command)^2 / width)"},
      {"upright", 0.5f, "exp(-|up - desired|^2 / 0.25) of the base's z axis"},
      {"vertical_velocity", -0.1f, "v_z^2, world", Dimension::kSpeed2},
      {"roll_pitch_rate", -0.002f, "omega_x^2 + omega_y^2, world", Dimension::kRate2},
      {"tilt", 0.0f, "horizontal part of the base's z axis, squared"},
      {"torque", -0.025f, "sum of squared servo torques", Dimension::kTorque2},
      // How fast a servo answers a new target does not depend on the robot's size.
      {"joint_acceleration", -1e-6f, "sum of squared joint accelerations over a control step"},
      {"work", 0.0f, "sum of |torque * joint velocity|", Dimension::kPower},
      {"action_rate", -0.005f, "sum of squared changes of the action"},
      {"action_acceleration", 0.0f,
       "sum of squared changes of the action's change: of a step's frequencies little, of chatter "
       "much"},
      {"swing_time", 12.5f,
       "at touch-down, when told to move: time in the air beyond swing_from, at most swing_most of "
       "it"},
      {"trot", 0.0f,
       "when told to move: 1 where one diagonal pair of feet is down and the other up, 1/4 where "
       "one foot makes the difference, 0 where they are alike"},
      {"stand_pose", 0.0f, "sum of |q - default|, when told to stand"},
      {"stand_joint_velocity", -0.2f, "sum of |joint velocity|, when told to stand"},
      {"abduction", -0.01f, "sum of squared abduction angles, off the default pose"},
      {"foot_slip", -0.03f, "sum of squared horizontal speeds of feet on the floor",
       Dimension::kSpeed2},
      {"elbow_contact", -10.0f, "number of elbows on the floor"},
      {"fall", -100.0f, "1 in the step that ends in a fall"},
  };

  enum Shape : int {
    kKernelCommandShare,
    kVelocitySigma2Min,
    kVelocitySigma2,
    kYawSigma2Min,
    kYawSigma2,
    kYawWideSigma2,
    kSettleSeconds,
    kSwingFrom,
    kSwingMost,
    kNumShape,
  };

  static constexpr Bounds kWidth = {1e-3, 100.0}, kSeconds = {0.0, 10.0};
  static constexpr ShapeTerm kShape[kNumShape] = {
      {"kernel_command_share",
       0.25f,
       {0.0, 10.0},
       "width of the tracking kernels exp(-e^2 / width) as a share of the command's square, held "
       "within the bounds below: with fixed widths standing still pays at slow commands; 0: fixed "
       "at the upper bounds"},
      {"velocity_sigma2_min", 0.02f, kWidth,
       "m^2/s^2, the velocity kernel's least width; narrower asks for more at standstill",
       Dimension::kSpeed2},
      {"velocity_sigma2", 0.25f, kWidth,
       "m^2/s^2, its greatest width; narrower hides fast commands from a beginner",
       Dimension::kSpeed2},
      {"yaw_sigma2_min", 0.05f, kWidth,
       "rad^2/s^2, least width of the narrow half of the yaw kernel", Dimension::kRate2},
      {"yaw_sigma2", 0.25f, kWidth, "rad^2/s^2, its greatest width", Dimension::kRate2},
      {"yaw_wide_sigma2", 2.0f, kWidth,
       "rad^2/s^2, width of its wide half, which still slopes at 2 rad/s", Dimension::kRate2},
      {"settle_seconds", 0.0f, kSeconds,
       "s after a new command, or a start, over which tracking errors come to count, in proportion "
       "from nothing to all; 0: in full at once, which pays for hurrying into a fall",
       Dimension::kTime},
      {"swing_from", 0.06f, kSeconds, "s in the air from which a step earns swing_time",
       Dimension::kTime},
      {"swing_most", 0.25f, kSeconds, "s beyond swing_from that earn it", Dimension::kTime},
  };

  /// \throws Error when a kernel's least width exceeds its greatest
  static void check(const TaskNumbers& numbers) {
    const ShapeNumbers& shape = numbers.shape;
    const bool fixed = shape[kKernelCommandShare] == 0.0f;
    KENNEL_CHECK(fixed || (shape[kVelocitySigma2Min] <= shape[kVelocitySigma2] &&
                           shape[kYawSigma2Min] <= shape[kYawSigma2]),
                 numbers.shape_from, ": velocity_sigma2_min = ", shape[kVelocitySigma2Min],
                 " and yaw_sigma2_min = ", shape[kYawSigma2Min],
                 " must not exceed velocity_sigma2 = ", shape[kVelocitySigma2],
                 " and yaw_sigma2 = ", shape[kYawSigma2],
                 "; lower them, or set kernel_command_share = 0 for fixed widths");
  }

  static constexpr TaskRow kRow = {
      "walk",
      "go where told: forward, sideways, turning",
      {{"vx",
        "vx",
        "m/s",
        "m/s forward, base frame",
        {-0.75f, 0.75f},
        {-5.0, 5.0},
        1.0f,
        Dimension::kSpeed},
       {"vy",
        "vy",
        "m/s",
        "m/s to the left, base frame",
        {-0.5f, 0.5f},
        {-5.0, 5.0},
        -1.0f,
        Dimension::kSpeed},
       {"yaw",
        "yaw_rate",
        "rad/s",
        "rad/s about the base's z",
        {-2.0f, 2.0f},
        {-10.0, 10.0},
        -1.0f,
        Dimension::kRate}},
      "vx, vy in m/s and yaw rate in rad/s, base frame",
      {"velocity_error", "yaw_error"},
      kRewards,
      kShape,
      &check,
  };
};

}  // namespace kennel::quadruped
