#include "kennel/run/train_loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

#include "kennel/core/check.h"
#include "kennel/io/metrics_log.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The names of metrics.csv and TensorBoard.
std::vector<Scalar> scalars_of(const IterationReport& report, double seconds) {
  std::vector<Scalar> scalars = {{"iteration", static_cast<double>(report.iteration)},
                                 {"train/mean_reward", report.mean_reward}};
  scalars.insert(scalars.end(), report.scalars.begin(), report.scalars.end());
  scalars.insert(scalars.end(), {{"time/iteration_seconds", seconds},
                                 {"time/simulator_seconds", report.simulator_seconds},
                                 {"time/policy_seconds", report.policy_seconds},
                                 {"time/update_seconds", report.update_seconds}});
  return scalars;
}

std::string value_of(const std::vector<Scalar>& scalars, std::string_view name) {
  const auto found = std::find_if(scalars.begin(), scalars.end(),
                                  [&](const Scalar& scalar) { return scalar.first == name; });
  if (found == scalars.end() || std::isnan(found->second)) return "-";
  char buffer[48];
  const bool is_large = std::abs(found->second) >= 99.5;  // no 1.2e+02
  std::snprintf(buffer, sizeof buffer, is_large ? "%.0f" : "%.2g", found->second);
  return buffer;
}

/// The mean reward of the iterations between two checkpoints, and the best such mean of the run.
/// A resumed run goes on comparing with the best of before.
class BestScore {
 public:
  BestScore(const RunFolder* run, bool resumed)
      : best_(resumed && run != nullptr ? run->best_score() : std::nullopt) {}

  void add(double reward) {
    sum_ += reward;
    ++count_;
  }

  /// Closes the interval; its mean where it was the best so far.
  std::optional<double> close() {
    const double score = count_ > 0 ? sum_ / count_ : best_.value_or(0.0);
    const bool is_best = count_ > 0 && (!best_ || score > *best_);
    sum_ = 0.0;
    count_ = 0;
    if (!is_best) return {};
    best_ = score;
    return score;
  }

 private:
  std::optional<double> best_;
  double sum_ = 0.0;
  int count_ = 0;
};

/// One call of `train_loop`.
class Session {
 public:
  explicit Session(const TrainLoop& loop)
      : loop_(loop), best_(loop.run, loop.resumed), first_steps_(loop.learner.env_steps()) {
    if (loop.run != nullptr)
      log_.emplace(loop.run->path(), loop.resumed ? std::optional(first_steps_) : std::nullopt);
    const bool saved =
        loop.run != nullptr && std::filesystem::exists(loop.run->checkpoint(first_steps_));
    saved_iteration_ = loop.largest(saved) != 0 ? loop.learner.iteration() : -1;
  }

  StopReason run() {
    for (bool go_on = true;;) {
      if (loop_.learner.env_steps() >= loop_.config.steps) return stop(StopReason::kBudgetSpent);
      const StopReason asked = asked_to_stop(go_on);
      if (asked != StopReason::kBudgetSpent) return stop(asked);
      iterate();
      if (loop_.learner.iteration() % loop_.config.checkpoint_every == 0) save_checkpoint();
      go_on = is_to_go_on();
    }
  }

 private:
  /// What stops the training before its budget is spent, on any rank; kBudgetSpent: nothing does.
  StopReason asked_to_stop(bool go_on) const {
    StopReason own = StopReason::kBudgetSpent;
    if (seconds_since(start_) >= 60.0 * loop_.max_minutes) own = StopReason::kMinutesOver;
    if (loop_.interrupted != 0) own = StopReason::kInterrupted;
    if (!go_on) own = StopReason::kToldToStop;
    return static_cast<StopReason>(loop_.largest(static_cast<std::int64_t>(own)));
  }

  void now(const char* doing) const {
    if (loop_.now) loop_.now(doing);
  }

  void iterate() {
    now("trained");
    const Clock::time_point start = Clock::now();
    Learner& learner = loop_.learner;
    learner.set_progress(static_cast<double>(learner.env_steps()) /
                         static_cast<double>(loop_.config.steps));
    const IterationReport report = learn();
    std::vector<Scalar> scalars = scalars_of(report, seconds_since(start));
    const std::vector<Scalar> stats = loop_.drain_stats();
    scalars.insert(scalars.end(), stats.begin(), stats.end());
    if (log_) log_->write(report.env_steps, scalars);
    best_.add(report.mean_reward);
    if (loop_.run != nullptr && progress_.is_due()) progress_.show(progress_text(stats));
    if (loop_.on_iteration) last_ = std::move(scalars);
  }

  bool is_to_go_on() {
    if (!loop_.on_iteration) return true;
    try {
      return loop_.on_iteration(loop_.learner.env_steps(), last_);
    } catch (...) {
      stop(StopReason::kToldToStop);
      throw;
    }
  }

  IterationReport learn() {
    try {
      IterationReport report = loop_.learner.iterate();
      keep_failure();
      return report;
    } catch (const Error&) {
      keep_failure();
      throw;
    }
  }

  /// Keeps a run's first batch that gave what is not finite. Never the reason to stop.
  void keep_failure() const {
    if (loop_.run == nullptr) return;
    const std::filesystem::path file = loop_.run->failed_batch();
    try {
      if (std::filesystem::exists(file) || !loop_.learner.save_failure(file)) return;
      std::cerr << "kennel: warning: a loss or a gradient was not finite; what it came from is in "
                << shown(file) << '\n';
    } catch (const std::exception& error) {
      std::cerr << "kennel: warning: " << error.what() << '\n';
    }
  }

  std::string progress_text(const std::vector<Scalar>& stats) const {
    const double steps = static_cast<double>(loop_.learner.env_steps());
    const double budget = static_cast<double>(loop_.config.steps);
    const double elapsed = seconds_since(start_);
    const double rate = (steps - static_cast<double>(first_steps_)) / elapsed;
    const double left = std::min((budget - steps) / rate, 60.0 * loop_.max_minutes - elapsed);
    const auto measured = [&](std::string_view name) {
      return std::any_of(stats.begin(), stats.end(),
                         [&](const Scalar& s) { return s.first == name; });
    };
    // Short enough for a terminal of 80 columns.
    if (!measured("env/falls_per_minute"))  // no robot
      return text(count_text(steps), " of ", count_text(budget), ", ", count_text(rate), "/s, ",
                  duration_text(left), " left, reward ", value_of(stats, "env/reward"), ", return ",
                  value_of(stats, "episode/return"));
    return text(count_text(steps), " of ", count_text(budget), ", ", count_text(rate), "/s, ",
                duration_text(left), " left, reward ", value_of(stats, "env/reward"), ", error ",
                value_of(stats, "env/velocity_error"), " m/s, falls ",
                value_of(stats, "env/falls_per_minute"), "/min");
  }

  void save_checkpoint() {
    now("wrote a checkpoint");
    const Learner& learner = loop_.learner;
    const std::optional<double> best_score = best_.close();
    const std::filesystem::path file =
        loop_.run != nullptr ? loop_.run->checkpoint(learner.env_steps()) : std::filesystem::path();
    learner.save(file, loop_.config_text);
    if (loop_.run != nullptr)
      loop_.run->publish_checkpoint(learner.env_steps(), best_score, loop_.config.keep_checkpoints);
    saved_iteration_ = learner.iteration();
  }

  StopReason stop(StopReason reason) {
    if (saved_iteration_ != loop_.learner.iteration()) save_checkpoint();
    return reason;
  }

  const TrainLoop& loop_;
  std::optional<MetricsLog> log_;
  BestScore best_;
  ProgressLine progress_;
  Clock::time_point start_ = Clock::now();
  std::vector<Scalar> last_;  // iteration's, for who is told of it
  std::int64_t first_steps_;
  std::int64_t saved_iteration_ = -1;
};

}  // namespace

StopReason train_loop(const TrainLoop& loop) { return Session(loop).run(); }

}  // namespace kennel
