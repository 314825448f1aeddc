#include "src/sim/thread_pool.h"

#include <algorithm>

namespace kennel {

ThreadPool::ThreadPool(int num_threads) {
  const int wanted = num_threads > 0
                         ? num_threads
                         : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int i = 1; i < wanted; ++i) workers_.emplace_back([this] { worker(); });
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& thread : workers_) thread.join();
}

void ThreadPool::for_each(int count, const std::function<void(int)>& body) {
  body_ = &body;
  next_ = 0;
  count_ = count;
  active_ = static_cast<int>(workers_.size());
  round_.fetch_add(1);
  round_.notify_all();
  work();
  for (int left = active_; left > 0; left = active_) active_.wait(left);
}

void ThreadPool::work() {
  for (int index = next_++; index < count_; index = next_++) (*body_)(index);
}

void ThreadPool::worker() {
  std::uint32_t seen = 0;
  for (;;) {
    round_.wait(seen);
    seen = round_;
    if (stop_) return;
    work();
    if (--active_ == 0) active_.notify_one();
  }
}

}  // namespace kennel
