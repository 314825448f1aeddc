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

/// The servo of a hinge; there is one.
int actuator_of_dof(const mjModel& model, int dof) {
  int actuator = 0;
  while (model.actuator_trntype[actuator] != mjTRN_JOINT ||
         model.jnt_dofadr[model.actuator_trnid[2 * actuator]] != dof)
    ++actuator;
  return actuator;
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

/// How messages call the robot of a model: by its name, where it has one, and its first joint.
std::string robot_in(const mjModel& model) {
  const std::string name = model.names;  // of the whole model, first
  std::string out = name.empty() || name == "MuJoCo Model" ? "" : text('"', name, "\", ");
  for (int joint = 0; joint < model.njnt; ++joint)
    if (model.jnt_type[joint] == mjJNT_HINGE) {
      const char* hinge = mj_id2name(&model, mjOBJ_JOINT, joint);
      return text(out, "joints like \"", hinge ? hinge : "", '"');
    }
  return out + "no hinges";
}

/// The model's joint that a contract's is, by its name.
int find_joint(const mjModel& model, const RobotContract& contract, int joint,
               const std::string& path) {
  const std::string& name = contract.joint_names[joint];
  const int id = mj_name2id(&model, mjOBJ_JOINT, name.c_str());
  KENNEL_CHECK(id >= 0 && model.jnt_type[id] == mjJNT_HINGE, path, ": this robot (",
               robot_in(model), ") is not the policy's, ", contract.robot, ", whose joint \"", name,
               "\" it lacks; name the model of ", contract.robot,
               " (--model ROBOT.xml), or take a policy of this robot");
  return id;
}

/// A leg's three joints follow each other from the base outwards.
void check_leg(const mjModel& model, const RobotIndex& robot, const RobotContract& contract,
               int leg, const std::string& path) {
  int parent = 0;  // the link that the next joint must be on: the base, then each in turn
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const int joint = kJointsPerLeg * leg + j;
    const int body = model.dof_bodyid[robot.dof[joint]];
    KENNEL_CHECK(robot.link_of[model.body_parentid[body]] == parent, path, ": joint \"",
                 contract.joint_names[joint], "\" is not number ", j + 1,
                 " of a leg; expected the policy's joints leg by leg, from the base outwards");
    parent = robot.link_of[body];
  }
}

/// Everything but the actuators, which are looked for when the robot is known to have servos.
RobotIndex index_robot(const mjModel& model, const RobotContract& contract,
                       const std::string& path) {
  KENNEL_CHECK(model.nq == kNq && model.nv == kNv, path,
               ": the judge plays robots with a free base and four legs of three hinges (nq ", kNq,
               ", nv ", kNv, "); this model has nq ", model.nq, ", nv ", model.nv);
  KENNEL_CHECK(model.jnt_type[0] == mjJNT_FREE, path,
               ": the first joint must be the base's free joint");
  RobotIndex robot;
  robot.base = model.jnt_bodyid[0];
  index_bodies(model, robot);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const int id = find_joint(model, contract, joint, path);
    robot.qpos[joint] = model.jnt_qposadr[id];
    robot.dof[joint] = model.jnt_dofadr[id];
    robot.foot_body[joint / kJointsPerLeg] = model.jnt_bodyid[id];  // the last joint's stays
  }
  for (int leg = 0; leg < kNumLegs; ++leg) check_leg(model, robot, contract, leg, path);
  return robot;
}

/// The robot as Kennel's physics takes it.
/// \throws Error for what it refuses; switches that help belong to another command
LoadedQuadruped load_kennel(const mjModel& model, const std::string& path) {
  constexpr const char* kSwitches =
      "; kennel info has these switches, and its --write gives a model that plays";
  LoadedQuadruped robot;
  try {
    robot = quadruped_from(model, path);
  } catch (const Error& error) {
    const std::string reason = error.what();
    fail(reason, reason.find("--") == std::string::npos ? "" : kSwitches);
  }
  int touching = 0;
  for (const auto& leg : robot.model.leg) touching += leg.num_spheres;
  KENNEL_CHECK(touching > 0, path, ": no leg can touch a floor (--add-floor adds one)", kSwitches);
  return robot;
}

/// Control steps of the policy must be whole numbers of the model's physics steps.
void check_timestep(const mjModel& model, const RobotContract& robot, const std::string& path) {
  const double timestep = model.opt.timestep;
  KENNEL_CHECK(timestep >= kShortestPhysicsDt && timestep <= kLongestPhysicsDt, path,
               ": option: timestep = ", timestep, " s; the judge steps by ", kShortestPhysicsDt,
               " to ", kLongestPhysicsDt, " s: set it to ", robot.physics_dt,
               ", in which the policy was trained");
  KENNEL_CHECK(is_whole_decimation(robot, timestep), path, ": option: timestep = ", timestep,
               " s; the policy acts every ", robot.control_dt,
               " s, which is no whole number of such steps: set it to ", robot.physics_dt,
               ", in which the policy was trained");
}

// The reference answer: more iterations than it ever takes, no early end.
void set_protocol_options(mjModel& model) {
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
    // A body's tree of boxes lies about its centre of mass of load time: MuJoCo would look for the
    // contacts of its geoms where they are not.
    const int first = model->body_geomadr[body];
    for (int geom = first; geom < first + model->body_geomnum[body]; ++geom)
      if (model->geom_contype[geom] || model->geom_conaffinity[geom])
        model->opt.disableflags |= mjDSBL_MIDPHASE;
  }
}

}  // namespace

JudgeModel load_judge_model(const std::string& path, const RobotContract& robot) {
  JudgeModel judge{path, load_mjcf(path), {}, {}};
  judge.robot = index_robot(*judge.nominal, robot, path);
  judge.kennel = load_kennel(*judge.nominal, path);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    judge.robot.actuator[joint] = actuator_of_dof(*judge.nominal, judge.robot.dof[joint]);
  KENNEL_CHECK(!judge.kennel.model.general_drives, path,
               ": the judge plays position servos and some actuator is none; kennel info --model "
               "names them, --add-servos with --write puts servos in their place");
  check_timestep(*judge.nominal, robot, path);
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
    const int id = model->actuator_trnid[2 * actuator];
    for (int side = 0; side < 2; ++side) {
      model->actuator_forcerange[2 * actuator + side] *= plan.strength;
      model->jnt_actfrcrange[2 * id + side] *= plan.strength;
    }
  }
  // Inverse weights, and the frames that a shifted COM changes, follow from the masses; it
  // overwrites the state in `data`.
  mj_setConst(model, data);
  mj_resetData(model, data);
}

}  // namespace kennel::judge
