#include "rank_launch.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>

#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/run/interrupt.h"
#include "scratch_folder.h"

namespace kennel {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPoll = 20ms;
constexpr auto kTold = 10s;  // what ranks take to end once they know that they shall

volatile std::sig_atomic_t received = 0;

void note_signal(int number) { received = number; }

void setenv_number(const char* name, int number) {
  ::setenv(name, std::to_string(number).c_str(), 1);
}

pid_t start(std::vector<char*>& argv, int rank, int ranks, const std::filesystem::path& meeting) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {  // this process has one thread
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(128 + SIGTERM);
    setenv_number("KENNEL_RANK", rank);
    setenv_number("KENNEL_RANKS", ranks);
    ::setenv("KENNEL_MEETING_FILE", meeting.c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  KENNEL_CHECK(child > 0, "cannot start rank ", rank, ": ", describe_errno(errno));
  return child;
}

/// What a rank's end is worth to the shell.
int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

int launch_ranks(const std::vector<std::string>& command, int ranks) {
  const auto to_notice = RankPatience::of_process().in_work + kTold;  // that a rank is gone
  const ScratchFolder folder;
  const std::filesystem::path meeting = folder.path() / "meeting";
  std::vector<char*> argv;
  for (const std::string& part : command) argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  const std::string program = own_program();
  argv[0] = const_cast<char*>(program.c_str());
  std::vector<pid_t> running;
  for (int rank = 0; rank < ranks; ++rank) running.push_back(start(argv, rank, ranks, meeting));
  for (const StopSignal& signal : stop_signals()) std::signal(signal.number, note_signal);
  int code = 0;
  bool asked = false;        // to stop
  bool spoken = false;       // a rank that ended by itself has said why
  bool ended = false;        // those that were left
  std::optional<int> first;  // that a signal ended
  int signal_of_first = 0;
  std::optional<Clock::time_point> end;
  while (std::any_of(running.begin(), running.end(), [](pid_t pid) { return pid > 0; })) {
    if (const int signal = std::exchange(received, 0); signal != 0) {
      asked = true;
      for (const pid_t pid : running)
        if (pid > 0) ::kill(pid, signal);
    }
    for (std::size_t rank = 0; rank < running.size(); ++rank) {
      int status = 0;
      if (running[rank] <= 0 || ::waitpid(running[rank], &status, WNOHANG) != running[rank])
        continue;
      running[rank] = -1;
      if (status == 0) continue;
      if (code == 0 || rank == 0) code = code_of(status);
      spoken = spoken || WIFEXITED(status);
      if (!first && WIFSIGNALED(status)) {
        first = static_cast<int>(rank);
        signal_of_first = WTERMSIG(status);
      }
      // One that knows tells the others before it ends.
      const auto now = Clock::now();
      const auto latest = WIFEXITED(status) ? now + kTold : now + to_notice;
      end = end ? std::min(*end, latest) : latest;
    }
    if (end && Clock::now() >= *end) {
      ended = true;
      for (const pid_t pid : running)
        if (pid > 0) ::kill(pid, SIGKILL);
    }
    std::this_thread::sleep_for(kPoll);
  }
  if (first && !spoken && !asked)
    std::cerr << "kennel: lost rank " << *first << " on " << own_host()
              << (ended ? " (before it met the others)" : "") << ": signal " << signal_of_first
              << " ended it\n";
  return code;
}

int together(const RankPlace& place, const std::function<int(Ranks&)>& work) {
  if (place.rank > 0) std::cerr.setstate(std::ios::failbit);
  std::optional<Ranks> ranks;
  try {
    ranks.emplace(place);
    return work(*ranks);
  } catch (const std::exception& error) {
    if (ranks) ranks->end_by(error);
    Ranks::end_by(place, error);
  }
}

std::vector<std::string> own_command_without(const std::vector<std::string>& flags) {
  std::vector<std::string> out;
  std::string part;
  bool is_value = false;
  for (const char c : read_file("/proc/self/cmdline")) {
    if (c != '\0') {
      part += c;
      continue;
    }
    const bool named = std::find(flags.begin(), flags.end(), part) != flags.end();
    const bool assigned = std::any_of(flags.begin(), flags.end(), [&](const std::string& flag) {
      return part.starts_with(flag + "=");
    });
    if (!is_value && !named && !assigned) out.push_back(part);
    is_value = named;
    part.clear();
  }
  return out;
}

}  // namespace kennel
