// Running the built program as its users do.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kennel/io/atomic_file.h"

namespace kennel {

/// As one word of a shell.
inline std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

/// What a finished program left behind.
struct Outcome {
  int exit_code = -1;  // 128 + n where signal n ended it
  std::string out;
  std::string err;
};

/// The program, started in a folder with the given arguments. Its output goes to files beside that
/// folder.
class Subprocess {
 public:
  Subprocess(const std::filesystem::path& folder, const std::vector<std::string>& arguments)
      : out_(folder.string() + ".out"), err_(folder.string() + ".err") {
    pid_ = ::fork();
    if (pid_ != 0) return;
    redirect(out_, STDOUT_FILENO);
    redirect(err_, STDERR_FILENO);
    std::vector<char*> argv = {const_cast<char*>(KENNEL_PROGRAM)};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ~Subprocess() {
    if (!finished_) wait();
    std::filesystem::remove(out_);
    std::filesystem::remove(err_);
  }
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t id() const { return pid_; }
  void send(int signal_number) const { ::kill(pid_, signal_number); }
  bool running() {
    if (!finished_) finished_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return !finished_;
  }

  Outcome wait() {
    if (!finished_) ::waitpid(pid_, &status_, 0);
    finished_ = true;
    const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    return {code, read_file(out_), read_file(err_)};
  }

 private:
  static void redirect(const std::filesystem::path& file, int descriptor) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(fd, descriptor);
  }

  std::filesystem::path out_, err_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool finished_ = false;
};

/// A shell command in a folder, with the program as $KENNEL; its output is what it prints itself.
inline Outcome run_shell(const std::filesystem::path& folder, const std::string& command) {
  const std::string out = folder.string() + ".out", err = folder.string() + ".err";
  const std::string line = "cd '" + folder.string() +
                           "' && export KENNEL='" KENNEL_PROGRAM "'\n{ " + command + "\n} > '" +
                           out + "' 2> '" + err + "'";
  const int status = std::system(("exec bash -c " + quoted(line)).c_str());
  const Outcome outcome = {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                           read_file(out), read_file(err)};
  std::filesystem::remove(out);
  std::filesystem::remove(err);
  return outcome;
}

inline Outcome run_kennel(const std::filesystem::path& folder,
                          const std::vector<std::string>& arguments) {
  return Subprocess(folder, arguments).wait();
}

}  // namespace kennel
