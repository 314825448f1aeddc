#include "src/model/mirror.h"

#include <algorithm>

namespace kennel {
namespace {

/// The distance of one leg's point from the mirror image of another's, y -> -y.
mjtNum miss(const mjtNum* a, const mjtNum* b) {
  const mjtNum image[3] = {b[0], -b[1], b[2]};
  return mju_dist3(a, image);
}

}  // namespace

MirrorMap find_mirror(const mjModel& m, const Skeleton& skeleton,
                      const std::array<Foot, kNumLegs>& feet, const Stance& stance) {
  MirrorMap mirror;
  Poser poser(m, skeleton, feet);
  const mjtNum* home = stance.qpos.data() + 7;
  std::copy_n(home, kNumJoints, poser.joints());
  std::array<LegPose, kNumLegs> at;
  for (int leg = 0; leg < kNumLegs; ++leg) at[leg] = poser.pose(leg);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    int& partner = mirror.leg[leg];
    for (int other = 0; other < kNumLegs; ++other)
      if (miss(at[other].hip, at[leg].hip) < miss(at[partner].hip, at[leg].hip)) partner = other;
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      mirror.joint[k] = kJointsPerLeg * partner + j;
      // A rotation is an axial vector: its image keeps y and turns x and z round.
      mjtNum axis[3], other[3];
      axis_of(m, skeleton, k, axis);
      axis_of(m, skeleton, mirror.joint[k], other);
      mirror.sign[k] = -axis[0] * other[0] + axis[1] * other[1] - axis[2] * other[2] > 0 ? 1 : -1;
    }
  }
  // Every joint of a leg moved, and of its partner by the map.
  constexpr mjtNum kTurn = 0.3;
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int move = 0; move <= kJointsPerLeg; ++move) {
      mjtNum* q = poser.joints();
      std::copy_n(home, kNumJoints, q);
      const int first = kJointsPerLeg * leg;
      if (move) q[first + move - 1] += kTurn;
      for (int k = first; k < first + kJointsPerLeg; ++k)
        if (mirror.joint[k] != k) q[mirror.joint[k]] = mirror.sign[k] * q[k];
      const LegPose ours = poser.pose(leg), theirs = poser.pose(mirror.leg[leg]);
      mirror.error = std::max<double>(mirror.error, miss(theirs.foot, ours.foot));
    }
  return mirror;
}

}  // namespace kennel
