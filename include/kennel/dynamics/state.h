// The state that a physics step advances, and what a step reports beside it.
#pragma once

#include "kennel/core/vec3.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// qpos, qvel and the warm start, in MuJoCo's conventions.
template <class T, class Legs>
struct PhysicsState {
  Vec3<T> position;     // base origin, world, m
  Quat<T> orientation;  // base to world, unit
  Vec3<T> velocity;     // of the base origin, world, m/s
  Vec3<T> omega;        // base axes, rad/s
  Vec3<T> lin_acc;      // qacc[0:3] of the last step, world: the solver's warm start
  Vec3<T> ang_acc;      // qacc[3:6], base axes
  struct PerLeg {
    T q[kJointsPerLeg], qd[kJointsPerLeg], qacc[kJointsPerLeg];
  } leg[Legs::kLocal];
};

/// What a forward pass found out on its way; of the state before integration.
template <class T, class Legs>
struct StepReport {
  struct PerLeg {
    T torque[kJointsPerLeg];          // qfrc_actuator, N m
    T distance[Legs::kPoints];        // sphere to floor, m; negative: overlap
    Vec3<T> velocity[Legs::kPoints];  // of the contact point, world, m/s
    T normal_force[Legs::kPoints];    // N
  } leg[Legs::kLocal];
};

/// How hard the constraint solver tries. Training uses 2 and 1; `kConverged` is for comparisons
/// with MuJoCo.
struct SolverOptions {
  int iterations = 2;     // Newton steps
  int ls_iterations = 1;  // evaluations of each line search
};
inline constexpr SolverOptions kConverged{40, 30};

}  // namespace kennel
