#include "src/model/poser.h"

namespace kennel {

LegPose Poser::pose(int leg) {
  mj_kinematics(&m, data_.get());
  LegPose out;
  const int* joint = skeleton.joint.data() + kJointsPerLeg * leg;
  mju_copy3(out.hip, data_->xanchor + 3 * joint[1]);
  mju_copy3(out.knee, data_->xanchor + 3 * joint[2]);
  const Foot& foot = feet[leg];
  const int body =
      foot.geom >= 0 ? m.geom_bodyid[foot.geom] : skeleton.link[kJointsPerLeg * leg + 2];
  mju_mulMatVec3(out.foot, data_->xmat + 9 * body, foot.centre);
  mju_addTo3(out.foot, data_->xpos + 3 * body);
  return out;
}

mjtNum Poser::com_x() {
  mj_kinematics(&m, data_.get());
  mj_comPos(&m, data_.get());
  return data_->subtree_com[3 * skeleton.base];
}

}  // namespace kennel
