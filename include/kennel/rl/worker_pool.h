// The learner's threads. Tensors are worked on in slices, and each thread takes the next slice when
// it is done.
//
// Torch's own threads split single operations and wait for each other after every one, which costs
// more than these small networks' arithmetic, and stalls when another program takes a core. So a
// slice runs on one thread from end to end.
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
class WorkerPool {
 public:
  /// Makes torch's own operations single-threaded in this process (`at::set_num_threads(1)`): each
  /// thread of the pool would start threads of its own otherwise.
  /// \param num_threads  at least 1
  explicit WorkerPool(int num_threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int num_threads() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls task(index, worker) for every index below `count`, in any order; returns when all are
  /// done. `worker` is below num_threads() and differs between calls that run at the same time.
  /// \throws what a task threw, after all have ended
  void run(std::int64_t count, const std::function<void(std::int64_t, int)>& task);

 private:
  /// One call of `run`. A thread that wakes up late finds nothing left to take and leaves; nobody
  /// waits for it.
  struct Round {
    const std::function<void(std::int64_t, int)>& task;
    const std::int64_t count;
    std::atomic<std::int64_t> next = 0;  // first index nobody has taken
    std::atomic<std::int64_t> done = 0;
    std::mutex error_mutex;
    std::exception_ptr error;
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
