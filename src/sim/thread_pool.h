// Threads that share out the blocks of a batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace kennel {

/// Runs a function over indices on a fixed set of threads, the caller's included. Which thread runs
/// an index is not determined; what the function computes for an index must not depend on it.
class ThreadPool {
 public:
  /// \param num_threads  the caller included; 0: one a core
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(index) for 0 <= index < count and returns when all are done. `body` must not throw.
  void for_each(int count, const std::function<void(int)>& body);

 private:
  void work();
  void worker();

  std::vector<std::thread> workers_;
  const std::function<void(int)>* body_ = nullptr;
  std::atomic<int> next_{0}, count_{0}, active_{0};
  std::atomic<std::uint32_t> round_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace kennel
