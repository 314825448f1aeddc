#include "kennel/judge/gate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kennel/core/check.h"

namespace kennel::judge {
namespace {

// Froude, as everywhere in the judge.
double of_speed(const RobotContract& robot) { return speed_scale(robot); }
double of_turning(const RobotContract& robot) { return 1.0 / speed_scale(robot); }
double of_nothing(const RobotContract&) { return 1.0; }

/// Falls as if there had been kGateEpisodes episodes.
double falls_of(const EvalResult& result) {
  return static_cast<double>(kGateEpisodes) * result.falls / result.episodes;
}

template <class Study, class Number>
std::optional<double> number_of(const std::optional<Study>& study, Number&& number) {
  return study ? std::optional<double>(number(*study)) : std::nullopt;
}

using J = Judgement;
using R = EvalResult;
using S = SlowStudy;
constexpr Limit kLimits[] = {
    {Gate::kWalks, "nominal", "velocity", "m/s", 0.15, of_speed,
     [](const J& j) { return number_of(j.nominal, [](const R& r) { return r.pair_rmse; }); }},
    {Gate::kWalks, "nominal", "yaw", "rad/s", 0.25, of_turning,
     [](const J& j) { return number_of(j.nominal, [](const R& r) { return r.third_rmse; }); }},
    {Gate::kWalks, "nominal", "falls", "of 96", 0.0, of_nothing,
     [](const J& j) { return number_of(j.nominal, falls_of); }},
    {Gate::kWalks, "randomised", "falls", "of 96", 3.0, of_nothing,
     [](const J& j) { return number_of(j.randomised, falls_of); }},
    {Gate::kObeys, "slow", "velocity", "m/s", 0.10, of_speed,
     [](const J& j) { return number_of(j.slow, [](const S& s) { return s.worst_pair_rmse; }); }},
    {Gate::kObeys, "slow", "yaw", "rad/s", 0.15, of_turning,
     [](const J& j) { return number_of(j.slow, [](const S& s) { return s.worst_third_rmse; }); }},
};
static_assert(kGateEpisodes == 96, "the unit of falls says so");

/// Whether some of the episodes already show that all of them miss a limit: falls stay, and errors
/// are means of squares, to which the rest can at best add nothing.
bool is_lost(Gate gate, const EvalResult& some, int all_episodes, const RobotContract& robot) {
  EvalResult at_best = some;
  at_best.episodes = all_episodes;
  const double share = static_cast<double>(some.episodes) / all_episodes;
  at_best.pair_rmse *= std::sqrt(share);
  at_best.third_rmse *= std::sqrt(share);
  return !missed(gate, {at_best, {}, {}}, robot).empty();
}

}  // namespace

std::span<const Limit> limits() { return kLimits; }

std::vector<Reading> readings(Gate gate, const Judgement& judgement, const RobotContract& robot) {
  std::vector<Reading> all;
  for (const Limit& limit : kLimits)
    if (limit.gate <= gate)
      all.push_back({&limit, limit.scale(robot) * limit.at_most, limit.value(judgement)});
  return all;
}

bool passes(Gate gate, const Judgement& judgement, const RobotContract& robot) {
  const std::vector<Reading> all = readings(gate, judgement, robot);
  return std::all_of(all.begin(), all.end(), [](const Reading& r) { return r.is_met(); });
}

std::string missed(Gate gate, const Judgement& judgement, const RobotContract& robot) {
  std::string out;
  for (const Reading& reading : readings(gate, judgement, robot)) {
    if (!reading.value || reading.is_met()) continue;
    char line[128];
    std::snprintf(line, sizeof line, "%s %s %.3g %s (at most %.3g)", reading.limit->study,
                  reading.limit->name, *reading.value, reading.limit->unit, reading.at_most);
    out += out.empty() ? line : text(", ", line);
  }
  return out;
}

void play_for(Gate gate, const PolicyFile& policy, const EvalOptions& options,
              Judgement& judgement) {
  const std::string refusal = slow_refusal(policy);
  KENNEL_CHECK(refusal.empty(), "only what walks can be asked to: the policy is told ",
               command_names(policy));
  constexpr int kScreened = 6;  // a sixth of the episodes
  const auto goes_on = [&] { return missed(gate, judgement, policy).empty(); };
  EvalOptions each = options;
  each.physics = Physics::kMujoco;
  if (gate == Gate::kObeys && !judgement.slow && goes_on()) {
    each.episodes = std::max(1, options.episodes * kGateSlowEpisodes / kGateEpisodes);
    judgement.slow = run_slow(policy, each);
  }
  const auto play = [&](Condition condition, std::optional<EvalResult>& result, int episodes) {
    each.condition = condition;
    each.episodes = episodes;
    result = evaluate(policy, each);
  };
  if (!judgement.nominal && goes_on()) {
    // What has not learned yet shows it soon.
    play(Condition::kNominal, judgement.nominal, std::max(1, options.episodes / kScreened));
    if (is_lost(gate, *judgement.nominal, options.episodes, policy)) return;
    play(Condition::kNominal, judgement.nominal, options.episodes);
  }
  if (!judgement.randomised && goes_on())
    play(Condition::kRandomised, judgement.randomised, options.episodes);
}

}  // namespace kennel::judge
