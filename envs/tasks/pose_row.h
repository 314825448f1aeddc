// The pose task in numbers: what it is told, reward terms with default weight and meaning. The
// functions behind them are in pose.h, in the same order.
#pragma once

#include <algorithm>
#include <cmath>

#include "envs/quadruped/task_row.h"
#include "kennel/core/check.h"

namespace kennel::quadruped {

struct PoseRow {
  enum Reward : int {
    kTrackTilt,
    kTrackHeight,
    kDrift,
    kYawRate,
    kVerticalVelocity,
    kRollPitchRate,
    kTorque,
    kJointAcceleration,
    kActionRate,
    kLiftedFeet,
    kFootSlip,
    kElbowContact,
    kFall,
    kNumRewards,
  };

  static constexpr RewardTerm kRewards[kNumRewards] = {
      {"track_tilt", 3.0f,
       "half narrow, half wide exp(-|up - told|^2 / width) of the world's z axis, base frame"},
      {"track_height", 1.5f,
       "half narrow, half wide exp(-(height - told)^2 / width) of the base over its stance"},
      {"drift", -2.0f, "v_x^2 + v_y^2, world", Dimension::kSpeed2},
      {"yaw_rate", -0.1f, "omega_z^2, base frame", Dimension::kRate2},
      {"vertical_velocity", -0.1f, "v_z^2, world", Dimension::kSpeed2},
      {"roll_pitch_rate", -0.002f, "omega_x^2 + omega_y^2, world", Dimension::kRate2},
      {"torque", -0.025f, "sum of squared servo torques", Dimension::kTorque2},
      {"joint_acceleration", -1e-6f, "sum of squared joint accelerations over a control step"},
      {"action_rate", -0.02f, "sum of squared changes of the action"},
      {"lifted_feet", -0.2f, "number of feet off the floor"},
      {"foot_slip", -0.03f, "sum of squared horizontal speeds of feet on the floor",
       Dimension::kSpeed2},
      {"elbow_contact", -10.0f, "number of elbows on the floor"},
      {"fall", -100.0f, "1 in the step that ends in a fall"},
  };

  enum Shape : int { kTiltSigma2, kTiltWideSigma2, kHeightSigma, kHeightWideSigma, kNumShape };

  static constexpr ShapeTerm kShape[kNumShape] = {
      {"tilt_sigma2", 0.004f, {1e-6, 100.0}, "rad^2, width of the narrow half of the tilt kernel"},
      {"tilt_wide_sigma2", 0.1f, {1e-6, 100.0}, "rad^2, width of its wide half"},
      {"height_sigma",
       0.006f,
       {1e-6, 10.0},
       "m, root of the width of the narrow half of the height kernel",
       Dimension::kHeight},
      {"height_wide_sigma",
       0.03f,
       {1e-6, 10.0},
       "m, the same of its wide half",
       Dimension::kHeight},
  };

  /// \throws Error when a kernel's narrow half is the wider one, or a robot that obeys falls
  static void check(const TaskNumbers& numbers) {
    const ShapeNumbers& shape = numbers.shape;
    KENNEL_CHECK(shape[kTiltSigma2] <= shape[kTiltWideSigma2] &&
                     shape[kHeightSigma] <= shape[kHeightWideSigma],
                 numbers.shape_from, ": tilt_sigma2 = ", shape[kTiltSigma2],
                 " and height_sigma = ", shape[kHeightSigma],
                 " must not exceed tilt_wide_sigma2 = ", shape[kTiltWideSigma2],
                 " and height_wide_sigma = ", shape[kHeightWideSigma], "; lower them");
    const auto furthest = [&](int i) {
      return std::max(std::abs(numbers.command[i].low), std::abs(numbers.command[i].high));
    };
    const double tilt = std::acos(std::cos(furthest(0)) * std::cos(furthest(1))),
                 lowest = numbers.stance_height + numbers.command[2].low;
    KENNEL_CHECK(tilt < numbers.max_tilt, "env.command: pitch and roll tell tilts of up to ", tilt,
                 " rad; beyond env.max_tilt = ", numbers.max_tilt,
                 " rad a robot has fallen: narrow them, or raise that");
    KENNEL_CHECK(lowest > numbers.min_height, "env.command: height tells the base to ", lowest,
                 " m; below env.min_height = ", numbers.min_height,
                 " m a robot has fallen: narrow it, or lower that");
  }

  static constexpr TaskRow kRow = {
      "pose",
      "stand on the spot and hold the body as told: pitch, roll, height",
      {{"pitch",
        "pitch",
        "rad",
        "rad of the base about its y, nose down",
        {-0.3f, 0.3f},
        {-1.5, 1.5},
        1.0f,
        Dimension::kNone},
       {"roll",
        "roll",
        "rad",
        "rad of the base about its x, left side up",
        {-0.3f, 0.3f},
        {-1.5, 1.5},
        -1.0f,
        Dimension::kNone},
       {"height",
        "height",
        "m",
        "m of the base over the height at which it stands",
        {-0.03f, 0.01f},
        {-5.0, 5.0},
        1.0f,
        Dimension::kHeight}},
      "pitch, roll in rad and height in m over the stance's",
      {"tilt_error", "height_error"},
      kRewards,
      kShape,
      &check,
  };
};

}  // namespace kennel::quadruped
