// Child processes without a shell, as ffmpeg is run.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kennel::render {

/// A file descriptor that closes itself; -1 for none.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return descriptor_; }
  void close();

 private:
  int descriptor_;
};

/// Starts a program found on PATH, in a process group of its own, so that Ctrl-C on the terminal
/// ends us and not it.
/// \param in, out, err  its descriptors 0, 1 and 2
/// \return its process id
/// \throws Error when it cannot be started; a missing one says what to install (`package`)
int start_child(const std::vector<std::string>& command, const Descriptor& in,
                const Descriptor& out, const Descriptor& err, const std::string& package);

/// Waits for its end.
/// \return its exit code, 128 + the signal that ended it, or -1 where the process ignores its
/// children's ends (SIGCHLD)
int wait_for_child(int pid);

/// Memory that a child writes its output to: unlike a pipe it never makes the child wait.
/// \throws Error when the system has none
Descriptor make_memory_file();

/// What has been written to it so far.
std::string read_memory_file(const Descriptor& file);

/// The last line that is not empty, or nothing.
std::string last_line(const std::string& output);

}  // namespace kennel::render
