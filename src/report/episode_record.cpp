#include "episode_record.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "kennel/judge/episode_pool.h"
#include "kennel/judge/quantities.h"
#include "page_numbers.h"

namespace kennel::report {
namespace {

using judge::Command;
using judge::DataPtr;

/// What the robot is told, in shares of what it may be.
constexpr std::array<Command, judge::kCommands> kShown = {
    {{0.8, 0.0, 0.0}, {0.53, 0.0, 0.6}, {0.0, 0.7, 0.0}}};

template <class Numbers>
Json rounded_all(const Numbers& numbers) {
  Json out = Json::array();
  for (const double x : numbers) out.push_back(rounded(x));
  return out;
}

constexpr const char* type_name(int type) {
  switch (type) {
    case mjGEOM_PLANE:
      return "plane";
    case mjGEOM_SPHERE:
      return "sphere";
    case mjGEOM_CAPSULE:
      return "capsule";
    case mjGEOM_ELLIPSOID:
      return "ellipsoid";
    case mjGEOM_CYLINDER:
      return "cylinder";
    case mjGEOM_BOX:
      return "box";
    case mjGEOM_MESH:
      return "mesh";
    default:
      return nullptr;
  }
}

/// What is drawn: MuJoCo shows the geom groups 0 to 2 unless told otherwise.
Json visible_geoms(const mjModel& model) {
  Json geoms = Json::array();
  for (int g = 0; g < model.ngeom; ++g) {
    const char* type = type_name(model.geom_type[g]);
    if (!type || model.geom_group[g] > 2) continue;
    const int material = model.geom_matid[g];
    const float* rgba = material >= 0 ? model.mat_rgba + 4 * material : model.geom_rgba + 4 * g;
    Json geom = {{"body", model.geom_bodyid[g]},
                 {"type", type},
                 {"size", rounded_all(std::span(model.geom_size + 3 * g, 3))},
                 {"pos", rounded_all(std::span(model.geom_pos + 3 * g, 3))},
                 {"quat", rounded_all(std::span(model.geom_quat + 4 * g, 4))},
                 {"rgba", rounded_all(std::span(rgba, 4))}};
    if (model.geom_type[g] == mjGEOM_MESH) geom["mesh"] = model.geom_dataid[g];
    geoms.push_back(std::move(geom));
  }
  return geoms;
}

Json meshes_of(const mjModel& model) {
  Json meshes = Json::array();
  for (int m = 0; m < model.nmesh; ++m) {
    const float* vertices = model.mesh_vert + 3 * model.mesh_vertadr[m];
    const int* faces = model.mesh_face + 3 * model.mesh_faceadr[m];
    meshes.push_back({{"vertices", rounded_all(std::span(vertices, 3 * model.mesh_vertnum[m]))},
                      {"faces", std::vector<int>(faces, faces + 3 * model.mesh_facenum[m])}});
  }
  return meshes;
}

Json body_names(const mjModel& model) {
  Json names = Json::array();
  for (int body = 0; body < model.nbody; ++body) {
    const char* name = mj_id2name(&model, mjOBJ_BODY, body);
    names.push_back(name ? name : "");
  }
  return names;
}

/// The legs in the order of the policy's joints, by where their first joints are on the base; by
/// number where that tells two of them not apart.
std::array<std::string, kNumLegs> leg_names(const judge::JudgeModel& judge) {
  const mjModel& model = *judge.nominal;
  const DataPtr data(mj_makeData(&model));
  mj_kinematics(&model, data.get());
  std::array<std::string, kNumLegs> names;
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const int joint = model.dof_jntid[judge.robot.dof[leg * kJointsPerLeg]];
    mjtNum hip[3], in_base[3];
    mju_sub3(hip, data->xanchor + 3 * joint, data->xpos + 3 * judge.robot.base);
    mju_mulMatTVec3(in_base, data->xmat + 9 * judge.robot.base, hip);
    names[leg] =
        std::string(in_base[0] > 0 ? "front" : "back") + (in_base[1] > 0 ? " left" : " right");
  }
  const std::set<std::string> different(names.begin(), names.end());
  if (different.size() < names.size())
    for (int leg = 0; leg < kNumLegs; ++leg) names[leg] = "leg " + std::to_string(leg + 1);
  return names;
}

/// The most that each joint's servo can exert, N m; null without a limit.
Json torque_limits(const judge::JudgeModel& judge) {
  Json limits = Json::array();
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const int at = judge.robot.qpos[joint] - 7;
    const auto& hinge = judge.kennel.model.leg[at / kJointsPerLeg].hinge[at % kJointsPerLeg];
    limits.push_back(rounded(std::max(-hinge.force_low, hinge.force_high)));
  }
  return limits;
}

/// The bodies' places for given joint angles, from kinematics of its own.
class Poses {
 public:
  explicit Poses(const mjModel& model) : model_(model), data_(mj_makeData(&model)) {}

  Json at(const mjtNum* qpos) {
    mju_copy(data_->qpos, qpos, model_.nq);
    mj_kinematics(&model_, data_.get());
    Json out = Json::array();
    for (int body = 0; body < model_.nbody; ++body) {
      for (int i = 0; i < 3; ++i) out.push_back(rounded(data_->xpos[3 * body + i]));
      for (int i = 0; i < 4; ++i) out.push_back(rounded(data_->xquat[4 * body + i]));
    }
    return out;
  }

 private:
  const mjModel& model_;
  DataPtr data_;
};

void add_step(const judge::Told& told, const judge::StepRecord& record, Json& episode) {
  const mjData& data = record.world.data();
  const judge::RobotIndex& robot = record.world.robot();
  episode["command"].push_back(rounded_all(record.command));
  episode["measured"].push_back(rounded_all(told.measure(data, record.world.floor_height())));
  Json contact = Json::array(), position = Json::array(), torque = Json::array();
  for (const judge::Foot& foot : record.world.feet()) contact.push_back(foot.touches ? 1 : 0);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    position.push_back(rounded(data.qpos[robot.qpos[joint]]));
    torque.push_back(rounded(data.actuator_force[robot.actuator[joint]]));
  }
  episode["foot_contact"].push_back(std::move(contact));
  episode["joint_position"].push_back(std::move(position));
  episode["joint_target"].push_back(rounded_all(record.target));
  episode["joint_torque"].push_back(std::move(torque));
}

}  // namespace

EpisodeRecord record_episode(const PolicyFile& policy, const judge::EvalOptions& options) {
  const judge::JudgeModel judge = judge::load_judge_model(options, policy);
  const mjModel& model = *judge.nominal;
  judge::EpisodePlan plan =
      judge::plan_episode(judge::Condition::kNominal, options.seed, 0, policy);
  plan.standing = false;
  plan.heading = 0.0;
  // Without noise a robot that starts symmetric, under a command that is, stays so: a
  // mirror-symmetric policy then cannot lift one foot before the other.
  plan.noise = true;
  for (int at = 0; at < judge::kCommands; ++at)
    plan.commands[at] = judge::command_at(policy, kShown[at]);

  const double control_dt = judge::ControlClock(policy, model.opt.timestep).control_dt();
  EpisodeRecord out;
  out.episode = {{"physics", judge::name_of(options.physics)},
                 {"control_dt", control_dt},
                 {"foot_names", leg_names(judge)},
                 {"joint_names", policy.joint_names},
                 {"joint_lower", rounded_all(policy.joint_lower_limits)},
                 {"joint_upper", rounded_all(policy.joint_upper_limits)},
                 {"torque_limit", torque_limits(judge)}};
  for (const char* key :
       {"command", "measured", "foot_contact", "joint_position", "joint_target", "joint_torque"})
    out.episode[key] = Json::array();
  out.replay = {{"dt", control_dt},
                {"size", policy.size},
                {"floor", judge.kennel.model.floor_height},
                {"base", judge.robot.base},
                {"bodies", body_names(model)},
                {"geoms", visible_geoms(model)},
                {"meshes", meshes_of(model)},
                {"poses", Json::array()}};
  const judge::Told told(policy);
  Poses poses(model);
  judge::EpisodePlayer player(judge, policy, options.physics);
  const judge::EpisodeStats stats = player.play(
      plan, judge::EpisodeRandom(options.seed, 0), [&](const judge::StepRecord& record) {
        add_step(told, record, out.episode);
        out.replay["poses"].push_back(poses.at(record.world.data().qpos));
      });
  out.episode["fell"] = stats.fell;
  out.replay["command"] = out.episode["command"];
  out.replay["measured"] = out.episode["measured"];
  const auto vx = place_in_command(policy, "vx"), vy = place_in_command(policy, "vy");
  if (vx && vy) out.replay["velocity"] = {*vx, *vy};
  return out;
}

}  // namespace kennel::report
