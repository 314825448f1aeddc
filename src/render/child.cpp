#include "kennel/render/child.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "kennel/core/check.h"

extern char** environ;

namespace kennel::render {

void Descriptor::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

int start_child(const std::vector<std::string>& command, const Descriptor& in,
                const Descriptor& out, const Descriptor& err, const std::string& package) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<char*> argv;
  for (const std::string& part : command) argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  KENNEL_CHECK(error != ENOENT, "there is no ", command[0],
               " on PATH; install it (Debian: apt-get ", "install ", package, ")");
  KENNEL_CHECK(error == 0, "cannot start ", command[0], ": ", std::strerror(error));
  return pid;
}

int wait_for_child(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Descriptor make_memory_file() {
  Descriptor file(memfd_create("kennel", MFD_CLOEXEC));
  KENNEL_CHECK(file.get() >= 0, "cannot make a file in memory: ", std::strerror(errno));
  return file;
}

std::string read_memory_file(const Descriptor& file) {
  std::string content;
  char buffer[4096];
  for (;;) {
    const ssize_t count =
        pread(file.get(), buffer, sizeof buffer, static_cast<off_t>(content.size()));
    if (count <= 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string last_line(const std::string& output) {
  const std::size_t end = output.find_last_not_of(" \r\n");
  if (end == std::string::npos) return {};
  const std::size_t before = output.find_last_of("\r\n", end);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return output.substr(start, end + 1 - start);
}

}  // namespace kennel::render
