#include "kennel/play/robots.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kennel/judge/episode.h"

namespace kennel::play {
namespace {

using judge::Command;

constexpr double kSpacing = 0.8;   // m, between neighbours of size 1
constexpr double kAveraged = 0.5;  // s
constexpr double kLying = 1.0;     // s, until a robot that fell stands up again

/// Where a robot stands: rows of a square, its middle at the origin.
std::array<double, 2> place(int index, int count, double spacing) {
  const int side = static_cast<int>(std::ceil(std::sqrt(count)));
  const double middle = 0.5 * (side - 1);
  return {spacing * (index / side - middle), spacing * (index % side - middle)};
}

}  // namespace

Robots::Robots(const judge::JudgeModel& judge, const PolicyFile& policy,
               const RobotsOptions& options)
    : told_(policy),
      clock_(policy, judge.nominal->opt.timestep),
      options_(options),
      random_(options.seed),
      robots_(options.count) {
  for (int index = 0; index < options.count; ++index) {
    Robot& robot = robots_[index];
    robot.world = judge::make_world(options.physics, judge, policy);
    robot.controller = std::make_unique<judge::Controller>(policy, judge);
    const auto condition =
        options.randomised ? judge::Condition::kRandomised : judge::Condition::kNominal;
    robot.plan = judge::plan_episode(condition, options.seed, index, policy);
    robot.noise = judge::EpisodeRandom(options.seed, index);
    robot.plan.heading = 0.0;
    if (!options.randomised) robot.plan.friction = options.friction;
    start(index);
  }
}

void Robots::start(int index) {
  Robot& robot = robots_[index];
  robot.world->start(robot.plan);
  const auto [x, y] = place(index, options_.count, contract().size * kSpacing);
  robot.world->move(x, y);
  robot.controller->reset(robot.world->model(), robot.world->data());
  robot.measured.clear();
  robot.step = robot.lying = 0;
}

void Robots::restart() {
  for (int index = 0; index < count(); ++index) start(index);
}

void Robots::step(const Command& command) {
  for (int index = 0; index < count(); ++index) {
    Robot& robot = robots_[index];
    if (robot.lying > clock_.steps_until(kLying)) start(index);
    step(robot, command);
  }
}

void Robots::step(Robot& robot, const Command& command) {
  const judge::Delays delays = robot.controller->delays_of(robot.plan);
  const mjData& data = robot.world->data();
  robot.controller->decide(data, command, delays, &robot.noise, robot.step++);
  for (int substep = 0; substep < clock_.decimation(); ++substep) {
    if (substep > 0) robot.controller->sense(data);
    robot.world->step(robot.controller->target(substep, delays));
  }
  robot.measured.push_back(told_.measure(data, robot.world->floor_height()));
  if (robot.measured.size() > static_cast<std::size_t>(clock_.steps_until(kAveraged)))
    robot.measured.erase(robot.measured.begin());
  // Not finite counts as lying too: every comparison with it is false.
  if (!judge::is_fall(contract(), data, robot.world->floor_height()) &&
      std::isfinite(data.qpos[2]) && robot.lying == 0)
    return;
  if (robot.lying++ == 0) ++falls_;
}

void Robots::push(double speed) {
  std::uniform_real_distribution<double> any(-std::numbers::pi, std::numbers::pi);
  for (Robot& robot : robots_) {
    const double direction = any(random_);
    robot.world->push(speed * std::cos(direction), speed * std::sin(direction));
  }
}

void Robots::set_friction(double friction) {
  for (Robot& robot : robots_) {
    robot.plan.friction = friction;
    robot.world->set_friction(friction);
  }
}

Command Robots::measured(int index) const {
  const auto& seen = robots_[index].measured;
  Command mean{};
  for (const Command& did : seen)
    for (int at = 0; at < kCommandTerms; ++at)
      mean[at] += did[at] / static_cast<double>(seen.size());
  return mean;
}

}  // namespace kennel::play
