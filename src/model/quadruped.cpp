// Fills a Quadruped from a compiled mjModel.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kennel/core/infinity.h"
#include "kennel/model/mjcf.h"
#include "src/model/contact_pairs.h"
#include "src/model/finite.h"
#include "src/model/read.h"
#include "src/model/unsupported.h"

namespace kennel {
namespace {

void fill_options(const mjModel& m, Quadruped<double>& out) {
  const mjOption& o = m.opt;
  out.timestep = o.timestep;
  for (int i = 0; i < 3; ++i) out.gravity[i] = o.disableflags & mjDSBL_GRAVITY ? 0 : o.gravity[i];
  out.impratio = std::max<mjtNum>(mjMINVAL, o.impratio);
  std::copy_n(m.qpos0, kNq, out.qpos0);
}

/// Regularisation and damping of a dof's dry friction row.
struct Friction {
  double R, B;

  Friction(const mjModel& m, int dof) {
    const Impedance<double> p =
        impedance_from(m, m.dof_solref + mjNREF * dof, m.dof_solimp + mjNIMP * dof);
    R = std::max<double>(mjMINVAL, (1 - p.d0) / p.d0 * m.dof_invweight0[dof]);
    B = p.B;
  }
};

/// MuJoCo's dofs of a free joint are along the world's axes, then about the body's.
void fill_free_joint(const mjModel& m, const Skeleton& skeleton, Quadruped<double>& out,
                     Stiffest& stiffest) {
  const int joint = m.body_jntadr[skeleton.base], dof = m.jnt_dofadr[joint];
  const int off = m.opt.disableflags;
  out.base_armature = m.dof_armature[dof];
  out.base_damping = off & mjDSBL_DAMPER ? 0 : m.dof_damping[dof];
  out.base_frictionloss = off & mjDSBL_FRICTIONLOSS ? 0 : m.dof_frictionloss[dof];
  if (out.base_frictionloss <= 0) return;
  const Friction linear(m, dof), angular(m, dof + 3);
  out.base_friction_R[0] = angular.R;
  out.base_friction_R[1] = linear.R;
  out.base_friction_B = linear.B;
  stiffest.add(std::max(m.dof_invweight0[dof] / linear.R, m.dof_invweight0[dof + 3] / angular.R),
               mjOBJ_JOINT, joint);
}

void fill_hinge(const Source& s, int joint, Hinge<double>& hinge) {
  const mjModel& m = s.m;
  const int dof = m.jnt_dofadr[joint], qpos = m.jnt_qposadr[joint], off = m.opt.disableflags;
  hinge.qpos_index = qpos - 7;
  hinge.armature = m.dof_armature[dof];
  hinge.damping = off & mjDSBL_DAMPER ? 0 : m.dof_damping[dof];
  hinge.frictionloss = off & mjDSBL_FRICTIONLOSS ? 0 : m.dof_frictionloss[dof];
  hinge.stiffness = off & mjDSBL_SPRING ? 0 : m.jnt_stiffness[joint];
  hinge.springref = m.qpos_spring[qpos];
  hinge.invweight = m.dof_invweight0[dof];
  const Friction friction(m, dof);
  hinge.friction_R = friction.R;
  hinge.friction_B = friction.B;
  hinge.range_low = m.jnt_range[2 * joint];
  hinge.range_high = m.jnt_range[2 * joint + 1];
  hinge.limit_margin = m.jnt_margin[joint];
  hinge.limit = impedance_from(m, m.jnt_solref + mjNREF * joint, m.jnt_solimp + mjNIMP * joint);
  if (m.jnt_limited[joint] && !(off & mjDSBL_LIMIT))
    hinge.limits_at_once = 2 * hinge.limit_margin > hinge.range_high - hinge.range_low ? 2 : 1;
}

/// The torque that an actuator can exert, limited by its own range and by its joint's.
void fill_torque_range(const mjModel& m, int actuator, Hinge<double>& hinge) {
  hinge.force_low = -kInfinity;
  hinge.force_high = kInfinity;
  if (m.actuator_forcelimited[actuator]) {
    const double a = gear(m, actuator) * m.actuator_forcerange[2 * actuator],
                 b = gear(m, actuator) * m.actuator_forcerange[2 * actuator + 1];
    hinge.force_low = std::min(a, b);
    hinge.force_high = std::max(a, b);
  }
  const int joint = m.actuator_trnid[2 * actuator];
  if (m.jnt_actfrclimited[joint]) {
    const double low = m.jnt_actfrcrange[2 * joint], high = m.jnt_actfrcrange[2 * joint + 1];
    hinge.force_low = std::clamp(hinge.force_low, low, high);
    hinge.force_high = std::clamp(hinge.force_high, low, high);
  }
}

/// MuJoCo's force = (g0 + g1 length + g2 velocity) ctrl + b0 + b1 length + b2 velocity, with length
/// = gear q and torque = gear force.
void fill_drive(const Source& s, int actuator, Hinge<double>& hinge) {
  const mjModel& m = s.m;
  const double by = gear(m, actuator);
  const mjtNum* gain = m.actuator_gainprm + mjNGAIN * actuator;
  const mjtNum* bias = m.actuator_biasprm + mjNBIAS * actuator;
  hinge.ctrl_index = m.actuator_ctrladr[actuator];
  hinge.gain = by * gain[0];
  if (m.actuator_gaintype[actuator] == mjGAIN_AFFINE) {
    hinge.gain_q = by * by * gain[1];
    hinge.gain_qd = by * by * gain[2];
  }
  if (m.actuator_biastype[actuator] == mjBIAS_AFFINE) {
    hinge.bias = by * bias[0];
    hinge.kp = 0.0 - by * by * bias[1];  // never minus zero
    hinge.kd = 0.0 - by * by * bias[2];
  }
  fill_torque_range(m, actuator, hinge);
  const bool clamped =
      m.actuator_ctrllimited[hinge.ctrl_index] && !(m.opt.disableflags & mjDSBL_CLAMPCTRL);
  hinge.target_low = clamped ? m.actuator_ctrlrange[2 * hinge.ctrl_index] : -kInfinity;
  hinge.target_high = clamped ? m.actuator_ctrlrange[2 * hinge.ctrl_index + 1] : kInfinity;
  for (const double x : {hinge.gain, hinge.gain_q, hinge.gain_qd, hinge.bias, hinge.kp, hinge.kd})
    s.require(std::abs(x) <= std::numeric_limits<float>::max(), mjOBJ_ACTUATOR, actuator,
              "gain or bias times gear is ", x,
              "; expected a number that single precision can hold");
}

void fill_integrator(const Source& s, Quadruped<double>& out) {
  const mjOption& o = s.m.opt;
  bool damped = out.base_damping > 0;
  for (const auto& leg : out.leg)
    for (const auto& hinge : leg.hinge) damped |= hinge.damping > 0;
  if (o.integrator == mjINT_IMPLICITFAST) {
    out.integrator = Integrator::kImplicitFast;
  } else {
    out.integrator = damped && !(o.disableflags & mjDSBL_EULERDAMP) ? Integrator::kEulerDamped
                                                                    : Integrator::kEuler;
  }
}

/// The actuator of each hinge in qpos order; -1 where there is none, or what is there was refused.
std::array<int, kNumJoints> drives_of(const Source& source, const Skeleton& skeleton) {
  const mjModel& model = source.m;
  std::array<int, kNumJoints> driver, drive;
  driver.fill(-1);
  drive.fill(-1);
  for (int a = 0; a < model.nactuator; ++a) {
    if (model.actuator_trntype[a] != mjTRN_JOINT) continue;  // refused before
    const int k = model.jnt_qposadr[model.actuator_trnid[2 * a]] - 7;
    if (!source.require(k >= 0, mjOBJ_ACTUATOR, a,
                        "drives the free joint; expected an actuator for each hinge") ||
        !source.require(driver[k] < 0, mjOBJ_ACTUATOR, a,
                        "a second actuator on one hinge is not supported"))
      continue;
    driver[k] = a;
    if (is_drive(model, a)) drive[k] = a;
  }
  for (int k = 0; k < kNumJoints; ++k)
    source.require(driver[k] >= 0, mjOBJ_JOINT, skeleton.joint[k],
                   "nothing drives it; expected an actuator for each hinge (--add-servos adds "
                   "position servos)");
  return drive;
}

}  // namespace

LoadedQuadruped read_quadruped(const Source& source, const Skeleton& skeleton) {
  const mjModel& model = source.m;
  LoadedQuadruped loaded;
  Quadruped<double>& out = loaded.model;
  fill_options(model, out);
  const auto frames = fill_frames(source, skeleton, out);
  Stiffest stiffest;
  fill_contacts(source, skeleton, frames, loaded, stiffest);

  fill_free_joint(model, skeleton, out, stiffest);
  const std::array<int, kNumJoints> drive = drives_of(source, skeleton);
  loaded.actuators.assign(drive.begin(), drive.end());
  for (int k = 0; k < kNumJoints; ++k) {
    auto& hinge = out.leg[k / kJointsPerLeg].hinge[k % kJointsPerLeg];
    fill_hinge(source, skeleton.joint[k], hinge);
    if (drive[k] >= 0) fill_drive(source, drive[k], hinge);
    out.general_drives |= drive[k] >= 0 && !is_direct_servo(model, drive[k]);
    stiffest.add(stiffness(hinge), mjOBJ_JOINT, skeleton.joint[k]);
    out.both_limits |= hinge.limits_at_once == 2;
    const char* joint_name = mj_id2name(&model, mjOBJ_JOINT, skeleton.joint[k]);
    loaded.joint_names.push_back(joint_name ? joint_name : text("joint_", k));
  }
  judge_stiffness(source, stiffest, out, loaded.warnings);
  fill_integrator(source, out);
  return loaded;
}

LoadedQuadruped quadruped_from(const mjModel_& model, const std::string& name) {
  const Source source{model, name};
  refuse_not_finite(source);  // first: every comparison with NaN is false
  refuse_unsupported(source);
  return read_quadruped(source, find_skeleton(source));
}

}  // namespace kennel
