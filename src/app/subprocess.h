// A helper program that answers a line with a line.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace kennel {

/// Starts a program and talks to it by lines; its standard error is ours. Ends it when destroyed.
class LineProcess {
 public:
  /// \throws Error when it cannot be started
  explicit LineProcess(const std::vector<std::string>& command);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  /// Sends an empty line and waits for the answer.
  /// \throws Error when the program ended instead
  std::string ask();

 private:
  std::string name_;
  int pid_ = -1;
  std::FILE* in_ = nullptr;
  std::FILE* out_ = nullptr;
};

}  // namespace kennel
