#include "kennel/run/progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace kennel {
namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(200);
constexpr auto kLogInterval = std::chrono::seconds(10);

/// A longer line would wrap, and could not be rewritten.
std::size_t terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79u;
}

}  // namespace

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) != 0), next_(Clock::now()) {}

ProgressLine::~ProgressLine() { finish(); }

bool ProgressLine::is_due() const { return Clock::now() >= next_; }

void ProgressLine::show(const std::string& line) {
  if (on_terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.substr(0, terminal_width()).c_str());
    std::fflush(stderr);
    open_ = true;
    next_ = Clock::now() + kTerminalInterval;
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
    next_ = Clock::now() + kLogInterval;
  }
}

void ProgressLine::finish() {
  if (open_) std::fprintf(stderr, "\n");
  open_ = false;
}

std::string duration_text(double seconds) {
  const auto total = static_cast<long long>(std::llround(std::fmax(0.0, seconds)));
  char buffer[48];
  if (total >= 3600) {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  } else {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld", total / 60, total % 60);
  }
  return buffer;
}

std::string count_text(double count) {
  constexpr const char* kMagnitudes[] = {"", "k", "M", "G", "T"};
  int magnitude = 0;
  for (; count >= 999.5 && magnitude < 4; ++magnitude) count /= 1000.0;
  const int decimals = magnitude == 0 || count >= 99.95 ? 0 : (count >= 9.995 ? 1 : 2);
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.*f%s", decimals, count, kMagnitudes[magnitude]);
  return buffer;
}

}  // namespace kennel
