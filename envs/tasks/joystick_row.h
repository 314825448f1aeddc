// The joystick task in numbers: a trot by the clock, steered by three axes that are told apart. The
// functions behind its terms are in joystick.h, in the same order.
//
// Its terms and what it observes are those of the Go1 example of mjbatch (Zakka, examples/
// go1_joystick.py), so that the two can be trained side by side (bench/compare_mjbatch.py, whose
// recipes have the Go1's numbers). Defaults here are for the robot of envs/generic/any_robot.h.
#pragma once

#include "envs/quadruped/task_row.h"
#include "kennel/core/check.h"

namespace kennel::quadruped {

struct JoystickRow {
  enum Reward : int {
    kTrackVelocity,
    kTrackYaw,
    kGait,
    kPose,
    kTilt,
    kVerticalVelocity,
    kRollPitchRate,
    kJointLimits,
    kActionRate,
    kLanding,
    kNumRewards,
  };

  static constexpr RewardTerm kRewards[kNumRewards] = {
      {"track_velocity", 1.0f, "exp(-|v_xy - command|^2 / width), base frame"},
      {"track_yaw", 0.5f, "exp(-(yaw rate - command)^2 / width)"},
      {"gait", 2.0f,
       "mean over feet: by the trot clock, unloaded and lifted along a sine, or on the floor and "
       "at rest"},
      {"pose", 0.5f, "exp(-sum of squared joint angles off the default pose), knees by knee_share"},
      {"tilt", -5.0f, "horizontal part of the base's z axis, squared"},
      {"vertical_velocity", -1.15f, "v_z^2, world", Dimension::kSpeed2},
      {"roll_pitch_rate", -0.022f, "omega_x^2 + omega_y^2, base frame", Dimension::kRate2},
      {"joint_limits", -1.0f, "sum of rad beyond limit_share times the joints' limits"},
      {"action_rate", -0.04f, "sum of squared changes of the action"},
      {"landing", -2.3f, "sum over feet that touch down of their squared speed a step before",
       Dimension::kSpeed2},
  };

  enum Shape : int {
    kVelocitySigma2,
    kYawSigma2,
    kSwingHeight,
    kCeiling,
    kSwingWidth,
    kUnloaded,
    kSlipSigma2,
    kKneeShare,
    kLimitShare,
    kNumShape,
  };

  static constexpr Bounds kWidth = {1e-6, 100.0}, kShare = {0.0, 1.0};
  static constexpr ShapeTerm kShape[kNumShape] = {
      {"velocity_sigma2", 0.11f, kWidth, "m^2/s^2, width of the velocity kernel",
       Dimension::kSpeed2},
      {"yaw_sigma2", 0.58f, kWidth, "rad^2/s^2, width of the yaw kernel", Dimension::kRate2},
      {"swing_height", 0.026f, kShare, "m that a foot is to be lifted at the top of the sine",
       Dimension::kLength},
      {"swing_ceiling", 0.0325f, kShare, "m beyond which a foot is too high", Dimension::kLength},
      {"swing_width", 0.015f, kWidth, "m, root of the width of the foot height's kernel",
       Dimension::kLength},
      {"unloaded_force", 2.5f, kWidth, "N on a swinging foot that leave 1/e of its pay"},
      {"slip_sigma2", 0.022f, kWidth, "m^2/s^2, width of the kernel of a standing foot's speed",
       Dimension::kSpeed2},
      {"knee_share", 0.1f, kShare, "weight of each leg's last joint in pose; of the others 1"},
      {"limit_share", 0.95f, kShare, "of each joint's lower and upper limit, from 0"},
  };

  static constexpr TaskRow kRow = {
      "joystick",
      "trot by the clock where a joystick points: forward, sideways, turning",
      {{"vx",
        "vx",
        "m/s",
        "m/s forward, base frame; nine times in ten, else 0",
        {-1.0f, 1.0f},
        {-5.0, 5.0},
        1.0f,
        Dimension::kSpeed},
       {"vy",
        "vy",
        "m/s",
        "m/s to the left, base frame; one time in four, else 0",
        {-0.53f, 0.53f},
        {-5.0, 5.0},
        -1.0f,
        Dimension::kSpeed},
       {"yaw",
        "yaw_rate",
        "rad/s",
        "rad/s about the base's z; one time in two, else 0",
        {-1.8f, 1.8f},
        {-10.0, 10.0},
        -1.0f,
        Dimension::kRate}},
      "vx, vy in m/s and yaw rate in rad/s, base frame",
      {"velocity_error", "yaw_error"},
      kRewards,
      kShape,
      nullptr,
      {.axes_apart = true, .sees_motion = true, .sees_landing = true},
  };
};

}  // namespace kennel::quadruped
