// How a long command shows that it lives: one line that rewrites itself on a terminal, a line now
// and then elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace kennel {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// True when it is time for another line; ask before composing one.
  bool is_due() const;

  /// Shows the line on standard error.
  void show(const std::string& line);

  /// Leaves the line as it stands, so that other output starts on a new one.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  bool on_terminal_;
  bool open_ = false;  // a line is shown that has no line end yet
  Clock::time_point next_;
};

/// "1:05" or "2:03:04".
std::string duration_text(double seconds);

/// Three digits and a magnitude: "105k", "61.4M".
std::string count_text(double count);

}  // namespace kennel
