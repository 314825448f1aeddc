#include "kennel/judge/episode_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "kennel/core/usable_cores.h"

namespace kennel::judge {
namespace {

class EpisodePool {
 public:
  EpisodePool(const JudgeModel& judge, const PolicyFile& policy, const EvalOptions& options,
              const EpisodePlans& plans)
      : judge_(judge), policy_(policy), options_(options), plans_(plans), stats_(plans.episodes) {}

  std::vector<EpisodeStats> run() {
    int count = options_.threads > 0 ? options_.threads : num_usable_cores();
    count = std::clamp(count, 1, plans_.episodes);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < count; ++thread) threads.emplace_back([this] { work(); });
    try {
      report_progress();
    } catch (...) {
      fail_with(std::current_exception());
    }
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
    return std::move(stats_);
  }

 private:
  void work() {
    try {
      EpisodePlayer player(judge_, policy_, options_.physics);
      for (int episode = next_++; episode < plans_.episodes; episode = next_++) {
        StepObserver observer;
        if (plans_.observer)
          observer = [&](const StepRecord& record) { plans_.observer(episode, record); };
        stats_[episode] =
            player.play(plans_.plan(episode), EpisodeRandom(plans_.seed, episode), observer);
        finish(1);
      }
    } catch (...) {
      fail_with(std::current_exception());
    }
  }

  /// No further episode begins.
  void fail_with(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    next_ = plans_.episodes;
    done_ = plans_.episodes;
    changed_.notify_one();
  }

  void finish(int episodes) {
    const std::lock_guard lock(mutex_);
    done_ += episodes;
    changed_.notify_one();
  }

  void report_progress() {
    std::unique_lock lock(mutex_);
    while (done_ < plans_.episodes) {
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
  const EpisodePlans& plans_;
  std::vector<EpisodeStats> stats_;
  std::atomic<int> next_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
  std::exception_ptr error_;
};

}  // namespace

std::vector<EpisodeStats> play_episodes(const JudgeModel& judge, const PolicyFile& policy,
                                        const EvalOptions& options, const EpisodePlans& plans) {
  return EpisodePool(judge, policy, options, plans).run();
}

}  // namespace kennel::judge
