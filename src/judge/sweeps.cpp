#include "kennel/judge/sweeps.h"

#include <algorithm>
#include <cmath>

#include "kennel/judge/episode_pool.h"

namespace kennel::judge {
namespace {

int physics_steps(double milliseconds) {
  return static_cast<int>(std::lround(milliseconds / (1000.0 * kPhysicsDt)));
}

/// A quantity to sweep. Values are in the unit.
struct Quantity {
  const char* name;
  const char* unit;
  std::vector<double> values;
  void (*apply)(double value, const EpisodeRandom& random, EpisodePlan& plan);
};

const std::vector<Quantity>& quantities() {
  using Random = EpisodeRandom;
  static const std::vector<Quantity> all = {
      {"friction",
       "",
       {0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5},
       [](double x, const Random&, EpisodePlan& plan) { plan.friction = x; }},
      {"action latency",
       "ms",
       {0, 8, 16, 20, 24, 32, 40},
       [](double x, const Random&, EpisodePlan& plan) { plan.action_delay = physics_steps(x); }},
      {"IMU latency",
       "ms",
       {0, 8, 16, 20, 24, 32, 40},
       [](double x, const Random&, EpisodePlan& plan) { plan.imu_delay = physics_steps(x); }},
      {"mass",
       "",
       {0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4},
       [](double x, const Random&, EpisodePlan& plan) { plan.mass_factor.fill(x); }},
      {"strength",
       "",
       {0.6, 0.7, 0.8, 0.9, 1.0, 1.1},
       [](double x, const Random&, EpisodePlan& plan) { plan.strength = x; }},
      {"push",
       "m/s",
       {0, 0.2, 0.4, 0.6, 0.8, 1.0},
       [](double x, const Random& random, EpisodePlan& plan) {
         for (int push = 0; push < kPushes; ++push) {
           const double direction = random.uniform(Random::kPushVelocity, push, {-M_PI, M_PI});
           plan.pushes[push] = {x * std::cos(direction), x * std::sin(direction)};
         }
       }},
  };
  return all;
}

/// The nominal plan of an episode, told one thing from the start to the end. With sensor noise:
/// such commands often lie in the robot's plane of symmetry, and a mirror-symmetric policy that
/// sees nothing else hardly lifts one foot before the other.
EpisodePlan constant_plan(const RobotContract& robot, std::uint64_t seed, int episode,
                          const Command& command) {
  EpisodePlan plan = plan_episode(Condition::kNominal, seed, episode, robot);
  plan.standing = false;
  plan.noise = true;
  plan.commands.fill(command);
  return plan;
}

}  // namespace

std::vector<Sweep> run_sweeps(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  std::vector<Sweep> sweeps;
  for (const Quantity& quantity : quantities()) {
    Sweep& sweep = sweeps.emplace_back(Sweep{quantity.name, quantity.unit, {}});
    for (const double value : quantity.values) {
      const EpisodePlans plans{options.episodes, options.seed, [&](int episode) {
                                 EpisodePlan plan = plan_episode(Condition::kNominal, options.seed,
                                                                 episode, policy);
                                 quantity.apply(value, EpisodeRandom(options.seed, episode), plan);
                                 return plan;
                               }};
      sweep.cells.push_back({value, summarise(play_episodes(judge, policy, options, plans))});
    }
  }
  return sweeps;
}

SlowStudy run_slow(const PolicyFile& policy, const EvalOptions& options) {
  constexpr Command kSlow[] = {{-0.25, 0, 0}, {0.25, 0, 0}, {0.15, 0, 0},
                               {-0.15, 0, 0}, {0, 0.15, 0}, {0, -0.2, 0},
                               {0, 0, 0.3},   {0, 0, -0.5}, {0.1, 0.1, 0}};
  constexpr int kCommandCount = static_cast<int>(std::size(kSlow));
  const int each = options.episodes;
  const EpisodePlans plans{kCommandCount * each, options.seed, [&](int episode) {
                             return constant_plan(policy, options.seed, episode,
                                                  kSlow[episode / each]);
                           }};
  const std::vector<EpisodeStats> all =
      play_episodes(load_judge_model(options, policy), policy, options, plans);
  const auto worse = [](double a, double b) { return std::isnan(a) || b < a ? a : b; };
  SlowStudy study{{}, 0.0, 0.0, 0, 0};
  for (int at = 0; at < kCommandCount; ++at) {
    const auto first = all.begin() + at * each;
    const EvalResult result = summarise({first, first + each});
    study.cells.push_back({kSlow[at].vx, kSlow[at].vy, kSlow[at].yaw_rate, result});
    study.worst_velocity_rmse = worse(study.worst_velocity_rmse, result.velocity_rmse);
    study.worst_yaw_rmse = worse(study.worst_yaw_rmse, result.yaw_rmse);
    study.episodes += result.episodes;
    study.falls += result.falls;
  }
  return study;
}

CommandGrid run_grid(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  CommandGrid grid{{-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75}, {-2.0, -1.0, 0.0, 1.0, 2.0}, {}};
  for (const double yaw_rate : grid.yaw_rate) {
    auto& row = grid.result.emplace_back();
    for (const double vx : grid.vx) {
      const EpisodePlans plans{
          options.episodes, options.seed, [&](int episode) {
            return constant_plan(policy, options.seed, episode, {vx, 0.0, yaw_rate});
          }};
      row.push_back(summarise(play_episodes(judge, policy, options, plans)));
    }
  }
  return grid;
}

std::vector<TrackingCurve> run_tracking(const PolicyFile& policy, const EvalOptions& options) {
  struct Axis {
    const char *name, *unit;
    Interval range;
    double Command::*number;
  };
  const Axis axes[] = {{"vx", "m/s", interval_of(policy.command_vx), &Command::vx},
                       {"vy", "m/s", interval_of(policy.command_vy), &Command::vy},
                       {"yaw_rate", "rad/s", interval_of(policy.command_yaw), &Command::yaw_rate}};
  constexpr int kPoints = 7, kEpisodes = kPoints * static_cast<int>(std::size(axes));
  const auto command_of = [&](int episode) {
    const Interval range = axes[episode / kPoints].range;
    return range.low + (range.high - range.low) * (episode % kPoints) / (kPoints - 1);
  };
  struct Moments {
    double count = 0, sum = 0, sum_sq = 0;
  };
  std::vector<Moments> seen(kEpisodes);
  const int first_scored = ControlClock(policy).steps_until(kUnscoredTime);
  const EpisodePlans plans{kEpisodes, options.seed,
                           [&](int episode) {
                             Command command;
                             command.*axes[episode / kPoints].number = command_of(episode);
                             return constant_plan(policy, options.seed, episode % kPoints, command);
                           },
                           [&](int episode, const StepRecord& record) {
                             if (record.step < first_scored) return;
                             const double x =
                                 base_velocity(record.world.data()).*axes[episode / kPoints].number;
                             Moments& m = seen[episode];
                             ++m.count, m.sum += x, m.sum_sq += x * x;
                           }};
  play_episodes(load_judge_model(options, policy), policy, options, plans);

  std::vector<TrackingCurve> curves;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    const Axis& axis = axes[episode / kPoints];
    if (episode % kPoints == 0) curves.push_back({axis.name, axis.unit, {}, {}, {}});
    const Moments& m = seen[episode];
    const double mean = m.sum / m.count;
    curves.back().command.push_back(command_of(episode));
    curves.back().measured.push_back(mean);
    curves.back().spread.push_back(std::sqrt(std::max(0.0, m.sum_sq / m.count - mean * mean)));
  }
  return curves;
}

}  // namespace kennel::judge
