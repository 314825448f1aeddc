#include "kennel/gradient/gait_return.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kennel/core/check.h"
#include "kennel/core/pack.h"
#include "kennel/model/mjcf.h"
#include "src/gradient/gait_walk.h"

namespace kennel::gradient {
namespace {

using gait::kNumNumbers;
using gait::kTerms;

/// The control steps that count.
struct Stretch {
  GaitWalk walk;
  GaitStart start;  // after the warm-up
  int horizon = 0;
};

double number(std::span<const double> x, int i) { return kTerms[i].start + kTerms[i].step * x[i]; }

double value(const Stretch& on, std::span<const double> x) {
  double p[kNumNumbers];
  for (int i = 0; i < kNumNumbers; ++i) p[i] = number(x, i);
  return on.walk.earned(p, on.start, on.horizon);
}

void values(const Stretch& on, std::span<const double> rows, std::span<double> out) {
  using T = NativePack;
  for (std::size_t first = 0; first < out.size(); first += kNativeWidth) {
    const std::size_t count = std::min<std::size_t>(kNativeWidth, out.size() - first);
    T p[kNumNumbers];
    for (int lane = 0; lane < kNativeWidth; ++lane) {
      const std::size_t row = first + std::min<std::size_t>(lane, count - 1);
      const auto x = rows.subspan(row * kNumNumbers, kNumNumbers);
      for (int i = 0; i < kNumNumbers; ++i) p[i].set(lane, static_cast<float>(number(x, i)));
    }
    const T sum = on.walk.earned(p, on.start, on.horizon);
    for (std::size_t lane = 0; lane < count; ++lane)
      out[first + lane] = static_cast<double>(sum[static_cast<int>(lane)]);
  }
}

double gradient(const Stretch& on, std::span<const double> x, std::span<double> out) {
  GaitPoint at;
  for (int i = 0; i < kNumNumbers; ++i) at.number[i] = number(x, i), at.rate[i] = kTerms[i].step;
  return on.walk.gradient(at, on.start, on.horizon, out).earned;
}

/// The robot of a setup.
GaitWalk walk_of(const GaitSetup& setup) {
  const std::string why_not = why_no_walk(setup.model);
  KENNEL_CHECK(why_not.empty(), why_not);
  const double ratio = setup.control_dt / setup.physics_dt;
  const int decimation = static_cast<int>(std::lround(ratio));
  KENNEL_CHECK(decimation >= 1 && std::abs(ratio - decimation) < 1e-6, "a physics step of ",
               setup.physics_dt, " s does not divide a control step of ", setup.control_dt,
               " s; try 0.004, 0.002 or 0.001");
  GaitWalk walk;
  walk.model = setup.model;
  walk.model.timestep = setup.physics_dt;
  walk.single = to_float(walk.model);
  walk.body = quadruped::gait_body(setup.model, setup.pose);
  walk.stance_height = setup.stance_height;
  walk.control_dt = setup.control_dt;
  walk.decimation = decimation;
  return walk;
}

}  // namespace

Function gait_return(const GaitSetup& setup) {
  const auto on = std::make_shared<Stretch>();
  on->walk = walk_of(setup);
  on->horizon = setup.horizon;
  GaitStart& start = on->start;
  start.command = setup.command;
  start.state = on->walk.standing();
  double p[kNumNumbers];
  for (int i = 0; i < kNumNumbers; ++i) p[i] = kTerms[i].start;
  on->walk.walk(p, start, setup.warm_up, start.state);
  start.cycle = setup.warm_up * setup.control_dt * kTerms[gait::kFrequency].start;
  KENNEL_CHECK(isfinite(start.state.position.z) && rotation(start.state.orientation).z.z > 0.5,
               "the robot fell while it trotted ", setup.warm_up,
               " control steps at the command given; try a slower command");
  return {kNumNumbers, [on](std::span<const double> x) { return value(*on, x); },
          [on](std::span<const double> x, std::span<double> out) { return gradient(*on, x, out); },
          [on](std::span<const double> rows, std::span<double> out) { values(*on, rows, out); }};
}

}  // namespace kennel::gradient
