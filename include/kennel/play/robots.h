// The robots that `kennel play` shows: each in a world of its own, under the same command, with
// sensors as noisy as the judge's.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "kennel/judge/controller.h"
#include "kennel/judge/quantities.h"
#include "kennel/judge/world.h"

namespace kennel::play {

struct RobotsOptions {
  judge::Physics physics = judge::Physics::kMujoco;
  int count = 1;
  std::uint64_t seed = 1;
  double friction = judge::kNominalFriction;
  bool randomised = false;  // every robot its own masses, gains and delays, as the judge draws them
};

class Robots {
 public:
  /// Both must outlive the robots.
  Robots(const judge::JudgeModel& judge, const PolicyFile& policy, const RobotsOptions& options);

  const RobotContract& contract() const { return robots_.front().world->contract(); }

  /// Advances a control step. A robot that has lain for a second stands up again at its place.
  void step(const judge::Command& command);

  /// Stands every robot at its place again.
  void restart();

  /// Pushes every robot in a direction of its own.
  /// \param speed  change of the base's velocity, m/s
  void push(double speed);

  void set_friction(double friction);
  double friction(int robot) const { return robots_[robot].plan.friction; }

  int count() const { return options_.count; }
  double control_dt() const { return clock_.control_dt(); }  // s, of a step
  int falls() const { return falls_; }
  judge::World& world(int robot) { return *robots_[robot].world; }

  /// What the robots are told, by name.
  const judge::Told& told() const { return told_; }

  /// The mean over the last half second of what a robot does of what it is told.
  judge::Command measured(int robot) const;

 private:
  struct Robot {
    std::unique_ptr<judge::World> world;
    std::unique_ptr<judge::Controller> controller;
    judge::EpisodePlan plan;
    judge::EpisodeRandom noise{0, 0};
    std::vector<judge::Command> measured;  // of the last control steps
    int step = 0;                          // since it stood up
    int lying = 0;                         // control steps since it fell
  };

  void start(int index);
  void step(Robot& robot, const judge::Command& command);

  judge::Told told_;
  judge::ControlClock clock_;
  RobotsOptions options_;
  std::mt19937_64 random_;
  std::vector<Robot> robots_;
  int falls_ = 0;
};

}  // namespace kennel::play
