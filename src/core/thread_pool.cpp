#include "kennel/core/thread_pool.h"

#include "kennel/core/usable_cores.h"

namespace kennel {
namespace {

// Rounds follow each other within microseconds, and waking a sleeping thread takes longer than
// that.
constexpr int kSpins = 500;  // some 20 us, then the core is given up

template <class Value>
void wait_while(const std::atomic<Value>& value, Value old) {
  for (int k = 0; k < kSpins; ++k) {
    if (value.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int num_threads, std::function<void()> on_start) {
  if (num_threads <= 0) num_threads = num_usable_cores();
  for (int worker = 1; worker < num_threads; ++worker) {
    threads_.emplace_back([this, worker, on_start] {
      if (on_start) on_start();
      work(worker);
    });
  }
}

ThreadPool::~ThreadPool() {
  ending_ = true;
  ++rounds_;
  rounds_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(std::int64_t count, const Task& task) {
  if (count <= 1 || threads_.empty()) {
    Round round(task, count);
    take_tasks(round, 0);
    if (round.error) std::rethrow_exception(round.error);
    return;
  }
  const auto round = std::make_shared<Round>(task, count);
  {
    const std::lock_guard lock(round_mutex_);
    round_ = round;
  }
  ++rounds_;
  rounds_.notify_all();
  take_tasks(*round, 0);
  for (std::int64_t done = round->done; done != count; done = round->done) {
    wait_while(round->done, done);
  }
  if (round->error) std::rethrow_exception(round->error);
}

void ThreadPool::work(int worker) {
  std::uint64_t seen = 0;
  while (true) {
    wait_while(rounds_, seen);
    seen = rounds_;
    if (ending_) return;
    std::shared_ptr<Round> round;
    {
      const std::lock_guard lock(round_mutex_);
      round = round_;
    }
    take_tasks(*round, worker);
  }
}

// The task itself is only touched while an index is left, that is while `run` has not returned.
void ThreadPool::take_tasks(Round& round, int worker) {
  for (std::int64_t index = round.next++; index < round.count; index = round.next++) {
    try {
      round.task(index, worker);
    } catch (...) {
      const std::lock_guard lock(round.error_mutex);
      if (!round.error) round.error = std::current_exception();
    }
    ++round.done;
    round.done.notify_all();
  }
}

}  // namespace kennel
