// A robot that is known at run time only: its traits from what its description says, and the task's
// numbers scaled to it. No number is tuned to one robot.
//
// Scaling is by dynamic similarity (Alexander and Jayes, "A dynamic similarity hypothesis for the
// gaits of quadrupedal mammals", J. Zool. 201, 1983): lengths by the leg's length l, speeds by
// sqrt(g l), times by sqrt(l / g), torques by m g l. The recipe in envs/generic/recipes is written
// for a robot of the reference size below.
#pragma once

#include <algorithm>
#include <cmath>

#include "envs/quadruped/config.h"
#include "envs/quadruped/robot.h"
#include "kennel/model/anatomy.h"

namespace kennel::generic {

/// The robot that the recipe's numbers are for.
struct Reference {
  double leg_length = 0.194, mass = 3.17, stance_height = 0.161;  // m, kg, m
  double vx = 0.75, vy = 0.5, yaw = 2.0;                          // m/s, m/s, rad/s: top speeds
};
inline constexpr Reference kReference;

inline Range symmetric_range(double top) {
  return {static_cast<float>(-top), static_cast<float>(top)};
}

/// Which of a leg's hinges turns about the forward axis.
inline int abduction_of(const LegAnatomy& leg) {
  int best = 0;
  for (int j = 1; j < kJointsPerLeg; ++j)
    if (std::abs(leg.joint[j].axis[0]) > std::abs(leg.joint[best].axis[0])) best = j;
  return best;
}

/// Traits of a robot that Kennel steps.
/// \throws Error when a joint has no servo
inline quadruped::RobotTraits traits_of(const Anatomy& a) {
  check_servos(a);
  quadruped::RobotTraits robot;
  const double length = a.leg_length / kReference.leg_length, speed = std::sqrt(length);
  robot.name = a.name + ".xml";
  robot.mirrored_leg = a.mirror.leg;
  robot.symmetric = a.symmetric;
  robot.abduction = abduction_of(a.leg[0]);
  robot.command_vx = symmetric_range(speed * kReference.vx);
  robot.command_vy = symmetric_range(speed * kReference.vy);
  robot.command_yaw = symmetric_range(kReference.yaw / speed);
  robot.start_height = 1.05 * a.stance_height;
  robot.fall_tilt = 0.9;
  robot.fall_height = 0.37 * a.stance_height;
  robot.stance_height = a.stance_height;
  robot.size = length;
  for (int k = 0; k < kNumJoints; ++k) {
    const JointAnatomy& joint = a.leg[k / kJointsPerLeg].joint[k % kJointsPerLeg];
    robot.joints[k] = joint.name;
    robot.pose[k] = static_cast<float>(joint.stance);
    robot.joint_mirror[k] = static_cast<float>(a.mirror.sign[k]);
  }
  return robot;
}

/// rad of joint target a unit of action: what turns the servo's torque up to most of its limit, the
/// weakest joint's, within what a leg needs to step at all and what it does not need.
inline float action_scale_of(const Anatomy& a, float reference) {
  double scale = 1e9;
  for (const LegAnatomy& leg : a.leg)
    for (const JointAnatomy& joint : leg.joint)
      scale = std::min(scale, 0.8 * std::min(-joint.torque_low, joint.torque_high) / joint.kp);
  return static_cast<float>(std::clamp<double>(scale, 0.6 * reference, reference));
}

/// Least distance of a stance's joint from its limits, rad.
inline double room_of(const Anatomy& a) {
  double room = 1e9;
  for (const LegAnatomy& leg : a.leg)
    for (const JointAnatomy& joint : leg.joint)
      room = std::min({room, joint.stance - joint.low, joint.high - joint.stance});
  return room;
}

/// Its size beside the robot's that recipes are for.
inline quadruped::BodyScale scale_of(const Anatomy& a) {
  return {a.leg_length / kReference.leg_length, a.mass / kReference.mass,
          a.stance_height / kReference.stance_height};
}

/// The task's numbers for a robot.
/// \param c  for a robot of the reference size
inline quadruped::EnvConfig scaled(quadruped::EnvConfig c, const Anatomy& a) {
  using namespace quadruped;
  const BodyScale size = scale_of(a);
  const auto scale = [&](float& x, Dimension dimension) {
    x = static_cast<float>(x * size.factor(dimension));
  };
  const auto scale_range = [&](Range& range, Dimension dimension) {
    scale(range.low, dimension), scale(range.high, dimension);
  };
  const double control_dt = 0.02;  // s; the same for all
  c.task.decimation = std::clamp(static_cast<int>(std::lround(control_dt / a.timestep)), 1, 50);
  c.task.action_scale = action_scale_of(a, c.task.action_scale);
  c.task.target_margin =
      std::clamp(static_cast<float>(0.5 * room_of(a)), 0.0f, c.task.target_margin);
  scale(c.task.min_height, Dimension::kHeight);
  const TaskRow& row = c.row();
  for (int i = 0; i < kNumCommands; ++i) scale_range(c.command.range[i], row.command[i].dimension);
  RandomizationConfig& random = c.randomization;
  for (Range* shift : {&random.base_com_x, &random.base_com_y, &random.base_com_z})
    scale_range(*shift, Dimension::kLength);
  scale_range(random.push_velocity, Dimension::kSpeed);
  scale_range(random.start_velocity, Dimension::kSpeed);
  scale_range(random.start_height, Dimension::kHeight);
  for (std::size_t i = 0; i < row.shape.size(); ++i)
    scale(c.reward.shape[i], row.shape[i].dimension);
  // A weight makes its term a number without a unit.
  for (std::size_t i = 0; i < row.rewards.size(); ++i)
    c.reward.weight[i] =
        static_cast<float>(c.reward.weight[i] / size.factor(row.rewards[i].dimension));
  return c;
}

}  // namespace kennel::generic
