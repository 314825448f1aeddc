#include "subprocess.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "kennel/core/check.h"

extern char** environ;

namespace kennel {

LineProcess::LineProcess(const std::vector<std::string>& command) : name_(command.at(0)) {
  int to_child[2], from_child[2];
  KENNEL_CHECK(pipe(to_child) == 0 && pipe(from_child) == 0,
               "cannot make a pipe: ", std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]})
    posix_spawn_file_actions_addclose(&actions, fd);
  std::vector<char*> argv;
  for (const std::string& part : command) argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  const int code = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
  in_ = fdopen(to_child[1], "w");
  out_ = fdopen(from_child[0], "r");
  KENNEL_CHECK(code == 0, "cannot start ", name_, ": ", std::strerror(code));
  std::signal(SIGPIPE, SIG_IGN);  // a child that ended shows as a failed write
}

LineProcess::~LineProcess() {
  std::fclose(in_);
  std::fclose(out_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::string LineProcess::ask() {
  std::fputs("\n", in_);
  std::fflush(in_);
  std::string line;
  for (int c; (c = std::fgetc(out_)) != EOF && c != '\n';) line.push_back(static_cast<char>(c));
  KENNEL_CHECK(!line.empty(), name_, " ended without an answer; see its message above");
  return line;
}

}  // namespace kennel
