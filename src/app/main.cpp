// kennel <command> [flags]. Exit codes: 0 done, 1 something the user can act on (one line says
// what), 2 wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <new>

#include "command.h"
#include "kennel/core/check.h"
#include "kennel/io/recipe.h"
#include "kennel/run/standard_streams.h"

namespace kennel {
namespace {

constexpr int kUserError = 1;
constexpr int kUsageError = 2;

constexpr Command kCommands[] = {
    {"train", "train a policy, export it and judge it", add_train},
    {"sweep", "train many recipes and seeds side by side, and compare them", add_sweep},
    {"compare", "train several recipes or methods side by side, as a page", add_compare},
    {"play", "see a policy walk: in a window, or as a video", add_play},
    {"eval", "score policy files in MuJoCo", add_eval},
    {"report", "write a run as one HTML page: curves, judgement, replay", add_report},
    {"export", "write a run's policy for the robot and for other software", add_export},
    {"bench", "measure how many steps a second this machine makes", add_bench},
    {"simulate", "controls in, trajectory out, for comparing with other simulators", add_simulate},
    {"gradient", "compare estimates of a gradient through the simulator with the truth",
     add_gradient},
    {"info",
     "show the device, the build and the tables of the environment, or a robot's description",
     add_info},
};

/// Errors of libraries carry whole stack traces; the first line says what happened.
std::string first_line(const std::string& message) { return message.substr(0, message.find('\n')); }

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  return near.empty() ? "" : text("; did you mean ", near, "?");
}

/// What was wrong with the arguments, in one line.
std::string describe(const CLI::App& app, const CLI::App* command, const CLI::ParseError& error,
                     const std::string& first_argument) {
  std::vector<std::string> known;
  if (command == nullptr) {
    for (const Command& each : kCommands) known.push_back(each.name);
    if (first_argument.empty()) return "expected a command";
    return text("unknown command ", first_argument, did_you_mean(first_argument, known));
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return first_line(error.what());
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::vector<std::string> extras = app.remaining(true);
  for (const std::string& extra : extras) {
    const std::string flag = extra.substr(0, extra.find('='));
    if (extra.starts_with("-")) return text("unknown flag ", flag, did_you_mean(flag, known));
  }
  return text("unexpected argument ", extras.empty() ? first_argument : extras.front());
}

int usage_error(const CLI::App& app, const CLI::ParseError& error,
                const std::string& first_argument) {
  const CLI::App* command = nullptr;
  std::string name;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = command->get_subcommands()) {
    command = chosen.front();
    name += command->get_name() + " ";
  }
  std::cerr << "kennel: " << describe(app, command, error, first_argument) << " (see kennel "
            << name << "--help)\n";
  return kUsageError;
}

// The launcher says the same: some builds of LibTorch end before this is reached.
void check_working_directory() {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  KENNEL_CHECK(!here.empty(),
               "the working directory of this program has been deleted; cd to a folder that "
               "exists");
}

int run(int argc, char** argv) {
  CLI::App app("Kennel trains legged robots to walk, thousands at a time.", "kennel");
  app.require_subcommand(1);
  RunCommand chosen;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.doc);
    const RunCommand run_command = command.add(*sub);
    sub->callback([run_command, &chosen] { chosen = run_command; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    return usage_error(app, error, argc > 1 ? argv[1] : "");
  }
  check_working_directory();
  const int code = chosen();
  if (flush_results()) return code;
  if (app.got_subcommand("train")) return code;  // what a training gives is in its run folder
  if (results_pipe_is_dead()) end_by_dead_pipe();
  fail("cannot write the results to standard output; is it closed, or its disk full?");
}

}  // namespace
}  // namespace kennel

int main(int argc, char** argv) {
  kennel::prepare_standard_streams();
  try {
    return kennel::run(argc, argv);
  } catch (const kennel::Error& error) {
    std::cerr << "kennel: " << error.what() << '\n';
  } catch (const std::bad_alloc&) {
    std::cerr << "kennel: out of memory; try fewer environments (--num-envs)\n";
  } catch (const std::exception& error) {
    const std::string line = kennel::first_line(error.what());
    if (line.find("out of memory") == std::string::npos) {
      std::cerr << "kennel: unexpected error: " << line << '\n';
    } else {  // a GPU's
      std::cerr << "kennel: " << line << "; try fewer environments (--num-envs)\n";
    }
  }
  return kennel::kUserError;
}
