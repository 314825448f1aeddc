// Rows of a trajectory to and from a state, for every leg mapping.
#pragma once

#include <algorithm>
#include <cmath>

#include "kennel/dynamics/step.h"

namespace kennel {

inline constexpr int kTrajectoryColumns = kNq + 2 * kNv;  // qpos, qvel, qacc: 55

/// Reads qpos (19), qvel (18) and the warm start qacc (18) into a state; the quaternion is
/// normalised.
template <class T, class Legs, class Number>
KENNEL_HD void read_row(const Quadruped<T>& model, const Legs& legs, const Number* row,
                        PhysicsState<T, Legs>& s) {
  const Number* qacc = row + kNq + kNv;
  s.position = {T(row[0]), T(row[1]), T(row[2])};
  s.orientation = normalised(Quat<T>{T(row[3]), T(row[4]), T(row[5]), T(row[6])});
  s.velocity = {T(row[kNq]), T(row[kNq + 1]), T(row[kNq + 2])};
  s.omega = {T(row[kNq + 3]), T(row[kNq + 4]), T(row[kNq + 5])};
  s.lin_acc = {T(qacc[0]), T(qacc[1]), T(qacc[2])};
  s.ang_acc = {T(qacc[3]), T(qacc[4]), T(qacc[5])};
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = model.leg[legs.leg(slot)].hinge[j].qpos_index;
      s.leg[slot].q[j] = T(row[7 + k]);
      s.leg[slot].qd[j] = T(row[kNq + 6 + k]);
      s.leg[slot].qacc[j] = T(qacc[6 + k]);
    }
}

/// Makes a quaternion one whose square no precision overflows or loses, where it is not: scaled,
/// or, as MuJoCo does, (1, 0, 0, 0) where it has no length. Others keep their bits, NaN included.
inline void mend_quaternion(double* q) {
  constexpr double kNoLength = 1e-15;  // MuJoCo's mjMINVAL
  double largest = 0;
  for (int i = 0; i < 4; ++i) {
    if (!std::isfinite(q[i])) return;
    largest = std::max(largest, std::abs(q[i]));
  }
  if (largest > 1e-6 && largest < 1e6) return;
  for (int i = 0; i < 4; ++i) q[i] = largest < kNoLength ? (i == 0 ? 1 : 0) : q[i] / largest;
}

/// Writes qpos and qvel of a state.
template <class T, class Legs, class Number>
KENNEL_HD void write_state(const Quadruped<T>& model, const Legs& legs,
                           const PhysicsState<T, Legs>& s, Number* row) {
  if (legs.leads()) {
    const T base[] = {s.position.x,    s.position.y,    s.position.z,   s.orientation.w,
                      s.orientation.x, s.orientation.y, s.orientation.z};
    const T rate[] = {s.velocity.x, s.velocity.y, s.velocity.z, s.omega.x, s.omega.y, s.omega.z};
    for (int i = 0; i < 7; ++i) row[i] = Number(base[i]);
    for (int i = 0; i < 6; ++i) row[kNq + i] = Number(rate[i]);
  }
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = model.leg[legs.leg(slot)].hinge[j].qpos_index;
      row[7 + k] = Number(s.leg[slot].q[j]);
      row[kNq + 6 + k] = Number(s.leg[slot].qd[j]);
    }
}

/// Writes the qacc that the last step left in the warm start.
template <class T, class Legs, class Number>
KENNEL_HD void write_qacc(const Quadruped<T>& model, const Legs& legs,
                          const PhysicsState<T, Legs>& s, Number* row) {
  Number* qacc = row + kNq + kNv;
  if (legs.leads()) {
    const T base[] = {s.lin_acc.x, s.lin_acc.y, s.lin_acc.z, s.ang_acc.x, s.ang_acc.y, s.ang_acc.z};
    for (int i = 0; i < 6; ++i) qacc[i] = Number(base[i]);
  }
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j)
      qacc[6 + model.leg[legs.leg(slot)].hinge[j].qpos_index] = Number(s.leg[slot].qacc[j]);
}

/// Runs open loop in the caller's thread or group of threads.
/// \param init  (55): qpos, qvel and the warm start qacc
/// \param out   (n + 1, 55); the last row's qacc is left alone
template <class T, class Legs, class In, class Out>
KENNEL_HD void run_open_loop(const Quadruped<T>& model, const Legs& legs,
                             const SolverOptions& solver, const EnvParams<T, Legs>& params,
                             const In* init, const In* ctrl, int n, Out* out) {
  PhysicsState<T, Legs> state;
  StepReport<T, Legs> report;
  read_row(model, legs, init, state);
  for (int k = 0; k < n; ++k) {
    Out* row = out + static_cast<std::size_t>(k) * kTrajectoryColumns;
    T target[Legs::kLocal][kJointsPerLeg];
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      for (int j = 0; j < kJointsPerLeg; ++j)
        target[slot][j] = T(ctrl[static_cast<std::size_t>(k) * kNumJoints +
                                 model.leg[legs.leg(slot)].hinge[j].ctrl_index]);
    write_state(model, legs, state, row);
    step<T, Legs>(model, solver, params, target, legs, state, report);
    write_qacc(model, legs, state, row);
  }
  write_state(model, legs, state, out + static_cast<std::size_t>(n) * kTrajectoryColumns);
}

}  // namespace kennel
