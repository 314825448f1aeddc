// Each in a process of its own: what a test of signals leaves behind ends with it.
#include "kennel/run/interrupt.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

namespace kennel {
namespace {

/// How a child process ended that ran `body`: its exit code, or 128 + n where signal n ended it.
int outcome_of(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void restore_defaults() {
  for (const StopSignal& signal : stop_signals()) std::signal(signal.number, SIG_DFL);
}

TEST(Interrupt, EverySignalOfTheTableAsksToStopAndItsRepeatIsSurvived) {
  for (const StopSignal& signal : stop_signals()) {
    EXPECT_EQ(outcome_of([&] {
                restore_defaults();
                const InterruptGuard guard;
                if (InterruptGuard::flag() != 0) return 1;
                std::raise(signal.number);
                std::raise(signal.number);  // as `timeout` sends it, to the process and its group
                return InterruptGuard::flag() != 0 ? 0 : 2;
              }),
              0)
        << signal.reason;
  }
}

TEST(Interrupt, WithoutTheGuardEachOfThemEndsAProcess) {
  for (const StopSignal& signal : stop_signals()) {
    EXPECT_EQ(outcome_of([&] {
                restore_defaults();
                { const InterruptGuard guard; }
                std::raise(signal.number);
                return 0;
              }),
              128 + signal.number)
        << signal.reason;
  }
}

TEST(Interrupt, WarningsAloneAreSurvivedWhereThatIsAskedFor) {
  for (const StopSignal& signal : stop_signals()) {
    const int expected = signal.ends_at_second ? 128 + signal.number : 0;
    for (const bool after : {false, true})
      EXPECT_EQ(outcome_of([&] {
                  restore_defaults();
                  InterruptGuard guard(after ? StopSignals::kAll : StopSignals::kWarnings);
                  guard.take(StopSignals::kWarnings);
                  std::raise(signal.number);
                  guard.take(StopSignals::kAll);
                  return InterruptGuard::flag() != 0 ? 0 : 2;
                }),
                expected)
          << signal.reason;
  }
}

// Whatever is not in the table has a reason not to be.
TEST(Interrupt, TheTableHoldsEverySignalThatEndsAProcessForAReason) {
  std::set<int> known = {SIGKILL};  // nobody can handle it
  known.insert({SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS});  // faults
  known.insert({SIGPIPE, SIGXFSZ});                                           // main ignores them
  known.insert({SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU});                         // stop and go on
  known.insert({SIGCHLD, SIGCONT, SIGURG, SIGWINCH});                         // ignored by default
  known.insert({SIGIO, SIGSTKFLT});  // sent only to who has asked for it; by nobody
  for (const StopSignal& signal : stop_signals()) EXPECT_TRUE(known.insert(signal.number).second);
  for (int number = 1; number < 32; ++number) EXPECT_TRUE(known.contains(number)) << number;
}

TEST(Interrupt, CtrlCASecondLaterEndsAtOnceAndARepeatedLimitDoesNot) {
  const auto sent_again = [](int number) {
    return outcome_of([&] {
      restore_defaults();
      const InterruptGuard guard;
      std::raise(number);
      ::usleep(1'100'000);
      std::raise(number);
      return 0;
    });
  };
  EXPECT_EQ(sent_again(SIGINT), 128 + SIGINT);
  EXPECT_EQ(sent_again(SIGXCPU), 0);  // the system repeats it each second
}

TEST(Interrupt, WhatNohupIgnoresStaysIgnored) {
  EXPECT_EQ(outcome_of([] {
              restore_defaults();
              std::signal(SIGHUP, SIG_IGN);
              {
                const InterruptGuard guard;
                std::raise(SIGHUP);
                if (InterruptGuard::flag() != 0) return 1;
              }
              std::raise(SIGHUP);  // ignored afterwards, too
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace kennel
