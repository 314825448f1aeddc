// What main needs to know about a command.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace kennel {

/// Runs a command whose flags are parsed; returns the exit code.
/// \throws Error for the user's mistakes
using RunCommand = std::function<int()>;

struct Command {
  const char* name;
  const char* doc;
  RunCommand (*add)(CLI::App& app);  // declares the command's flags
};

RunCommand add_train(CLI::App& app);
RunCommand add_export(CLI::App& app);
RunCommand add_report(CLI::App& app);
RunCommand add_eval(CLI::App& app);
RunCommand add_play(CLI::App& app);
RunCommand add_bench(CLI::App& app);
RunCommand add_bench_walk(CLI::App& app);     // of bench
RunCommand add_bench_scaling(CLI::App& app);  // of bench
RunCommand add_sweep(CLI::App& app);
RunCommand add_compare(CLI::App& app);
RunCommand add_simulate(CLI::App& app);
RunCommand add_gradient(CLI::App& app);
RunCommand add_info(CLI::App& app);

}  // namespace kennel
