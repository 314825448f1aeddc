// A learner without environments: it counts, and what it saves is what it counted.
#pragma once

#include <charconv>
#include <functional>
#include <string>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/learner.h"

namespace kennel {

class FakeLearner final : public Learner {
 public:
  static constexpr std::int64_t kStepsAnIteration = 100;

  /// Reward of an iteration; rising by default.
  std::function<double(std::int64_t)> reward = [](std::int64_t k) {
    return static_cast<double>(k);
  };
  std::function<void(std::int64_t)> on_iterate = [](std::int64_t) {};
  double progress = -1.0;
  std::int64_t fails_at = -1;  // an iteration that met what is not finite

  IterationReport iterate() override {
    ++iteration_;
    on_iterate(iteration_);
    IterationReport report;
    report.iteration = iteration_;
    report.env_steps = env_steps();
    report.mean_reward = reward(iteration_);
    return report;
  }
  void set_progress(double fraction) override { progress = fraction; }
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return iteration_ * kStepsAnIteration; }
  PolicyNetwork policy() const override { return {}; }
  void save(const std::filesystem::path& path, const std::string& config) const override {
    write_file_atomically(path, text(iteration_, " ", config));
  }
  void load(const std::filesystem::path& path) override {
    iteration_ = std::stoll(read_file(path));
  }
  bool save_failure(const std::filesystem::path& path) const override {
    if (iteration_ != fails_at) return false;
    write_file_atomically(path, text("batch ", iteration_));
    return true;
  }
  void load_networks(const std::filesystem::path&) override {}

 private:
  std::int64_t iteration_ = 0;
};

}  // namespace kennel
