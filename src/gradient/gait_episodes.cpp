#include "kennel/gradient/gait_episodes.h"

#include <algorithm>
#include <cmath>

#include "envs/quadruped/command.h"
#include "kennel/core/check.h"
#include "kennel/core/philox.h"
#include "kennel/model/mjcf.h"
#include "src/gradient/gait_walk.h"

namespace kennel::gradient {
namespace {

using gait::kNumNumbers;
using gait::kTerms;

constexpr double kLeastWarmUp = 0.5, kMostWarmUp = 1.5;  // s

/// What the random bits of an episode are for.
enum class Purpose : std::uint32_t { kCommand, kKindOfCommand, kWarmUp };

Random4<std::uint32_t> bits(const GaitEpisode& episode, Purpose purpose) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  return philox4x32<std::uint32_t>(low(episode.index), high(episode.index),
                                   static_cast<std::uint32_t>(purpose), 0x67616974u,
                                   low(episode.seed), high(episode.seed));
}

std::array<double, 3> drawn_command(const quadruped::CommandConfig& of,
                                    const GaitEpisode& episode) {
  const auto where = bits(episode, Purpose::kCommand),
             kind = bits(episode, Purpose::kKindOfCommand);
  float u[4], v[4], command[3];
  for (int i = 0; i < 4; ++i) {
    u[i] = unit_interval<float>(where.x[i]);
    v[i] = unit_interval<float>(kind.x[i]);
  }
  quadruped::draw_command<float>(of, u, v, command);
  return {command[0], command[1], command[2]};
}

/// Control steps of the trot before those that count.
int drawn_warm_up(double control_dt, const GaitEpisode& episode) {
  const int least = static_cast<int>(std::lround(kLeastWarmUp / control_dt));
  const int most = static_cast<int>(std::lround(kMostWarmUp / control_dt));
  const std::uint32_t choices = static_cast<std::uint32_t>(most - least + 1);
  return least + static_cast<int>(mul_hi(bits(episode, Purpose::kWarmUp).x[0], choices));
}

double unbounded(std::span<const double> x, int i) {
  return kTerms[i].start + kTerms[i].step * x[i];
}

GaitPoint point(std::span<const double> x) {
  GaitPoint out;
  for (int i = 0; i < kNumNumbers; ++i) {
    const double free = unbounded(x, i);
    out.number[i] = std::clamp(free, kTerms[i].low, kTerms[i].high);
    out.rate[i] = free == out.number[i] ? kTerms[i].step : 0.0;
  }
  return out;
}

/// Bounds of the servos' targets: of the action, and the environments' own.
void bound_targets(const quadruped::TaskConfig& task, GaitWalk& walk) {
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const int leg = joint / kJointsPerLeg, j = joint % kJointsPerLeg;
    const double pose = walk.body.pose[leg][j], reach = task.action_scale;
    const Range limits = quadruped::target_limits(walk.model.leg[leg].hinge[j], task.target_margin);
    walk.target_low[joint] = std::max<double>(pose - reach, limits.low);
    walk.target_high[joint] = std::min<double>(pose + reach, limits.high);
  }
}

std::shared_ptr<const GaitWalk> walk_of(const GaitEpisodeSetup& setup) {
  const std::string why_not = why_no_walk(setup.model);
  KENNEL_CHECK(why_not.empty(), why_not);
  const quadruped::TaskConfig& task = setup.env.task;
  const auto walk = std::make_shared<GaitWalk>();
  walk->model = setup.model;
  walk->single = to_float(setup.model);
  walk->body = setup.body;
  walk->stance_height = setup.stance_height;
  walk->control_dt = task.decimation * setup.model.timestep;
  walk->decimation = task.decimation;
  walk->solver = {task.solver_iterations, task.ls_iterations};
  walk->least_upright = std::cos(static_cast<double>(task.max_tilt));
  walk->least_height = task.min_height;
  bound_targets(task, *walk);
  return walk;
}

}  // namespace

std::array<double, kNumNumbers> gait_numbers(std::span<const double> x) {
  std::array<double, kNumNumbers> out;
  std::copy_n(point(x).number, kNumNumbers, out.begin());
  return out;
}

std::string GaitEpisodes::why_not(const Quadruped<double>& robot) { return why_no_walk(robot); }

GaitEpisodes::GaitEpisodes(const GaitEpisodeSetup& setup)
    : walk_(walk_of(setup)), command_(setup.env.command) {}

GaitStart GaitEpisodes::start(std::span<const double> x, const GaitEpisode& episode) const {
  const GaitPoint at = point(x);
  const int warm_up = drawn_warm_up(walk_->control_dt, episode);
  GaitStart out{.command = drawn_command(command_, episode), .state = walk_->standing()};
  out.fallen = walk_->walk(at.number, out, warm_up, out.state).fallen;
  out.cycle = warm_up * walk_->control_dt * at.number[gait::kFrequency];
  return out;
}

double GaitEpisodes::value(std::span<const double> x, const GaitStart& start, int horizon) const {
  return start.fallen ? 0.0 : walk_->earned(point(x).number, start, horizon);
}

GaitOutcome GaitEpisodes::gradient(std::span<const double> x, const GaitStart& start, int horizon,
                                   std::span<double> out) const {
  if (start.fallen) {
    std::fill_n(out.begin(), kNumNumbers, 0.0);
    return {.pay = 0.0, .fallen = true};
  }
  const Walked<double> walked = walk_->gradient(point(x), start, horizon, out);
  return {walked.earned, walked.fallen};
}

}  // namespace kennel::gradient
