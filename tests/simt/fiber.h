// A stack of its own that runs until it hands back: what a GPU's thread is on the host.
#pragma once

#include <cstddef>

namespace simt {

/// A fiber of the calling thread. It runs `body(argument)` again and again: `resume` starts or goes
/// on with it, `pause`, called inside, returns to whoever resumed it. A body that has returned
/// starts anew with the next resume.
class Fiber {
 public:
  Fiber(void (*body)(void*), void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs it until it pauses or its body returns.
  void resume();
  /// Goes back to the resumer.
  void pause();
  /// Calls say(token) in the fiber's name, which only ThreadSanitizer sees.
  void say(void (*say)(void*), void* token);
  /// Whether the body has returned since the last start.
  bool finished() const { return finished_; }

 private:
  [[noreturn]] static void enter();
  void switch_to_resumer();

  void (*body_)(void*);
  void* argument_;
  char* stack_;
  void *own_ = nullptr, *resumer_ = nullptr;  // stack pointers while not running
  bool finished_ = false;
  // For the sanitizers, which are told of every change of stacks.
  void *fake_stack_ = nullptr, *resumer_fake_stack_ = nullptr;
  const void* resumer_stack_ = nullptr;
  std::size_t resumer_stack_size_ = 0;
  void *tsan_fiber_ = nullptr, *tsan_resumer_ = nullptr;
};

}  // namespace simt
