// An X display for tests on machines that have none.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/render/child.h"

namespace kennel::render {

/// An X server without a screen, found on PATH; ends with the test.
class VirtualDisplay {
 public:
  /// \param screens  folder for a file with the screen's pixels, Xvfb_screen0; empty: none
  /// \throws Error when it is not installed
  explicit VirtualDisplay(const std::string& screens = "") {
    KENNEL_CHECK(dlopen("libGL.so.1", RTLD_LAZY),
                 "a window needs libGL.so.1, which is not installed");
    int ends[2];
    KENNEL_CHECK(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe");
    const Descriptor in(ends[0]);
    Descriptor out(ends[1]);
    const Descriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
    // -noreset: between two clients it would start anew and refuse the second.
    std::vector<std::string> command = {"Xvfb",       "-displayfd", "1",   "-screen", "0",
                                        "800x600x24", "-nolisten",  "tcp", "-noreset"};
    if (!screens.empty()) command.insert(command.end(), {"-fbdir", screens});
    pid_ = start_child(command, nothing, out, nothing, "xvfb");
    out.close();
    char c = 0;  // the server writes its number when it is ready
    while (read(in.get(), &c, 1) == 1 && c != '\n') name_ += c;
  }
  ~VirtualDisplay() {
    kill(pid_, SIGTERM);
    wait_for_child(pid_);
  }
  VirtualDisplay(const VirtualDisplay&) = delete;
  VirtualDisplay& operator=(const VirtualDisplay&) = delete;

  bool works() const { return !name_.empty(); }
  std::string name() const { return ":" + name_; }

 private:
  int pid_ = -1;
  std::string name_;
};

}  // namespace kennel::render
