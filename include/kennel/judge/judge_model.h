// The robot in MuJoCo as the judge needs it: loaded, checked, and set up for one episode at a time.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "kennel/judge/protocol.h"
#include "kennel/model/mjcf.h"
#include "kennel/policy/policy_file.h"

namespace kennel::judge {

struct MujocoDeleter {
  void operator()(mjModel* model) const { mj_deleteModel(model); }
  void operator()(mjData* data) const { mj_deleteData(data); }
};
using ModelPtr = std::unique_ptr<mjModel, MujocoDeleter>;
using DataPtr = std::unique_ptr<mjData, MujocoDeleter>;

/// Where the robot's parts are in MuJoCo's arrays; joints in the policy's order.
struct RobotIndex {
  int base = 0;  // body with the free joint; its state starts at qpos[0], qvel[0]
  std::array<int, kLinks> bodies{};  // that have a joint, base first
  std::vector<int> link_of;  // per body: its place in `bodies`, or of the body it is welded to; -1
                             // for what stands still
  std::array<int, kPolicyJoints> qpos{};  // joint angle
  std::array<int, kPolicyJoints> dof{};   // joint velocity, in qvel
  std::array<int, kPolicyJoints> actuator{};
  std::array<int, kNumLegs> foot_body{};  // each leg's last link
};

/// The nominal model with the judge's solver settings, shared by all threads and never changed
/// after loading.
struct JudgeModel {
  std::string source;  // the file, for messages
  ModelPtr nominal;
  RobotIndex robot;
  LoadedQuadruped kennel;  // the same robot as Kennel's physics sees it, the file's inverse weights
};

/// \param path  MJCF of a quadruped: a free base, and the joints and servos of
/// `robot.joint_names`
/// \throws Error naming the file and what is missing or different: another robot's joints, what
/// `load_quadruped` refuses, no floor, a timestep that the policy's control step is no whole number
/// of
JudgeModel load_judge_model(const std::string& path, const RobotContract& robot);

/// Gives every geom and every explicit pair, and so every contact, a sliding friction.
void set_friction(double friction, mjModel* model);

/// Makes `model`, a copy of the nominal one, the robot of one episode with the policy's gains.
/// `data` is used as scratch memory and left in the model's initial state: set the state
/// afterwards.
void apply_plan(const JudgeModel& judge, const PolicyFile& policy, const EpisodePlan& plan,
                mjModel* model, mjData* data);

}  // namespace kennel::judge
