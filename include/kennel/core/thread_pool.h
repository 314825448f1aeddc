// Threads that share out independent pieces of work: blocks of a batch, slices of a tensor.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kennel {

/// A fixed set of threads that sleep between calls. The caller's thread is one of them.
class ThreadPool {
 public:
  using Task = std::function<void(std::int64_t index, int worker)>;

  /// \param num_threads  the caller included; 0: num_usable_cores()
  /// \param on_start     called once in each new thread
  explicit ThreadPool(int num_threads, std::function<void()> on_start = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls task(index, worker) for every index below `count`, in any order; returns when all are
  /// done. `worker` is below num_threads() and differs between calls that run at the same time.
  /// Which thread takes an index is not determined: what is computed for it must not depend on it.
  /// \throws what a task threw, after all have ended
  void run(std::int64_t count, const Task& task);

 private:
  /// One call of `run`. A thread that wakes up late finds nothing left to take and leaves; nobody
  /// waits for it.
  struct Round {
    const Task& task;
    const std::int64_t count;
    std::atomic<std::int64_t> next = 0;  // first index nobody has taken
    std::atomic<std::int64_t> done = 0;
    std::mutex error_mutex{};
    std::exception_ptr error{};
  };

  void work(int worker);
  static void take_tasks(Round& round, int worker);

  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> rounds_ = 0;  // changes when there is work, or the end has come
  std::atomic<bool> ending_ = false;
  std::mutex round_mutex_;
  std::shared_ptr<Round> round_;
};

}  // namespace kennel
