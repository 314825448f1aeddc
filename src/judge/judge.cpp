#include "kennel/judge/judge.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/quantities.h"

namespace kennel::judge {
namespace {

// MuJoCo would write warnings about diverging episodes to a file in the current folder; the judge
// counts them instead.
void silence_mujoco() {
  static std::once_flag once;
  std::call_once(once, [] {
    mjLogConfig config = mju_getLogConfig();
    config.logto_console = false;
    config.logto_file = false;
    mju_setLogConfig(config);
  });
}

// A mean that is NaN without data.
struct Mean {
  double sum = 0.0;
  double count = 0.0;
  void add(double value, double weight = 1.0) { sum += value, count += weight; }
  double value() const { return sum / count; }
};

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

}  // namespace

EvalResult summarise(const std::vector<EpisodeStats>& episodes, const RobotContract& robot) {
  EvalResult result;
  Mean pair_sq, third_sq, drift, torque_sq, action_rate_sq, target_rate_sq, survival;
  Mean work, slip, touch_downs, standing_touch_downs, speed;
  for (const EpisodeStats& e : episodes) {
    ++result.episodes;
    result.falls += e.fell;
    result.diverged += e.diverged;
    survival.add(e.steps * e.control_dt);
    if (e.scored_steps > 0) {
      pair_sq.add(e.pair_error_sq / e.scored_steps);
      third_sq.add(e.third_error_sq / e.scored_steps);
    }
    if (e.standing && std::isfinite(e.drift_speed)) drift.add(e.drift_speed);
    if (e.diverged) continue;  // its sums are not finite
    torque_sq.add(e.torque_sq, e.steps * e.decimation * kPolicyJoints);
    action_rate_sq.add(e.action_rate_sq, e.steps * kPolicyJoints);
    target_rate_sq.add(e.target_rate_sq, e.steps * kPolicyJoints);
    (e.standing ? standing_touch_downs : touch_downs).add(e.touch_downs, e.gait_time * kNumLegs);
    if (e.standing) continue;
    work.add(e.work, e.carried);
    speed.add(e.way, e.way_time);
    slip.add(e.slip_path, e.stance);
  }
  result.pair_rmse = std::sqrt(pair_sq.value());
  result.third_rmse = std::sqrt(third_sq.value());
  result.standing_drift = drift.value();
  result.standing_steps = standing_touch_downs.value();
  result.torque_rms = std::sqrt(torque_sq.value());
  result.action_rate_rms = std::sqrt(action_rate_sq.value());
  result.target_rate_rms = std::sqrt(target_rate_sq.value());
  result.survival_s = survival.value();
  // What hardly moves transports nothing.
  const double slowest = speed_scale(robot) * kSlowestWalk;
  result.cost_of_transport = speed.value() >= slowest ? work.value() : kNoScore;
  result.foot_slip = slip.value();
  result.step_frequency = touch_downs.value();
  return result;
}

const char* name_of(Condition condition) { return kConditions[static_cast<int>(condition)].name; }

const char* use_of_seed(std::uint64_t seed) {
  return seed < kFirstPublishedSeed ? "tuning" : "published";
}

const char* name_of(Physics physics) {
  switch (physics) {
    case Physics::kKennel:
      return "Kennel";
    case Physics::kExact:
      return "Exact";
    case Physics::kMujoco:
      break;
  }
  return "MuJoCo";
}

void EvalOptions::validate() const {
  KENNEL_CHECK(episodes >= 1 && episodes <= 1'000'000, "episodes = ", episodes,
               "; expected 1 to 1000000");
  KENNEL_CHECK(threads >= 0 && threads <= 4096, "threads = ", threads,
               "; expected 0 (one for each core) to 4096");
}

JudgeModel load_judge_model(const EvalOptions& options, const RobotContract& robot) {
  options.validate();
  const Told told(robot);  // complains of what cannot be judged
  silence_mujoco();
  return load_judge_model(options.model.empty() ? model_for({}, robot) : options.model, robot);
}

EvalResult evaluate(const PolicyFile& policy, const EvalOptions& options) {
  const JudgeModel judge = load_judge_model(options, policy);
  const EpisodePlans plans{options.episodes, options.seed, [&](int episode) {
                             EpisodePlan plan =
                                 plan_episode(options.condition, options.seed, episode, policy);
                             if (options.command) {
                               plan.standing = *options.command == Command{};
                               plan.commands.fill(*options.command);
                             }
                             return plan;
                           }};
  return summarise(play_episodes(judge, policy, options, plans), policy);
}

}  // namespace kennel::judge
