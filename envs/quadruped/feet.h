// Where a foot is and how fast it moves, of a state as it stands.
#pragma once

#include "envs/quadruped/task.h"
#include "kennel/dynamics/leg_chain.h"

namespace kennel::quadruped {

template <class T>
struct FootMotion {
  T height;          // m of its lowest point over the floor
  Vec3<T> velocity;  // of its centre, world, m/s
};

/// Of a leg's foot. A step's report has both of the physics step before, and the velocity of the
/// point that touches instead of the centre's.
template <class T, class Legs>
KENNEL_HD FootMotion<T> foot_motion(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                                    int slot) {
  const auto& leg = leg_under(legs, task.model, slot);
  const auto& physics = s.physics;
  const Rotation<T> R_wb = rotation(physics.orientation);
  const auto chain = leg_chain<T>(leg, s.params.leg[slot], R_wb, physics.leg[slot].q);
  const Vec3<T> centre = of_foot(leg, chain.point);
  T radius[Legs::kPoints];
  for (int i = 0; i < Legs::kPoints; ++i) radius[i] = T(leg.sphere[i].radius);
  Vec3<T> velocity = physics.velocity + cross(R_wb * physics.omega, centre);
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j)
    velocity = velocity + physics.leg[slot].qd[j] * (chain.S[j].v + cross(chain.S[j].w, centre));
  return {physics.position.z + centre.z - of_foot(leg, radius), velocity};
}

}  // namespace kennel::quadruped
