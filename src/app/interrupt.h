// Ctrl-C asks a long command to finish cleanly; a second one ends it at once.
#pragma once

#include <csignal>

namespace kennel {

/// While it lives, the first SIGINT or SIGTERM only sets a flag.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// The flag: not zero once the user has asked to stop. Long commands poll it.
  static const volatile std::sig_atomic_t& flag();
};

}  // namespace kennel
