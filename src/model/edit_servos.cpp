// Edits of what drives and damps the joints.
#include <algorithm>
#include <cmath>
#include <limits>

#include "src/model/edit_parts.h"

namespace kennel {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Range {
  double low = -kInf, high = kInf;

  void narrow(const mjtNum* range, double factor = 1) {
    low = std::max(low, factor * range[factor < 0]);
    high = std::min(high, factor * range[factor > 0]);
  }
  bool limited() const { return high < kInf; }
};

/// What a hinge's actuator can exert, at the joint   [N m]
Range torque_range(const mjModel& m, int actuator, int joint) {
  Range range;
  if (m.jnt_actfrclimited[joint]) range.narrow(m.jnt_actfrcrange + 2 * joint);
  if (actuator < 0) return range;
  const double gear = m.actuator_gear[6 * m.actuator_outadr[actuator]];
  if (m.actuator_forcelimited[actuator]) range.narrow(m.actuator_forcerange + 2 * actuator, gear);
  // A motor's control is its force over the gain.
  const int ctrl = m.actuator_ctrladr[actuator];
  const bool motor =
      m.actuator_gaintype[actuator] == mjGAIN_FIXED && m.actuator_biastype[actuator] == mjBIAS_NONE;
  if (motor && m.actuator_ctrllimited[ctrl])
    range.narrow(m.actuator_ctrlrange + 2 * ctrl, gear * m.actuator_gainprm[mjNGAIN * actuator]);
  return range;
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

void put_servos(const Edited& edited, std::optional<double> kp, std::optional<double> kd) {
  const mjModel& m = edited.m;
  std::array<int, kNumJoints> driver;
  driver.fill(-1);
  for (int a = 0; a < m.nactuator; ++a) {
    const int k =
        m.actuator_trntype[a] == mjTRN_JOINT ? m.jnt_qposadr[m.actuator_trnid[2 * a]] - 7 : -1;
    if (k >= 0) driver[k] = a;
  }
  const auto joints = by_id(edited.spec, mjOBJ_JOINT),
             actuators = by_id(edited.spec, mjOBJ_ACTUATOR);
  const Gains fallback = default_gains(edited);
  std::vector<std::string> added, around, unlimited;
  bool defaulted = false;
  for (int k = 0; k < kNumJoints; ++k) {
    const int joint = edited.skeleton.joint[k], a = driver[k];
    mjsJoint& hinge = *mjs_asJoint(joints[joint]);
    const char* given_name = mj_id2name(&m, mjOBJ_JOINT, joint);
    const std::string name = given_name && *given_name ? given_name : text("joint_", k);
    if (!given_name || !*given_name) mjs_setName(hinge.element, name.c_str());
    const Range torque = torque_range(m, a, joint);
    const bool servo = a >= 0 && is_servo(m, a);
    const double gear = a >= 0 ? m.actuator_gear[6 * m.actuator_outadr[a]] : 1;
    Gains gains = fallback;
    if (servo)
      gains = {gear * gear * m.actuator_gainprm[mjNGAIN * a],
               -gear * gear * m.actuator_biasprm[mjNBIAS * a + 2]};
    if (kp) gains.kp = *kp, gains.kd = servo && !kd ? gains.kd : *kp / 40;
    if (kd) gains.kd = *kd;
    defaulted |= !servo && !kp;
    if (servo && !kp && !kd && gear == 1 && !m.jnt_actfrclimited[joint]) continue;

    mjsActuator* actuator =
        a < 0 ? mjs_addActuator(&edited.spec, nullptr) : mjs_asActuator(actuators[a]);
    if (a < 0) mjs_setName(actuator->element, name.c_str());
    mjs_setToPosition(actuator, gains.kp, &gains.kd, nullptr, nullptr, 0);
    actuator->trntype = mjTRN_JOINT;
    mjs_setString(actuator->target, name.c_str());
    std::fill_n(actuator->gear, 6, 0);
    actuator->gear[0] = 1;
    actuator->forcelimited = torque.limited() ? mjLIMITED_TRUE : mjLIMITED_FALSE;
    actuator->forcerange[0] = torque.limited() ? torque.low : 0;
    actuator->forcerange[1] = torque.limited() ? torque.high : 0;
    const int ctrl = a >= 0 ? m.actuator_ctrladr[a] : 0;
    if (servo && m.actuator_ctrllimited[ctrl]) {
      Range target;
      target.narrow(m.actuator_ctrlrange + 2 * ctrl, 1 / gear);
      actuator->ctrlrange[0] = target.low;
      actuator->ctrlrange[1] = target.high;
    } else {
      actuator->ctrllimited = mjLIMITED_FALSE;
      actuator->ctrlrange[0] = actuator->ctrlrange[1] = 0;
    }
    hinge.actfrclimited = mjLIMITED_FALSE;
    hinge.actfrcrange[0] = hinge.actfrcrange[1] = 0;
    (a < 0 ? added : around).push_back(name);
    if (!torque.limited()) unlimited.push_back(name);
  }
  if (added.empty() && around.empty()) return;
  std::string what;
  if (!added.empty()) what += " servos on " + listed(added, 3);
  if (!around.empty())
    what += (added.empty() ? "" : ";") + std::string(" servos in the place of the actuators of ") +
            listed(around, 3);
  if (kp || defaulted)
    what += text("; kp ", kp.value_or(fallback.kp), " N m/rad, kd ",
                 kd.value_or(kp.value_or(fallback.kp) / 40), " N m s/rad",
                 defaulted ? " (by weight and leg length; --kp --kd set them)" : "");
  if (!unlimited.empty()) what += "; without a torque limit: " + listed(unlimited, 3);
  edited.warnings.push_back(edited.name + ": --add-servos:" + what);
}

}  // namespace kennel
