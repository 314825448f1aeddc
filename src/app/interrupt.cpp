#include "interrupt.h"

namespace kennel {
namespace {

volatile std::sig_atomic_t interrupted = 0;

// The default action comes back, so that a second signal ends a program that hangs.
void on_signal(int signal_number) {
  interrupted = 1;
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  interrupted = 0;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

const volatile std::sig_atomic_t& InterruptGuard::flag() { return interrupted; }

}  // namespace kennel
