#include "src/gradient/gait_walk.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/core/pack.h"
#include "kennel/dynamics/step.h"

namespace kennel::gradient {
namespace {

using gait::kNumNumbers;

template <class T>
using State = PhysicsState<T, AllLegs>;

/// A number of the walk as a lane.
template <class T>
T lane(double x) {
  return T(static_cast<scalar_of<T>>(x));
}

template <class T>
Vec3<T> lanes(const Vec3<double>& v) {
  return {lane<T>(v.x), lane<T>(v.y), lane<T>(v.z)};
}

template <class T>
State<T> lanes(const State<double>& s) {
  State<T> out;
  out.position = lanes<T>(s.position);
  out.orientation = {lane<T>(s.orientation.w), lane<T>(s.orientation.x), lane<T>(s.orientation.y),
                     lane<T>(s.orientation.z)};
  out.velocity = lanes<T>(s.velocity);
  out.omega = lanes<T>(s.omega);
  out.lin_acc = lanes<T>(s.lin_acc);
  out.ang_acc = lanes<T>(s.ang_acc);
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      out.leg[leg].q[j] = lane<T>(s.leg[leg].q[j]);
      out.leg[leg].qd[j] = lane<T>(s.leg[leg].qd[j]);
      out.leg[leg].qacc[j] = lane<T>(s.leg[leg].qacc[j]);
    }
  return out;
}

template <class T>
T reward(const State<T>& s, const T (&command)[3]) {
  const Rotation<T> R_wb = rotation(s.orientation);
  const Vec3<T> v = to_inner(R_wb, s.velocity);
  const T off = square(v.x - command[0]) + square(v.y - command[1]);
  const T turning = square(s.omega.z - command[2]);
  const T upright = R_wb.z.z;
  return exp(lane<T>(-4) * off) + lane<T>(0.5) * exp(lane<T>(-4) * turning) - square(v.z) -
         (T(1) - upright * upright);
}

template <class T>
mask_of<T> has_fallen(const GaitWalk& walk, const State<T>& s) {
  return either(rotation(s.orientation).z.z < lane<T>(walk.least_upright),
                s.position.z < lane<T>(walk.least_height));
}

/// The model in a lane's scalars.
template <class R>
const Quadruped<R>& model_of(const GaitWalk& walk) {
  if constexpr (std::same_as<R, float>)
    return walk.single;
  else
    return walk.model;
}

}  // namespace

State<double> GaitWalk::standing() const {
  State<double> s{};
  s.position.z = stance_height + model.floor_height;
  s.orientation.w = 1;
  for (int leg = 0; leg < kNumLegs; ++leg) std::copy_n(body.pose[leg], kJointsPerLeg, s.leg[leg].q);
  return s;
}

template <class T>
Walked<T> GaitWalk::walk(const T (&number)[kNumNumbers], const GaitStart& from, int steps,
                         State<T>& state) const {
  const auto& robot = model_of<scalar_of<T>>(*this);
  const EnvParams<T, AllLegs> params = nominal_params<T, AllLegs>(robot, {});
  const T command[3] = {lane<T>(from.command[0]), lane<T>(from.command[1]),
                        lane<T>(from.command[2])};
  Walked<T> out{T(0), T(1) < T(0)};
  T target[kNumLegs][kJointsPerLeg];
  StepReport<T, AllLegs> report;
  for (int i = 0; i < steps; ++i) {
    const T now = lane<T>(from.cycle) + lane<T>(i * control_dt) * number[gait::kFrequency];
    gait::targets<T>(body, number, command, now, target);
    for (int joint = 0; joint < kNumJoints; ++joint) {
      T& at = target[joint / kJointsPerLeg][joint % kJointsPerLeg];
      at = clamp(at, lane<T>(target_low[joint]), lane<T>(target_high[joint]));
    }
    for (int k = 0; k < decimation; ++k)
      step<T, AllLegs>(robot, solver, params, target, {}, state, report);
    out.fallen = either(out.fallen, has_fallen(*this, state));
    // Of a fallen robot not even what is not finite counts: it is left out, not multiplied by zero.
    out.earned += select(out.fallen, T(0), reward(state, command));
  }
  return out;
}

template <class T>
T GaitWalk::earned(const T (&number)[kNumNumbers], const GaitStart& from, int steps) const {
  State<T> state = lanes<T>(from.state);
  return walk(number, from, steps, state).earned;
}

template Walked<double> GaitWalk::walk(const double (&)[kNumNumbers], const GaitStart&, int,
                                       State<double>&) const;
template double GaitWalk::earned(const double (&)[kNumNumbers], const GaitStart&, int) const;
template NativePack GaitWalk::earned(const NativePack (&)[kNumNumbers], const GaitStart&,
                                     int) const;

Walked<double> GaitWalk::gradient(const GaitPoint& at, const GaitStart& from, int steps,
                                  std::span<double> out) const {
  Walked<double> paid{};
  for (int pass = 0; pass < kNumNumbers; pass += kDirections) {
    GaitDual number[kNumNumbers];
    for (int i = 0; i < kNumNumbers; ++i) number[i] = GaitDual(at.number[i]);
    for (int k = 0; k < kDirections; ++k) number[pass + k].rate[k] = at.rate[pass + k];
    State<GaitDual> state = lanes<GaitDual>(from.state);
    const Walked<GaitDual> walked = walk(number, from, steps, state);
    paid = {walked.earned.value, walked.fallen};
    for (int k = 0; k < kDirections; ++k) out[pass + k] = walked.earned.rate[k];
  }
  return paid;
}

std::string why_no_walk(const Quadruped<double>& robot) {
  if (!has_many_points(robot)) return {};
  return text("the gait is for robots with at most ", kFewPoints,
              " contact points a leg and none on the base; try a shipped robot, or --feet-only");
}

}  // namespace kennel::gradient
