#include "kennel/judge/judge_model.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"

namespace kennel::judge {
namespace {

ModelPtr load_mjcf(const std::string& path) {
  std::array<char, 1024> error{};
  ModelPtr model(mj_loadXML(path.c_str(), nullptr, error.data(), error.size()));
  if (!model) {
    std::string reason = error.data();
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    fail(path, ": MuJoCo cannot load it: ", reason);
  }
  return model;
}

int actuator_of_joint(const mjModel& model, int joint) {
  for (int actuator = 0; actuator < model.nu; ++actuator) {
    if (model.actuator_trntype[actuator] == mjTRN_JOINT &&
        model.actuator_trnid[2 * actuator] == joint) {
      return actuator;
    }
  }
  return -1;
}

/// Which link each body moves with.
void index_bodies(const mjModel& model, RobotIndex& robot) {
  robot.link_of.assign(model.nbody, -1);
  int link = 0;
  for (int body = 1; body < model.nbody; ++body) {
    if (model.body_jntnum[body] == 0) {
      robot.link_of[body] = robot.link_of[model.body_parentid[body]];
    } else if (link < kLinks) {
      robot.bodies[link] = body;
      robot.link_of[body] = link++;
    }
  }
}

RobotIndex index_robot(const mjModel& model, const RobotContract& contract,
                       const std::string& path) {
  KENNEL_CHECK(
      model.nq == 19 && model.nv == 18 && model.nu == kPolicyJoints, path,
      ": the judge plays robots with a free base and four legs of three links (nq 19, nv 18, nu "
      "12); this model has nq ",
      model.nq, ", nv ", model.nv, ", nu ", model.nu);
  KENNEL_CHECK(model.jnt_type[0] == mjJNT_FREE, path,
               ": the first joint must be the base's free joint");
  RobotIndex robot;
  robot.base = model.jnt_bodyid[0];
  index_bodies(model, robot);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const std::string& name = contract.joint_names[joint];
    const int id = mj_name2id(&model, mjOBJ_JOINT, name.c_str());
    KENNEL_CHECK(id >= 0, path, ": no joint \"", name,
                 "\"; a policy's joints are found by name, and this "
                 "policy is of ",
                 contract.robot, ": name that robot's model");
    robot.qpos[joint] = model.jnt_qposadr[id];
    robot.dof[joint] = model.jnt_dofadr[id];
    robot.foot_body[joint / kJointsPerLeg] = model.jnt_bodyid[id];  // the last joint's stays
    robot.actuator[joint] = actuator_of_joint(model, id);
    KENNEL_CHECK(robot.actuator[joint] >= 0, path, ": joint \"", name, "\" has no actuator");
    KENNEL_CHECK(model.actuator_gaintype[robot.actuator[joint]] == mjGAIN_FIXED &&
                     model.actuator_biastype[robot.actuator[joint]] == mjBIAS_AFFINE,
                 path, ": the actuator of joint \"", name, "\" is not a position servo");
  }
  return robot;
}

/// What the protocol fixes, where a model has something else.
void check_protocol(const mjModel& model, const Quadruped<double>& robot, const std::string& path) {
  KENNEL_CHECK(std::abs(model.opt.timestep - kPhysicsDt) < 1e-9, path,
               ": option: timestep = ", model.opt.timestep, " s; the judge's protocol steps by ",
               kPhysicsDt, " s, set it to that");
  KENNEL_CHECK(std::abs(robot.floor_height) < 1e-9, path,
               ": the floor is at z = ", robot.floor_height,
               " m; the judge measures heights from 0, move it there");
}

// The reference answer: more iterations than it ever takes, no early end.
void set_protocol_options(mjModel& model) {
  model.opt.timestep = kPhysicsDt;
  model.opt.solver = mjSOL_NEWTON;
  model.opt.iterations = 100;
  model.opt.ls_iterations = 50;
  model.opt.tolerance = 1e-10;
  model.opt.disableflags |=
      mjDSBL_AUTORESET;  // a diverged episode must be seen, not silently restarted
}

/// Moves the base's centre of mass, and that of each body welded to it, by the same way.
void shift_base(const RobotIndex& robot, const std::array<double, 3>& shift, mjModel* model) {
  for (int body = robot.base; body < model->nbody; ++body) {
    if (robot.link_of[body] != robot.link_of[robot.base]) continue;
    mjtNum in_body[3] = {shift[0], shift[1], shift[2]};
    std::vector<int> chain;  // from the body up to the base
    for (int b = body; b != robot.base; b = model->body_parentid[b]) chain.push_back(b);
    for (auto b = chain.rbegin(); b != chain.rend(); ++b) {
      mjtNum inverse[4], turned[3];
      mju_negQuat(inverse, model->body_quat + 4 * *b);
      mju_rotVecQuat(turned, in_body, inverse);
      mju_copy3(in_body, turned);
    }
    mju_addTo3(model->body_ipos + 3 * body, in_body);
  }
}

}  // namespace

JudgeModel load_judge_model(const std::string& path, const RobotContract& robot) {
  JudgeModel judge{path, load_mjcf(path), {}, {}};
  judge.robot = index_robot(*judge.nominal, robot, path);
  judge.kennel = quadruped_from(*judge.nominal, path);
  KENNEL_CHECK(!judge.kennel.model.general_drives, path,
               ": the judge plays position servos and some actuator is none; kennel info --model "
               "names them, --add-servos with --write puts servos in their place");
  check_protocol(*judge.nominal, judge.kennel.model, path);
  set_protocol_options(*judge.nominal);
  return judge;
}

void set_friction(double friction, mjModel* model) {
  for (int geom = 0; geom < model->ngeom; ++geom) model->geom_friction[3 * geom] = friction;
  for (int pair = 0; pair < model->npair; ++pair)
    model->pair_friction[5 * pair] = model->pair_friction[5 * pair + 1] = friction;
}

/// Turns gravity from the floor's normal towards the plan's downhill direction.
void tilt_gravity(const EpisodePlan& plan, mjModel* model) {
  const mjtNum across[3] = {std::sin(plan.downhill), -std::cos(plan.downhill), 0.0};
  mjtNum tilt[4], gravity[3];
  mju_axisAngle2Quat(tilt, across, plan.slope);
  mju_rotVecQuat(gravity, model->opt.gravity, tilt);
  mju_copy3(model->opt.gravity, gravity);
}

void apply_plan(const JudgeModel& judge, const PolicyFile& policy, const EpisodePlan& plan,
                mjModel* model, mjData* data) {
  mj_copyModel(model, judge.nominal.get());
  set_friction(plan.friction, model);
  tilt_gravity(plan, model);
  for (int body = 0; body < model->nbody; ++body) {
    const int link = judge.robot.link_of[body];
    if (link < 0) continue;
    model->body_mass[body] *= plan.mass_factor[link];
    for (int axis = 0; axis < 3; ++axis)
      model->body_inertia[3 * body + axis] *= plan.mass_factor[link];
  }
  shift_base(judge.robot, plan.com_shift, model);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const int actuator = judge.robot.actuator[joint];
    const double kp = plan.strength * plan.kp_factor * policy.kp[joint];
    const double kd = plan.strength * plan.kd_factor * policy.kd[joint];
    mjtNum* bias = model->actuator_biasprm + mjNBIAS * actuator;
    model->actuator_gainprm[mjNGAIN * actuator] = kp;
    bias[0] = 0.0;
    bias[1] = -kp;
    bias[2] = -kd;
    for (int side = 0; side < 2; ++side)
      model->actuator_forcerange[2 * actuator + side] *= plan.strength;
  }
  // Inverse weights, and the frames that a shifted COM changes, follow from the masses; it
  // overwrites the state in `data`.
  mj_setConst(model, data);
  mj_resetData(model, data);
}

}  // namespace kennel::judge
