// A robot's body as a gait needs it (kennel/contract/gait.h), from what the dynamics know of it.
#pragma once

#include "kennel/contract/gait.h"
#include "kennel/core/check.h"
#include "kennel/dynamics/leg_chain.h"

namespace kennel::quadruped {

/// A leg's hinges as lines. Of each line the point nearest to the base's origin is kept.
/// \throws Error where the foot is not on the leg's last link
inline gait::LegLines leg_lines(const Leg<double>& leg) {
  using T = double;
  KENNEL_CHECK(leg.sphere[leg.foot].link == kJointsPerLeg - 1, "a gait moves feet on a leg's last ",
               "link; a foot of this robot is on link ", leg.sphere[leg.foot].link);
  const Rotation<T> upright{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  LegParams<T, false, kMaxPoints> nominal;
  for (int j = 0; j < kJointsPerLeg; ++j) nominal.mass[j] = nominal.inertia[j] = 1;
  const T zero[kJointsPerLeg] = {};
  const auto chain = leg_chain<T>(leg, nominal, upright, zero);
  const auto put = [](const Vec3<T>& v, double(&to)[3]) { to[0] = v.x, to[1] = v.y, to[2] = v.z; };
  gait::LegLines out;
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const Motion<T>& hinge = chain.S[j];  // w the axis, v = anchor x w
    put(hinge.w, out.hinge[j].axis);
    put(cross(hinge.w, hinge.v), out.hinge[j].place);
  }
  put(chain.point[leg.foot], out.foot);
  return out;
}

/// The robot in its pose.
/// \param pose  rad, 12
template <class Pose>
gait::Body gait_body(const Quadruped<double>& model, const Pose& pose) {
  gait::LegLines legs[kNumLegs];
  for (int leg = 0; leg < kNumLegs; ++leg) legs[leg] = leg_lines(model.leg[leg]);
  return gait::body_of(legs, pose);
}

}  // namespace kennel::quadruped
