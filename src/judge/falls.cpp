#include "kennel/judge/falls.h"

#include <algorithm>
#include <cmath>
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
    {"base mass", "", [](const EpisodePlan& plan) { return plan.mass_factor[0]; }},
    {"mean leg mass", "",
     [](const EpisodePlan& plan) {
       return std::accumulate(plan.mass_factor.begin() + 1, plan.mass_factor.end(), 0.0) /
              (kLinks - 1);
     }},
    {"mass forward", "m", [](const EpisodePlan& plan) { return plan.com_shift[0]; }},
    {"strength", "", [](const EpisodePlan& plan) { return plan.strength; }},
    {"kp", "", [](const EpisodePlan& plan) { return plan.kp_factor; }},
    {"kd", "", [](const EpisodePlan& plan) { return plan.kd_factor; }},
    {"action latency", "ms",
     [](const EpisodePlan& plan) { return kMillisecondsPerSecond * plan.action_delay; }},
    {"IMU latency", "ms",
     [](const EpisodePlan& plan) { return kMillisecondsPerSecond * plan.imu_delay; }},
    {"hardest push", "m/s",
     [](const EpisodePlan& plan) {
       double hardest = 0.0;
       for (const auto& push : plan.pushes)
         hardest = std::max(hardest, std::hypot(push[0], push[1]));
       return hardest;
     }},
};

/// What the last control step of an episode began with.
struct LastSeen {
  Command command{};
  double roll = 0.0, pitch = 0.0;
};

LastSeen seen_in(const StepRecord& record) {
  const mjtNum* q = record.world.data().qpos + 3;
  const double w = q[0], x = q[1], y = q[2], z = q[3];
  return {record.command, std::atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
          std::asin(std::clamp(2 * (w * y - z * x), -1.0, 1.0))};
}

/// s since the last of the times that something happens every `period` seconds, from the first on.
double since(double time, double period) { return std::fmod(time, period); }

Fall fall_of(int episode, const EpisodeStats& stats, const LastSeen& last,
             const EpisodePlan& plan) {
  const double time = stats.steps * stats.control_dt;
  const bool pushed = time > kPushTime && plan.pushes != decltype(plan.pushes){};
  const double last_push = std::min<double>(kPushes, std::floor(time / kPushTime)) * kPushTime;
  Fall fall{episode,
            time,
            since(time, kCommandTime),
            pushed ? time - last_push : std::numeric_limits<double>::quiet_NaN(),
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
  const auto plan_of = [&](int episode) {
    return plan_episode(options.condition, options.seed, episode, policy);
  };
  std::vector<LastSeen> last(options.episodes);
  const EpisodePlans plans{
      options.episodes, options.seed, plan_of,
      [&](int episode, const StepRecord& record) { last[episode] = seen_in(record); }};
  const std::vector<EpisodeStats> all = play_episodes(judge, policy, options, plans);

  FallStudy study{options.condition, options.episodes, {}, {}};
  for (int episode = 0; episode < options.episodes; ++episode)
    if (all[episode].fell)
      study.falls.push_back(fall_of(episode, all[episode], last[episode], plan_of(episode)));
  for (std::size_t at = 0; at < std::size(kDrawn); ++at) {
    std::vector<double> all_drawn, of_falls;
    for (int episode = 0; episode < options.episodes; ++episode)
      all_drawn.push_back(kDrawn[at].of(plan_of(episode)));
    for (const Fall& fall : study.falls) of_falls.push_back(fall.drawn[at]);
    const double mean = mean_of(all_drawn);
    std::vector<double> off_sq;
    for (const double x : all_drawn) off_sq.push_back((x - mean) * (x - mean));
    study.drawn.push_back(
        {kDrawn[at].name, kDrawn[at].unit, mean, std::sqrt(mean_of(off_sq)), mean_of(of_falls)});
  }
  return study;
}

}  // namespace kennel::judge
