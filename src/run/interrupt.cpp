#include "kennel/run/interrupt.h"

#include <time.h>

#include <cerrno>

namespace kennel {
namespace {

// Not among them: signals of a fault in the program (SIGSEGV, SIGABRT, ...), which must end it
// where it stands, and SIGPIPE and SIGXFSZ, which main ignores because a failed write is an error
// of its own.
constexpr StopSignal kStopSignals[] = {
    // A shell script ignores SIGINT for what it starts with &; who sends it then means this run.
    {SIGINT, "Ctrl-C", true, true},
    {SIGQUIT, "Ctrl-\\", true},
    {SIGTERM, "kill, systemd, containers, batch systems: end now, or be killed", true},
    {SIGHUP, "the terminal was closed or the connection lost"},
    {SIGXCPU, "the CPU time limit (ulimit -t) is reached; again each second from then on"},
    {SIGUSR1, "batch systems: the time is nearly over"},
    {SIGUSR2, "batch systems: the time is nearly over"},
    {SIGALRM, "a timer that was set before the program was started"},
    {SIGVTALRM, "the same, of CPU time"},
    {SIGPROF, "the same, of CPU time and the system's"},
#ifdef SIGPWR
    {SIGPWR, "the power fails"},
#endif
};

constexpr long kRepeatMs = 1000;

volatile std::sig_atomic_t interrupted = 0;
volatile long first_ms = 0;  // written by the first signal alone

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // async-signal-safe
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool ends_at_second(int number) {
  for (const StopSignal& signal : kStopSignals)
    if (signal.number == number) return signal.ends_at_second;
  return false;
}

void on_signal(int number) {
  const int error = errno;
  if (interrupted == 0) {
    first_ms = now_ms();
    interrupted = 1;
  } else if (ends_at_second(number) && now_ms() - first_ms >= kRepeatMs) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // delivered when this handler returns
  }
  errno = error;
}

void handle(const StopSignal& signal) {
  struct sigaction action {};
  ::sigaction(signal.number, nullptr, &action);
  const bool is_default = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
  const bool is_ignored = (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
  if (!is_default && !(is_ignored && signal.even_if_ignored)) return;
  action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  // One at a time, so that the first is noted before the second is looked at.
  for (const StopSignal& other : kStopSignals) sigaddset(&action.sa_mask, other.number);
  ::sigaction(signal.number, &action, nullptr);
}

void stop_handling(const StopSignal& signal) {
  struct sigaction action {};
  ::sigaction(signal.number, nullptr, &action);
  if ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == on_signal)
    std::signal(signal.number, SIG_DFL);
}

}  // namespace

std::span<const StopSignal> stop_signals() { return kStopSignals; }

InterruptGuard::InterruptGuard(StopSignals which) {
  interrupted = 0;
  take(which);
}

void InterruptGuard::take(StopSignals which) {
  for (const StopSignal& signal : kStopSignals) {
    if (which == StopSignals::kAll || !signal.ends_at_second)
      handle(signal);
    else
      stop_handling(signal);
  }
}

InterruptGuard::~InterruptGuard() {
  for (const StopSignal& signal : kStopSignals) stop_handling(signal);
}

const volatile std::sig_atomic_t& InterruptGuard::flag() { return interrupted; }

}  // namespace kennel
