// Signals that ask a long command to finish cleanly. The second Ctrl-C ends it at once.
#pragma once

#include <csignal>
#include <span>

namespace kennel {

/// A signal whose default would end the program, and that a person or a system sends for a reason.
struct StopSignal {
  int number;
  const char* reason;           // who sends it when
  bool ends_at_second = false;  // somebody who asks again does not want to wait
  bool even_if_ignored = false;
};

/// All of them.
std::span<const StopSignal> stop_signals();

/// Of the table: all, or those that systems send and nobody who waits for the end at once.
enum class StopSignals { kAll, kWarnings };

/// While it lives, the first of `stop_signals()` only sets a flag. A later one is taken as a repeat
/// of it, unless it is one that somebody sends again on purpose, a second or more after the first:
/// that one has its default action. A signal that was ignored when the program started (nohup), or
/// that a library handles (profilers), stays as it is.
class InterruptGuard {
 public:
  explicit InterruptGuard(StopSignals which = StopSignals::kAll);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// From now on it guards against these, and against others of the table no more: one that it
  /// guarded against has its default action again. The flag stays.
  void take(StopSignals which);

  /// The flag: not zero once somebody has asked to stop. Long commands poll it.
  static const volatile std::sig_atomic_t& flag();
};

}  // namespace kennel
