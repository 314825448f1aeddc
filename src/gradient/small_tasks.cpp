#include "envs/gradient/ball_with_wall.h"
#include "envs/gradient/friction.h"
#include "envs/gradient/heaviside.h"
#include "envs/gradient/pushing.h"
#include "kennel/core/check.h"
#include "kennel/gradient/functions.h"
#include "kennel/gradient/study.h"

namespace kennel::gradient {
namespace {

std::vector<Case> heaviside() {
  std::vector<Case> out;
  for (const double x : {-0.2, 0.0, 0.2})
    out.push_back({text("x = ", x), 1, function_of(Heaviside{}), {x}, false, {.gamma = 1}});
  return out;
}

std::vector<Case> soft_heaviside() {
  std::vector<Case> out;
  for (const double width : {0.1, 0.01, 0.001})
    out.push_back(
        {text("width = ", width), 1, function_of(SoftHeaviside{width}), {0}, true, {.gamma = 1}});
  return out;
}

std::vector<Case> ball_with_wall() {
  std::vector<Case> out;
  for (const double theta : {0.2, 0.45, 0.6, 0.8, 1.2})
    out.push_back({text("theta = ", theta),
                   1,
                   function_of(BallWithWall{}),
                   {theta},
                   false,
                   {.gamma = 0.002}});
  return out;
}

/// A constant force, and what the source allows.
Case plan(std::string setting, Function function, double force, bool continuous, double gamma) {
  const int steps = function.dim;
  return {std::move(setting),  steps,
          std::move(function), std::vector<double>(steps, force),
          continuous,          {.gamma = gamma, .lipschitz = 100}};
}

std::vector<Case> pushing() {
  std::vector<Case> out;
  for (const double k : {10.0, 100.0, 1000.0})
    for (const int steps : {50, 200, 400}) {
      const Pushing system{.stiffness = k, .damping = k > 100 ? 0.99 : 0.998};
      out.push_back(plan(text("k = ", k, " N/m"), plan_of(system, steps), 0.1, true, 1e8));
    }
  return out;
}

std::vector<Case> friction() {
  std::vector<Case> out;
  for (const double force : {0.0, 0.5})
    for (const int steps : {50, 200, 400})
      out.push_back(
          plan(text("force = ", force, " N"), plan_of(Friction{}, steps), force, false, 2e4));
  return out;
}

}  // namespace

const std::vector<SmallTask>& small_tasks() {
  static const std::vector<SmallTask> tasks = {
      {"heaviside", "a step: the first order is 0", 0.2, heaviside},
      {"soft-heaviside", "a ramp: the first order varies as 1 / width", 0.2, soft_heaviside},
      {"ball-with-wall", "a throw over a wall: the first order has the wrong sign", 0.05,
       ball_with_wall},
      {"pushing", "a mass pushes another through a spring", 0.1, pushing},
      {"friction", "a mass carries another by friction", 0.1, friction},
  };
  return tasks;
}

}  // namespace kennel::gradient
