#include "kennel/judge/judge.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "episode.h"
#include "kennel/core/check.h"

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

// Plays all episodes; entry e of the result is episode e, whichever thread played it.
class EpisodePool {
 public:
  EpisodePool(const JudgeModel& judge, const PolicyFile& policy, const EvalOptions& options)
      : judge_(judge), policy_(policy), options_(options), stats_(options.episodes) {}

  std::vector<EpisodeStats> run() {
    int count = options_.threads > 0 ? options_.threads
                                     : static_cast<int>(std::thread::hardware_concurrency());
    count = std::clamp(count, 1, options_.episodes);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < count; ++thread) threads.emplace_back([this] { work(); });
    report_progress();
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
    return std::move(stats_);
  }

 private:
  void work() {
    try {
      EpisodePlayer player(judge_, policy_);
      for (int episode = next_++; episode < options_.episodes; episode = next_++) {
        stats_[episode] = player.play(options_.condition, options_.seed, episode);
        finish(1);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      next_ = options_.episodes;
      done_ = options_.episodes;
      changed_.notify_one();
    }
  }

  void finish(int episodes) {
    const std::lock_guard lock(mutex_);
    done_ += episodes;
    changed_.notify_one();
  }

  void report_progress() {
    std::unique_lock lock(mutex_);
    while (done_ < options_.episodes) {
      changed_.wait_for(lock, std::chrono::milliseconds(200));
      const int done = done_;
      lock.unlock();
      if (options_.on_progress) options_.on_progress(done);
      lock.lock();
    }
  }

  const JudgeModel& judge_;
  const PolicyFile& policy_;
  const EvalOptions& options_;
  std::vector<EpisodeStats> stats_;
  std::atomic<int> next_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
  std::exception_ptr error_;
};

// A mean that is NaN without data.
struct Mean {
  double sum = 0.0;
  double count = 0.0;
  void add(double value, double weight = 1.0) { sum += value, count += weight; }
  double value() const { return sum / count; }
};

EvalResult summarise(const std::vector<EpisodeStats>& episodes) {
  EvalResult result;
  Mean velocity_sq, yaw_sq, drift, torque_sq, action_rate_sq, target_rate_sq, survival;
  for (const EpisodeStats& e : episodes) {
    ++result.episodes;
    result.falls += e.fell;
    result.diverged += e.diverged;
    survival.add(e.steps * kControlDt);
    if (e.scored_steps > 0) {
      velocity_sq.add(e.velocity_error_sq / e.scored_steps);
      yaw_sq.add(e.yaw_error_sq / e.scored_steps);
    }
    if (e.standing && std::isfinite(e.drift_speed)) drift.add(e.drift_speed);
    if (e.diverged) continue;  // its sums are not finite
    torque_sq.add(e.torque_sq, e.steps * kSubsteps * kPolicyJoints);
    action_rate_sq.add(e.action_rate_sq, e.steps * kPolicyJoints);
    target_rate_sq.add(e.target_rate_sq, e.steps * kPolicyJoints);
  }
  result.velocity_rmse = std::sqrt(velocity_sq.value());
  result.yaw_rmse = std::sqrt(yaw_sq.value());
  result.standing_drift = drift.value();
  result.torque_rms = std::sqrt(torque_sq.value());
  result.action_rate_rms = std::sqrt(action_rate_sq.value());
  result.target_rate_rms = std::sqrt(target_rate_sq.value());
  result.survival_s = survival.value();
  return result;
}

}  // namespace

const char* name_of(Condition condition) {
  return condition == Condition::kNominal ? "nominal" : "randomised";
}

void EvalOptions::validate() const {
  KENNEL_CHECK(episodes >= 1 && episodes <= 1'000'000, "episodes = ", episodes,
               "; expected 1 to 1000000");
  KENNEL_CHECK(threads >= 0 && threads <= 1024, "threads = ", threads,
               "; expected 0 (one for each core) to 1024");
}

EvalResult evaluate(const PolicyFile& policy, const EvalOptions& options) {
  options.validate();
  silence_mujoco();
  const std::string path =
      options.model.empty() ? KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml" : options.model;
  const JudgeModel judge = load_judge_model(path);
  return summarise(EpisodePool(judge, policy, options).run());
}

}  // namespace kennel::judge
