// A gait as a policy: what it reads of an observation, and the action that it answers. It has a
// clock, which begins at 0 with an episode and goes round by frequency * control_dt a control step.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "kennel/contract/gait.h"
#include "kennel/contract/robot_contract.h"
#include "kennel/core/check.h"

namespace kennel {

/// All that a gait's numbers leave open: the robot's legs, and its contract as far as it matters.
struct GaitContract {
  gait::Body body;
  std::array<float, kNumJoints> action_scale{};  // rad a unit of action
  int obs_size = 0;                              // history included
  int command_at = 0;          // where an observation's newest vx, vy and yaw rate begin
  float command_scale = 1.0f;  // applied before the policy sees them
  float control_dt = 0.02f;    // s between two actions
  bool operator==(const GaitContract&) const = default;
};

/// The numbers of gait::kTerms, in their order and units.
using GaitNumbers = std::array<float, gait::kNumNumbers>;

struct GaitPolicy {
  GaitContract contract;
  GaitNumbers number{};
  bool operator==(const GaitPolicy&) const = default;
};

/// The numbers that a search for a gait starts from.
constexpr GaitNumbers first_gait() {
  GaitNumbers numbers{};
  for (int i = 0; i < gait::kNumNumbers; ++i)
    numbers[i] = static_cast<float>(gait::kTerms[i].start);
  return numbers;
}

/// A leg's numbers as policy files have them, each a float.
inline gait::LegLines in_float(gait::LegLines leg) {
  const auto round = [](double(&v)[3]) {
    for (double& x : v) x = static_cast<float>(x);
  };
  for (gait::HingeLine& hinge : leg.hinge) {
    round(hinge.axis);
    round(hinge.place);
  }
  round(leg.foot);
  return leg;
}

/// \param legs   in the order of the contract's joints
/// \param where  begins messages: a file and ": "
/// \throws Error for a robot that is not told to walk, or sees no such command
inline GaitContract gait_contract(const RobotContract& robot,
                                  const gait::LegLines (&legs)[kNumLegs],
                                  const std::string& where = {}) {
  constexpr const char* kTerm = "command";
  const CommandTerms walk = walk_command();
  for (int i = 0; i < kCommandTerms; ++i)
    KENNEL_CHECK(robot.command[i].name == walk[i].name && robot.command[i].unit == walk[i].unit,
                 where, "a gait walks: it is told vx, vy, yaw_rate; the task ", robot.task,
                 " tells it ", command_names(robot), ": choose the task ", kWalkTask);
  const auto term = std::find_if(robot.frame.begin(), robot.frame.end(),
                                 [](const TermInfo& each) { return each.name == kTerm; });
  KENNEL_CHECK(term != robot.frame.end() && term->size == kCommandTerms, where, "a gait reads the ",
               kCommandTerms, " numbers of the term \"", kTerm,
               "\" in an observation; this robot's frame has none such");
  GaitContract out;
  for (int leg = 0; leg < kNumLegs; ++leg) out.body.leg[leg] = in_float(legs[leg]);
  out.body = gait::body_of(out.body.leg, robot.default_joint_pos);
  out.action_scale = robot.action_scale;
  out.obs_size = robot.observation_history * frame_size(robot);
  out.command_at = *offset_in_frame(robot, kTerm);  // the newest frame is first
  out.command_scale = term->scale;
  out.control_dt = robot.control_dt;
  return out;
}

/// The action: how far joint targets are from the pose, in units of action, within the [-1, 1] to
/// which environments clamp it.
/// \param command  vx, vy [m/s], yaw rate [rad/s], base
/// \param cycle    of the clock, in [0, 1]
template <class T>
void gait_action(const GaitContract& contract, const T (&number)[gait::kNumNumbers],
                 const T (&command)[kCommandTerms], const T& cycle, T (&action)[kNumJoints]) {
  T target[kNumLegs][kJointsPerLeg];
  gait::targets<T>(contract.body, number, command, cycle, target);
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const int leg = joint / kJointsPerLeg, j = joint % kJointsPerLeg;
    const T pose(static_cast<float>(contract.body.pose[leg][j]));
    const T per_scale(1.0f / contract.action_scale[joint]);
    action[joint] = clamp(per_scale * (target[leg][j] - pose), T(-1.0f), T(1.0f));
  }
}

/// The clock a control step later.
template <class T>
T next_cycle(const GaitContract& contract, const T (&number)[gait::kNumNumbers], const T& cycle) {
  return gait::fraction(cycle + T(contract.control_dt) * number[gait::kFrequency]);
}

/// The action for one observation; moves the clock on.
/// \param obs     (obs_size)
/// \param cycle   of the clock, 0 after a reset
/// \param action  (12)
inline void act(const GaitPolicy& policy, std::span<const float> obs, float& cycle,
                std::span<float> action) {
  const GaitContract& contract = policy.contract;
  float number[gait::kNumNumbers], command[kCommandTerms], out[kNumJoints];
  for (int i = 0; i < gait::kNumNumbers; ++i) number[i] = policy.number[i];
  for (int i = 0; i < kCommandTerms; ++i)
    command[i] = obs[contract.command_at + i] / contract.command_scale;
  gait_action<float>(contract, number, command, cycle, out);
  cycle = next_cycle<float>(contract, number, cycle);
  for (int joint = 0; joint < kNumJoints; ++joint) action[joint] = out[joint];
}

}  // namespace kennel
