#include "kennel/gradient/gait_return.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kennel/core/check.h"
#include "kennel/core/dual.h"
#include "kennel/core/pack.h"
#include "kennel/dynamics/step.h"
#include "kennel/model/mjcf.h"

namespace kennel::gradient {
namespace {

using gait::kNumNumbers;
using gait::kTerms;
constexpr int kDirections = 4;  // of a dual: three passes give all of a gait's derivatives
static_assert(kNumNumbers % kDirections == 0);

template <class T>
using State = PhysicsState<T, AllLegs>;

/// A number of the setup as a lane.
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

/// A robot with a gait, between control steps.
struct Walk {
  GaitSetup setup;
  gait::Body body;
  Quadruped<float> single;
  int decimation = 0;
  State<double> start;  // after the warm-up

  template <class R>
  const Quadruped<R>& model() const {
    if constexpr (std::same_as<R, float>)
      return single;
    else
      return setup.model;
  }

  /// Walks `steps` control steps from where the gait's clock has gone round `cycle` times.
  template <class T>
  T rollout(const T (&p)[kNumNumbers], double cycle, int steps, State<T>& s) const {
    const auto& robot_model = model<scalar_of<T>>();
    const EnvParams<T, AllLegs> params = nominal_params<T, AllLegs>(robot_model, {});
    const T command[3] = {lane<T>(setup.command[0]), lane<T>(setup.command[1]),
                          lane<T>(setup.command[2])};
    T sum(0), target[kNumLegs][kJointsPerLeg];
    StepReport<T, AllLegs> report;
    for (int i = 0; i < steps; ++i) {
      const T now = lane<T>(cycle) + lane<T>(i * setup.control_dt) * p[gait::kFrequency];
      gait::targets<T>(body, p, command, now, target);
      for (int k = 0; k < decimation; ++k)
        step<T, AllLegs>(robot_model, SolverOptions{}, params, target, {}, s, report);
      sum += reward(s, command);
    }
    return sum;
  }

  template <class T>
  T earned(const T (&p)[kNumNumbers]) const {
    State<T> s = lanes<T>(start);
    const double cycle = setup.warm_up * setup.control_dt * kTerms[gait::kFrequency].start;
    return rollout(p, cycle, setup.horizon, s);
  }
};

double number(std::span<const double> x, int i) { return kTerms[i].start + kTerms[i].step * x[i]; }

double value(const Walk& walk, std::span<const double> x) {
  double p[kNumNumbers];
  for (int i = 0; i < kNumNumbers; ++i) p[i] = number(x, i);
  return walk.earned(p);
}

void values(const Walk& walk, std::span<const double> rows, std::span<double> out) {
  using T = NativePack;
  for (std::size_t first = 0; first < out.size(); first += kNativeWidth) {
    const std::size_t count = std::min<std::size_t>(kNativeWidth, out.size() - first);
    T p[kNumNumbers];
    for (int lane = 0; lane < kNativeWidth; ++lane) {
      const std::size_t row = first + std::min<std::size_t>(lane, count - 1);
      const auto x = rows.subspan(row * kNumNumbers, kNumNumbers);
      for (int i = 0; i < kNumNumbers; ++i) p[i].set(lane, static_cast<float>(number(x, i)));
    }
    const T sum = walk.earned(p);
    for (std::size_t lane = 0; lane < count; ++lane)
      out[first + lane] = static_cast<double>(sum[static_cast<int>(lane)]);
  }
}

double gradient(const Walk& walk, std::span<const double> x, std::span<double> out) {
  using D = Dual<double, kDirections>;
  double earned = 0;
  for (int pass = 0; pass < kNumNumbers; pass += kDirections) {
    D p[kNumNumbers];
    for (int i = 0; i < kNumNumbers; ++i) p[i] = D(number(x, i));
    for (int k = 0; k < kDirections; ++k) p[pass + k].rate[k] = kTerms[pass + k].step;
    const D sum = walk.earned(p);
    earned = sum.value;
    for (int k = 0; k < kDirections; ++k) out[pass + k] = sum.rate[k];
  }
  return earned;
}

}  // namespace

Function gait_return(const GaitSetup& setup) {
  KENNEL_CHECK(!has_many_points(setup.model), "the gait is for robots with at most ", kFewPoints,
               " contact points a leg and none on the base; try a shipped robot");
  const double ratio = setup.control_dt / setup.physics_dt;
  const int decimation = static_cast<int>(std::lround(ratio));
  KENNEL_CHECK(decimation >= 1 && std::abs(ratio - decimation) < 1e-6, "a physics step of ",
               setup.physics_dt, " s does not divide a control step of ", setup.control_dt,
               " s; try 0.004, 0.002 or 0.001");
  const auto walk = std::make_shared<Walk>();
  walk->setup = setup;
  walk->setup.model.timestep = setup.physics_dt;
  walk->body = quadruped::gait_body(setup.model, setup.pose);
  walk->single = to_float(walk->setup.model);
  walk->decimation = decimation;

  State<double> s{};
  s.position.z = setup.stance_height + setup.model.floor_height;
  s.orientation.w = 1;
  for (int leg = 0; leg < kNumLegs; ++leg)
    std::copy_n(walk->body.pose[leg], kJointsPerLeg, s.leg[leg].q);
  double p[kNumNumbers];
  for (int i = 0; i < kNumNumbers; ++i) p[i] = kTerms[i].start;
  walk->rollout(p, 0, setup.warm_up, s);
  KENNEL_CHECK(isfinite(s.position.z) && rotation(s.orientation).z.z > 0.5,
               "the robot fell while it trotted ", setup.warm_up,
               " control steps at the command given; try a slower command");
  walk->start = s;
  return {
      kNumNumbers, [walk](std::span<const double> x) { return value(*walk, x); },
      [walk](std::span<const double> x, std::span<double> out) { return gradient(*walk, x, out); },
      [walk](std::span<const double> rows, std::span<double> out) { values(*walk, rows, out); }};
}

}  // namespace kennel::gradient
