// A program that works beside this one and ends when this one does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kennel {

/// Started in a process group of its own, so that Ctrl-C is this program's to pass on; where this
/// program is killed, the system ends the child by SIGTERM.
class ChildProcess {
 public:
  /// Adds what the child prints to `log`.
  /// \throws Error when it cannot be started or the log cannot be written
  ChildProcess(const std::vector<std::string>& command, const std::filesystem::path& log);
  /// Stops it and waits.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The exit code once it has ended; 128 + n where signal n ended it.
  std::optional<int> ended();

  /// Asks it to end (SIGTERM).
  void stop();

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

/// The file of this program.
/// \throws Error when the system does not say
std::string own_program();

}  // namespace kennel
