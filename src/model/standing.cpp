#include "src/model/standing.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// rad by which the weight turns a servo's joint. Of eighty public models those up to 0.179 stand;
/// one of 0.183 sinks to its knees.
constexpr double kMostSag = 0.18;

double limit_of(const JointAnatomy& joint) {
  return std::min(-joint.torque_low, joint.torque_high);
}

}  // namespace

void weigh_stance(const mjModel& m, const Skeleton& skeleton,
                  const std::array<Foot, kNumLegs>& feet, const Stance& stance, Anatomy& out) {
  const std::unique_ptr<mjData, decltype(&mj_deleteData)> data(mj_makeData(&m), &mj_deleteData);
  std::copy(stance.qpos.begin(), stance.qpos.end(), data->qpos);
  mju_zero(data->qvel, m.nv);
  mj_fwdPosition(&m, data.get());
  mj_fwdVelocity(&m, data.get());
  const double share = out.mass * -m.opt.gravity[2] / kNumLegs;
  std::vector<mjtNum> along(3 * static_cast<std::size_t>(m.nv));
  for (int k = 0; k < kNumJoints; ++k) {
    const int leg = k / kJointsPerLeg, dof = m.jnt_dofadr[skeleton.joint[k]];
    const int geom = feet[leg].geom;
    if (geom < 0) continue;  // refused elsewhere
    mj_jacGeom(&m, data.get(), along.data(), nullptr, geom);
    const double up = along[2 * static_cast<std::size_t>(m.nv) + dof];
    out.leg[leg].joint[k % kJointsPerLeg].standing_torque =
        data->qfrc_bias[dof] - share * up;  // what the servo must give
  }
}

std::vector<std::string> doubts_of(const Anatomy& anatomy) {
  const JointAnatomy *weak = nullptr, *soft = nullptr;
  double worst_ratio = 1.0, worst_sag = kMostSag;
  for (const LegAnatomy& leg : anatomy.leg)
    for (const JointAnatomy& joint : leg.joint) {
      const double torque = std::abs(joint.standing_torque), ratio = torque / limit_of(joint);
      if (ratio > worst_ratio) weak = &joint, worst_ratio = ratio;
      if (joint.kp > 0 && torque / joint.kp > worst_sag)
        soft = &joint, worst_sag = torque / joint.kp;
    }
  std::vector<std::string> doubts;
  if (weak)
    doubts.push_back(text("standing takes some ", std::abs(weak->standing_torque), " N m at joint ",
                          weak->name, ", its limit is ", limit_of(*weak),
                          ": masses or limits of the file are wrong, or it cannot stand so"));
  if (soft)
    doubts.push_back(text("joint ", soft->name, " gives way by some ", worst_sag,
                          " rad under the weight: its kp of ", soft->kp,
                          " is soft for this robot (--add-servos --kp ",
                          std::ceil(std::abs(soft->standing_torque) / 0.15), ')'));
  return doubts;
}

}  // namespace kennel
