#include "kennel/judge/falls.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kennel/judge/episode_pool.h"

namespace kennel::judge {
namespace {

constexpr double kMillisecondsPerSecond = 1e3;

struct Drawn {
  const char* name;
  const char* unit;
  double (*of)(const EpisodePlan& plan);
};

constexpr Drawn kDrawn[] = {
    {"friction", "", [](const EpisodePlan& plan) { return plan.friction; }},
    {"base_mass", "", [](const EpisodePlan& plan) { return plan.mass_factor[0]; }},
    {"mean_leg_mass", "",
     [](const EpisodePlan& plan) {
       return std::accumulate(plan.mass_factor.begin() + 1, plan.mass_factor.end(), 0.0) /
              (kLinks - 1);
     }},
    {"mass_forward", "m", [](const EpisodePlan& plan) { return plan.com_shift[0]; }},
    {"strength", "", [](const EpisodePlan& plan) { return plan.strength; }},
    {"kp", "", [](const EpisodePlan& plan) { return plan.kp_factor; }},
    {"kd", "", [](const EpisodePlan& plan) { return plan.kd_factor; }},
    {"action_latency", "ms",
     [](const EpisodePlan& plan) { return kMillisecondsPerSecond * plan.action_delay; }},
    {"imu_latency", "ms",
     [](const EpisodePlan& plan) { return kMillisecondsPerSecond * plan.imu_delay; }},
    {"hardest_push", "m/s",
     [](const EpisodePlan& plan) {
       double hardest = 0.0;
       for (const auto& push : plan.pushes)
         hardest = std::max(hardest, std::hypot(push[0], push[1]));
       return hardest;
     }},
};

/// What the last control step of an episode began with.
struct LastSeen {
  int step = 0;
  Command command{};
  double roll = 0.0, pitch = 0.0;
};

LastSeen seen_in(const StepRecord& record) {
  const mjtNum* q = record.world.data().qpos + 3;
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  return {record.step, record.command, std::atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
          std::asin(std::clamp(2 * (w * y - z * x), -1.0, 1.0))};
}

/// s from the last time that something happened which comes every `period` seconds, or from the
/// start. It happens where a control step begins.
/// \param step  the last one that did
double since(const ControlClock& clock, double time, int step, double period) {
  return time - clock.steps_until(clock.times_due(step, period) * period) * clock.control_dt();
}

Fall fall_of(int episode, const ControlClock& clock, const EpisodeStats& stats,
             const LastSeen& last, const EpisodePlan& plan) {
  const double time = stats.steps * stats.control_dt;
  const bool pushed =
      clock.times_due(last.step, kPushTime) > 0 && plan.pushes != decltype(plan.pushes){};
  Fall fall{
      episode,
      time,
      plan.standing ? time : since(clock, time, last.step, kCommandTime),
      pushed ? since(clock, time, last.step, kPushTime) : std::numeric_limits<double>::quiet_NaN(),
      last.roll,
      last.pitch,
      last.command,
      stats.diverged,
      {}};
  for (const Drawn& drawn : kDrawn) fall.drawn.push_back(drawn.of(plan));
  return fall;
}

/// NaN of nothing.
double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

FallStudy run_falls(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  const ControlClock clock(policy, judge.nominal->opt.timestep);
  std::vector<EpisodePlan> plan;
  for (int episode = 0; episode < options.episodes; ++episode)
    plan.push_back(plan_episode(options.condition, options.seed, episode, policy));
  std::vector<LastSeen> last(options.episodes);
  const EpisodePlans plans{
      options.episodes, options.seed, [&](int episode) { return plan[episode]; },
      [&](int episode, const StepRecord& record) { last[episode] = seen_in(record); }};
  const std::vector<EpisodeStats> all = play_episodes(judge, policy, options, plans);

  FallStudy study{options.condition, options.episodes, {}, {}};
  for (int episode = 0; episode < options.episodes; ++episode)
    if (all[episode].fell)
      study.falls.push_back(fall_of(episode, clock, all[episode], last[episode], plan[episode]));
  for (std::size_t at = 0; at < std::size(kDrawn); ++at) {
    std::vector<double> of_all, off_sq, of_falls;
    for (const EpisodePlan& each : plan) of_all.push_back(kDrawn[at].of(each));
    for (const Fall& fall : study.falls) of_falls.push_back(fall.drawn[at]);
    const double mean = mean_of(of_all);
    for (const double x : of_all) off_sq.push_back((x - mean) * (x - mean));
    study.drawn.push_back(
        {kDrawn[at].name, kDrawn[at].unit, mean, std::sqrt(mean_of(off_sq)), mean_of(of_falls)});
  }
  return study;
}

}  // namespace kennel::judge
