// Flags and commands that messages name exist. What following them does is tested in
// process_test.cpp, and elsewhere where the messages are.
#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> kOfOthers = {"--all",
                                         "--logdir"};  // ./kennel build --all, tensorboard --logdir

std::set<std::string> flags_in(const std::string& text) {
  static const std::regex flag("--[a-z][a-z-]*[a-z]");
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), flag), end; at != end; ++at)
    found.insert(at->str());
  return found;
}

/// What stands between quotes in a line of C++.
std::string literals_in(const std::string& line) {
  std::string inside;
  bool open = false;
  for (std::size_t k = 0; k < line.size(); ++k) {
    if (!open && line.compare(k, 2, "//") == 0) break;
    if (line[k] == '\\') {
      inside += ' ';
      ++k;
    } else if (line[k] == '"') {
      open = !open;
      inside += ' ';
    } else if (open) {
      inside += line[k];
    }
  }
  return inside;
}

class Advice : public ::testing::Test {
 protected:
  Advice() {
    const std::string help = run_kennel(folder_.path(), {"--help"}).out;
    static const std::regex name("\n  ([a-z]+) ");
    for (std::sregex_iterator at(help.begin(), help.end(), name), end; at != end; ++at) {
      const std::string command = (*at)[1];
      add(command, {command, "--help"});
    }
    add("bench walk", {"bench", "walk", "--help"});
    add("bench scaling", {"bench", "scaling", "--help"});
  }

  void add(const std::string& command, const std::vector<std::string>& help) {
    flags_[command] = flags_in(run_kennel(folder_.path(), help).out);
    all_.insert(flags_[command].begin(), flags_[command].end());
  }

  /// Calls check(file and line, text between quotes) for the program's sources.
  template <class Check>
  static void for_each_line(Check&& check) {
    for (const char* folder : {"src/app", "src/io", "src/judge", "src/report", "src/rl", "src/sim",
                               "src/model", "src/export"}) {
      for (const auto& entry : fs::directory_iterator(fs::path(KENNEL_SOURCE_DIR) / folder)) {
        if (entry.path().extension() != ".cpp") continue;
        std::istringstream lines(read_file(entry.path()));
        std::string line;
        for (int number = 1; std::getline(lines, line); ++number)
          check(text(entry.path().string(), ":", number), literals_in(line));
      }
    }
  }

  TempFolder folder_;
  std::map<std::string, std::set<std::string>> flags_;  // of each command
  std::set<std::string> all_ = kOfOthers;
};

TEST_F(Advice, EveryFlagThatAMessageNamesExists) {
  ASSERT_TRUE(all_.contains("--resume"));
  for_each_line([&](const std::string& where, const std::string& said) {
    for (const std::string& flag : flags_in(said))
      EXPECT_TRUE(all_.contains(flag)) << where << ": " << flag;
  });
}

TEST_F(Advice, EveryCommandThatAMessageNamesHasTheFlagsThatFollow) {
  ASSERT_TRUE(flags_.contains("train"));
  static const std::regex call("kennel ([a-z]+)( [^-]*)?(--[a-z][a-z-]*[a-z])");
  int calls = 0;
  for_each_line([&](const std::string& where, const std::string& said) {
    std::smatch match;
    if (!std::regex_search(said, match, call) || !flags_.contains(match[1])) return;
    ++calls;
    EXPECT_TRUE(flags_[match[1]].contains(match[3])) << where << ": " << match.str();
  });
  EXPECT_GT(calls, 5);
}

}  // namespace
}  // namespace kennel
