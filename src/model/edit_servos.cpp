// Edits of what drives and damps the joints.
#include <algorithm>
#include <cmath>

#include "kennel/core/infinity.h"
#include "src/model/edit_parts.h"

namespace kennel {
namespace {

struct Range {
  double low = -kInfinity, high = kInfinity;

  void narrow(const mjtNum* range, double factor = 1) {
    low = std::max(low, factor * range[factor < 0]);
    high = std::min(high, factor * range[factor > 0]);
  }
  bool limited() const { return high < kInfinity; }
};

/// What a hinge's actuator can exert, at the joint   [N m]
Range torque_range(const mjModel& m, int actuator, int joint) {
  Range range;
  if (m.jnt_actfrclimited[joint]) range.narrow(m.jnt_actfrcrange + 2 * joint);
  if (actuator < 0) return range;
  const double by = gear(m, actuator);
  if (m.actuator_forcelimited[actuator]) range.narrow(m.actuator_forcerange + 2 * actuator, by);
  // A motor's control is its force over the gain.
  const int ctrl = m.actuator_ctrladr[actuator];
  const bool motor =
      m.actuator_gaintype[actuator] == mjGAIN_FIXED && m.actuator_biastype[actuator] == mjBIAS_NONE;
  if (motor && m.actuator_ctrllimited[ctrl])
    range.narrow(m.actuator_ctrlrange + 2 * ctrl, by * m.actuator_gainprm[mjNGAIN * actuator]);
  return range;
}

/// Whether an actuator pulls its joint back to somewhere: its stiffness and damping are servo
/// gains.
bool has_gains(const mjModel& m, int a) {
  const mjtNum* bias = m.actuator_biasprm + mjNBIAS * a;
  return m.actuator_dyntype[a] == mjDYN_NONE && m.actuator_biastype[a] == mjBIAS_AFFINE &&
         bias[1] < 0 && bias[2] <= 0;
}

struct Gains {
  double kp, kd;
};

/// Gains of a robot that names none: the weight on a lever of 0.7 leg lengths turns a joint by one
/// radian (public tasks use 0.3 to 0.95), and a damping of a fortieth of that second.
Gains default_gains(const Edited& edited) {
  const double weight = 9.81 * edited.m.body_subtreemass[edited.skeleton.base];
  const double kp = 0.7 * weight * leg_length(edited.m, edited.skeleton, edited.feet);
  const double step = std::pow(10, std::floor(std::log10(kp)) - 1);  // two digits
  return {std::round(kp / step) * step, std::round(kp / step) * step / 40};
}

}  // namespace

double leg_length(const mjModel& m, const Skeleton& skeleton,
                  const std::array<Foot, kNumLegs>& feet) {
  double longest = 0;
  const auto anchor = [&](int k) {
    const Frame frame = body_frame(m, skeleton, skeleton.link[k]);
    std::array<mjtNum, 3> p;
    mju_mulMatVec3(p.data(), frame.R, m.jnt_pos + 3 * skeleton.joint[k]);
    mju_addTo3(p.data(), frame.p);
    return p;
  };
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto hip = anchor(kJointsPerLeg * leg + 1), knee = anchor(kJointsPerLeg * leg + 2);
    const double thigh = mju_dist3(hip.data(), knee.data());
    double shank = thigh;
    if (feet[leg].geom >= 0) {
      const Frame body = body_frame(m, skeleton, m.geom_bodyid[feet[leg].geom]);
      mjtNum foot[3];
      mju_mulMatVec3(foot, body.R, feet[leg].centre);
      mju_addTo3(foot, body.p);
      shank = mju_dist3(knee.data(), foot) + feet[leg].radius;
    }
    longest = std::max(longest, thigh + shank);
  }
  return longest;
}

void bare_the_base(const Edited& edited) {
  for_each(edited.spec, mjOBJ_JOINT, [&](mjsElement* e) {
    mjsJoint& joint = *mjs_asJoint(e);
    if (joint.type != mjJNT_FREE) return;
    if (joint.damping[0] == 0 && joint.armature == 0 && joint.frictionloss == 0 &&
        joint.stiffness[0] == 0)
      return;
    edited.warnings.push_back(text(edited.name, ": --bare-base: the free joint loses damping ",
                                   joint.damping[0], ", armature ", joint.armature,
                                   ", frictionloss ", joint.frictionloss, ", stiffness ",
                                   joint.stiffness[0]));
    joint.damping[0] = joint.armature = joint.frictionloss = joint.stiffness[0] = 0;
  });
}

namespace {

/// What is known of a hinge's drive before a servo is put there.
struct Drive {
  int actuator = -1;  // -1: none
  double gear = 1;
  Range torque, target;        // N m at the joint; rad
  std::optional<Gains> gains;  // at the joint, where the file has them

  Drive(const mjModel& m, int a, int joint) : actuator(a), torque(torque_range(m, a, joint)) {
    if (a < 0) return;
    gear = m.actuator_gear[6 * m.actuator_outadr[a]];
    const mjtNum* bias = m.actuator_biasprm + mjNBIAS * a;
    if (has_gains(m, a))
      gains = {-gear * gear * bias[1], 0.0 - gear * gear * bias[2]};  // no minus zero
    const int ctrl = m.actuator_ctrladr[a];
    if (is_servo(m, a) && m.actuator_ctrllimited[ctrl])
      target.narrow(m.actuator_ctrlrange + 2 * ctrl, 1 / gear);
  }
};

void limit(const Range& range, mjtLimited& limited, double (&values)[2]) {
  limited = range.limited() ? mjLIMITED_TRUE : mjLIMITED_FALSE;
  values[0] = range.limited() ? range.low : 0;
  values[1] = range.limited() ? range.high : 0;
}

/// Makes an actuator the servo of a joint, with the joint's own limit folded into it.
void write_servo(mjsActuator& actuator, mjsJoint& hinge, const std::string& joint,
                 const Drive& drive, Gains gains) {
  mjs_setToPosition(&actuator, gains.kp, &gains.kd, nullptr, nullptr, 0);
  actuator.trntype = mjTRN_JOINT;
  mjs_setString(actuator.target, joint.c_str());
  std::fill_n(actuator.gear, 6, 0);
  actuator.gear[0] = 1;
  limit(drive.torque, actuator.forcelimited, actuator.forcerange);
  limit(drive.target, actuator.ctrllimited, actuator.ctrlrange);
  hinge.actfrclimited = mjLIMITED_FALSE;
  hinge.actfrcrange[0] = hinge.actfrcrange[1] = 0;
}

std::array<int, kNumJoints> actuators_of_hinges(const mjModel& m) {
  std::array<int, kNumJoints> actuator;
  actuator.fill(-1);
  for (int a = 0; a < m.nactuator; ++a) {
    if (m.actuator_trntype[a] != mjTRN_JOINT) continue;
    const int k = m.jnt_qposadr[m.actuator_trnid[2 * a]] - 7;
    if (k >= 0) actuator[k] = a;
  }
  return actuator;
}

/// The joint's name; one of our own where it has none, because an actuator needs it.
std::string named(mjsJoint& joint, int k) {
  if (name_of(joint.element).empty()) mjs_setName(joint.element, text("joint_", k).c_str());
  return name_of(joint.element);
}

}  // namespace

void put_servos(const Edited& edited, std::optional<double> kp, std::optional<double> kd) {
  const mjModel& m = edited.m;
  const std::array<int, kNumJoints> actuator = actuators_of_hinges(m);
  const auto joints = by_id(edited.spec, mjOBJ_JOINT),
             actuators = by_id(edited.spec, mjOBJ_ACTUATOR);
  const Gains fallback = default_gains(edited);
  std::vector<std::string> added, replaced, unlimited;
  bool defaulted = false;
  for (int k = 0; k < kNumJoints; ++k) {
    const int joint = edited.skeleton.joint[k], a = actuator[k];
    const Drive drive(m, a, joint);
    const bool as_wanted =
        a >= 0 && is_servo(m, a) && drive.gear == 1 && !m.jnt_actfrclimited[joint];
    if (as_wanted && !kp && !kd) continue;
    Gains gains = drive.gains.value_or(fallback);
    if (kp) gains = {*kp, drive.gains ? drive.gains->kd : *kp / 40};
    if (kd) gains.kd = *kd;
    defaulted |= !drive.gains && !kp;

    mjsJoint& hinge = *mjs_asJoint(joints[joint]);
    const std::string name = named(hinge, k);
    mjsActuator* servo =
        a < 0 ? mjs_addActuator(&edited.spec, nullptr) : mjs_asActuator(actuators[a]);
    if (a < 0) mjs_setName(servo->element, name.c_str());
    write_servo(*servo, hinge, name, drive, gains);
    (a < 0 ? added : replaced).push_back(name);
    if (!drive.torque.limited()) unlimited.push_back(name);
  }
  if (added.empty() && replaced.empty()) return;
  std::vector<std::string> what;
  if (!added.empty()) what.push_back("servos on " + listed(added, 3));
  if (!replaced.empty())
    what.push_back("servos in the place of the actuators of " + listed(replaced, 3));
  if (defaulted)
    what.push_back(text("kp ", fallback.kp, " N m/rad, kd ", kd.value_or(fallback.kd),
                        " N m s/rad, by weight and leg length (--kp --kd set them)"));
  if (!unlimited.empty()) what.push_back("no torque limit on " + listed(unlimited, 3));
  std::string line;
  for (const std::string& part : what) line += (line.empty() ? " " : "; ") + part;
  edited.warnings.push_back(edited.name + ": --add-servos:" + line);
}

}  // namespace kennel
