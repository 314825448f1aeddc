#include "kennel/judge/occupancy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "kennel/judge/episode_pool.h"

namespace kennel::judge {
namespace {

double height(const World& world) { return world.data().qpos[2] - world.floor_height(); }

/// Of R_wb's last column, for the base's quaternion (w, x, y, z): z . z = 1 - 2 (x^2 + y^2).
double tilt(const World& world) {
  const double x = world.data().qpos[4], y = world.data().qpos[5];
  return std::acos(std::clamp(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0));
}

double speed(const World& world) { return std::hypot(world.data().qvel[0], world.data().qvel[1]); }

double feet_down(const World& world) {
  return static_cast<double>(std::count_if(world.feet().begin(), world.feet().end(),
                                           [](const Foot& foot) { return foot.touches; }));
}

double same(const RobotContract&) { return 1.0; }
double length_scale(const RobotContract& robot) { return robot.size; }

struct Axis {
  const char *name, *unit;
  double low, high;  // of a robot of size 1
  int bins;
  double (*scale)(const RobotContract& robot);  // of low and high
  double (*of)(const World& world);
};

constexpr Axis kAxes[] = {
    {"height", "m", 0.0, 0.3, 30, length_scale, height},
    {"tilt", "rad", 0.0, 1.2, 24, same, tilt},
    {"speed", "m/s", 0.0, 1.5, 30, speed_scale, speed},
    {"feet on the floor", "", -0.5, 4.5, 5, same, feet_down},
};

/// How many steps were in each bin of each axis.
using Counts = std::array<std::vector<std::int64_t>, std::size(kAxes)>;

void count(const World& world, Counts& counts) {
  for (std::size_t k = 0; k < std::size(kAxes); ++k) {
    const Axis& axis = kAxes[k];
    counts[k].resize(static_cast<std::size_t>(axis.bins));
    const double scale = axis.scale(world.contract());
    const double place = (axis.of(world) / scale - axis.low) / (axis.high - axis.low);
    if (std::isnan(place)) continue;  // diverged
    const double bin = std::clamp(std::floor(place * axis.bins), 0.0, axis.bins - 1.0);
    ++counts[k][static_cast<std::size_t>(bin)];
  }
}

}  // namespace

std::vector<Visited> run_occupancy(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  std::vector<Counts> counts(static_cast<std::size_t>(options.episodes));
  const EpisodePlans plans{
      options.episodes, options.seed,
      [&](int episode) { return plan_episode(options.condition, options.seed, episode, policy); },
      [&](int episode, const StepRecord& record) {
        if (record.step > 0) count(record.world, counts[static_cast<std::size_t>(episode)]);
      }};
  play_episodes(judge, policy, options, plans);
  std::vector<Visited> all;
  for (std::size_t k = 0; k < std::size(kAxes); ++k) {
    const Axis& axis = kAxes[k];
    const double scale = axis.scale(policy);
    Visited visited{axis.name, axis.unit, axis.low * scale, axis.high * scale, {}};
    std::vector<std::int64_t> sums(static_cast<std::size_t>(axis.bins));
    std::int64_t steps = 0;
    for (const Counts& episode : counts)
      for (std::size_t bin = 0; bin < episode[k].size(); ++bin) {
        sums[bin] += episode[k][bin];
        steps += episode[k][bin];
      }
    for (const std::int64_t sum : sums)
      visited.share.push_back(steps > 0 ? static_cast<double>(sum) / static_cast<double>(steps)
                                        : 0.0);
    all.push_back(std::move(visited));
  }
  return all;
}

}  // namespace kennel::judge
