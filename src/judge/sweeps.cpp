#include "kennel/judge/sweeps.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kennel/core/check.h"
#include "kennel/judge/episode_pool.h"

namespace kennel::judge {
namespace {

constexpr double kMillisecond = 1e-3;  // s

/// A quantity to sweep. Values are in the unit, for a robot of size 1.
struct SweptQuantity {
  const char* name;
  const char* unit;
  std::vector<double> values;
  bool is_speed;  // of others, values are times the square root of their size
  void (*apply)(double value, const EpisodeRandom& random, EpisodePlan& plan);
};

const std::vector<SweptQuantity>& quantities() {
  using Random = EpisodeRandom;
  static const std::vector<SweptQuantity> all = {
      {"friction",
       "",
       {0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5},
       false,
       [](double x, const Random&, EpisodePlan& plan) { plan.friction = x; }},
      {"action latency",
       "ms",
       {0, 8, 16, 20, 24, 32, 40},
       false,
       [](double x, const Random&, EpisodePlan& plan) { plan.action_delay = x * kMillisecond; }},
      {"IMU latency",
       "ms",
       {0, 8, 16, 20, 24, 32, 40},
       false,
       [](double x, const Random&, EpisodePlan& plan) { plan.imu_delay = x * kMillisecond; }},
      {"mass",
       "",
       {0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4},
       false,
       [](double x, const Random&, EpisodePlan& plan) { plan.mass_factor.fill(x); }},
      {"strength",
       "",
       {0.6, 0.7, 0.8, 0.9, 1.0, 1.1},
       false,
       [](double x, const Random&, EpisodePlan& plan) { plan.strength = x; }},
      {"push",
       "m/s",
       {0, 0.2, 0.4, 0.6, 0.8, 1.0},
       true,
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

/// Commands of a walk at which standing still is tempting, for a robot of size 1.
constexpr Command kSlow[] = {{-0.25, 0, 0}, {0.25, 0, 0}, {0.15, 0, 0}, {-0.15, 0, 0}, {0, 0.15, 0},
                             {0, -0.2, 0},  {0, 0, 0.3},  {0, 0, -0.5}, {0.1, 0.1, 0}};

/// What is as slow for another robot, within what it may be told.
Command slow_command(const RobotContract& robot, const Command& command) {
  const double speed = speed_scale(robot);
  const auto within = [](const Range& range, double x) {
    return std::clamp<double>(hundredths(x), range.low, range.high);
  };
  return {within(robot.command[0].range, speed * command[0]),
          within(robot.command[1].range, speed * command[1]),
          within(robot.command[2].range, command[2] / speed)};
}

/// `count` numbers from end to end of a range.
std::vector<double> evenly(const Range& range, int count) {
  const Interval ends = interval_of(range);
  std::vector<double> out;
  for (int at = 0; at < count; ++at)
    out.push_back(ends.low + (ends.high - ends.low) * at / (count - 1));
  return out;
}

}  // namespace

std::vector<Sweep> run_sweeps(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  std::vector<Sweep> sweeps;
  for (const SweptQuantity& quantity : quantities()) {
    Sweep& sweep = sweeps.emplace_back(Sweep{quantity.name, quantity.unit, {}});
    for (const double of_size_one : quantity.values) {
      const double value =
          quantity.is_speed ? hundredths(speed_scale(policy) * of_size_one) : of_size_one;
      const EpisodePlans plans{options.episodes, options.seed, [&](int episode) {
                                 EpisodePlan plan = plan_episode(Condition::kNominal, options.seed,
                                                                 episode, policy);
                                 quantity.apply(value, EpisodeRandom(options.seed, episode), plan);
                                 return plan;
                               }};
      sweep.cells.push_back(
          {value, summarise(play_episodes(judge, policy, options, plans), policy)});
    }
  }
  return sweeps;
}

std::string slow_refusal(const RobotContract& robot) {
  const CommandTerms walk = walk_command();
  const auto same = [](const CommandTerm& a, const CommandTerm& b) { return a.name == b.name; };
  if (std::equal(walk.begin(), walk.end(), robot.command.begin(), same)) return "";
  return text("the slow commands are a walk's; the policy is told ", command_names(robot),
              ": choose another study");
}

SlowStudy run_slow(const PolicyFile& policy, const EvalOptions& options) {
  const std::string refusal = slow_refusal(policy);
  KENNEL_CHECK(refusal.empty(), refusal);
  const JudgeModel judge = load_judge_model(options, policy);
  std::array<Command, std::size(kSlow)> slow;
  std::transform(std::begin(kSlow), std::end(kSlow), slow.begin(),
                 [&](const Command& command) { return slow_command(policy, command); });
  constexpr int kCommandCount = static_cast<int>(std::size(kSlow));
  const int each = options.episodes;
  const EpisodePlans plans{kCommandCount * each, options.seed, [&](int episode) {
                             return constant_plan(policy, options.seed, episode,
                                                  slow[episode / each]);
                           }};
  const std::vector<EpisodeStats> all = play_episodes(judge, policy, options, plans);
  const auto worse = [](double a, double b) { return std::isnan(a) || b < a ? a : b; };
  SlowStudy study{{}, 0.0, 0.0, 0, 0};
  for (int at = 0; at < kCommandCount; ++at) {
    const auto first = all.begin() + at * each;
    const EvalResult result = summarise({first, first + each}, policy);
    study.cells.push_back({slow[at], result});
    study.worst_pair_rmse = worse(study.worst_pair_rmse, result.pair_rmse);
    study.worst_third_rmse = worse(study.worst_third_rmse, result.third_rmse);
    study.episodes += result.episodes;
    study.falls += result.falls;
  }
  return study;
}

CommandGrid run_grid(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  CommandGrid grid{evenly(policy.command[0].range, 7), evenly(policy.command[2].range, 5), {}};
  for (const double third : grid.third) {
    auto& row = grid.result.emplace_back();
    for (const double first : grid.first) {
      const EpisodePlans plans{
          options.episodes, options.seed, [&](int episode) {
            return constant_plan(policy, options.seed, episode, {first, 0.0, third});
          }};
      row.push_back(summarise(play_episodes(judge, policy, options, plans), policy));
    }
  }
  return grid;
}

std::vector<TrackingCurve> run_tracking(const PolicyFile& policy, const EvalOptions& options) {
  constexpr int kPoints = 7, kEpisodes = kPoints * kCommandTerms;
  std::array<std::vector<double>, kCommandTerms> commands;
  for (int axis = 0; axis < kCommandTerms; ++axis)
    commands[axis] = evenly(policy.command[axis].range, kPoints);
  const auto command_of = [&](int episode) {
    return commands[episode / kPoints][episode % kPoints];
  };
  struct Moments {
    double count = 0, sum = 0, sum_sq = 0;
  };
  std::vector<Moments> seen(kEpisodes);
  const JudgeModel judge = load_judge_model(options, policy);
  const Told told(policy);
  const int first_scored =
      ControlClock(policy, judge.nominal->opt.timestep).steps_until(kUnscoredTime);
  const EpisodePlans plans{kEpisodes, options.seed,
                           [&](int episode) {
                             Command command{};
                             command[episode / kPoints] = command_of(episode);
                             return constant_plan(policy, options.seed, episode % kPoints, command);
                           },
                           [&](int episode, const StepRecord& record) {
                             if (record.step < first_scored) return;
                             const Command did =
                                 told.measure(record.world.data(), record.world.floor_height());
                             const double x = did[episode / kPoints];
                             Moments& m = seen[episode];
                             ++m.count, m.sum += x, m.sum_sq += x * x;
                           }};
  play_episodes(judge, policy, options, plans);

  std::vector<TrackingCurve> curves;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    const CommandTerm& axis = policy.command[episode / kPoints];
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
