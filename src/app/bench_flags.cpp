// kennel bench: the flags.
#include <cstdint>
#include <memory>

#include "bench.h"
#include "command.h"
#include "flags.h"
#include "kennel/sim/limits.h"
#include "recipe_flags.h"

namespace kennel {

RunCommand add_bench(CLI::App& app) {
  const auto command = std::make_shared<BenchCommand>();
  const auto device = std::make_shared<std::string>("auto");
  app.add_flag("--json", command->json, "print an object a line, not a table");
  app.add_option_function<std::string>(
         "--against", [command](const std::string&) { command->against_mujoco = true; },
         "mujoco: measure MuJoCo's own batch API beside it, alternating")
      ->check(one_of({"mujoco"}));
  app.add_flag("--gpu-static", command->gpu_static,
               "no measurement: registers, spills and instructions of the compiled GPU kernel, and "
               "the rate they promise; needs nvcc, no GPU");
  app.add_flag("--learner", command->learner,
               "measure training as well, and what it spends on what");
  app.add_flag_function(
      "--unrecorded", [command](std::int64_t) { command->record = false; },
      "with --learner, on a GPU: ask for each of its operations instead of playing recordings of "
      "them, which gives the same numbers");
  app.add_option("--num-envs", command->num_envs,
                 "environments; several numbers measure one after the other")
      ->check(number_from(1, kMaxEnvs));
  add_threads(app, command->threads, "0: one for each core");
  app.add_option("--seconds", command->seconds, "how long each measurement takes")
      ->check(number_from(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--repeats", command->repeats, "measurements; the best one counts")
      ->check(number_from(1, 1000))
      ->capture_default_str();
  add_device(app, *device);
  add_recipe(app, command->recipe);
  CLI::App* walk = app.add_subcommand("walk", "measure how long it takes to learn to walk");
  CLI::App* scaling =
      app.add_subcommand("scaling", "measure training by several ranks, and predict many");
  for (CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr()) continue;
    walk->excludes(option);  // it has its own
    scaling->excludes(option);
  }
  const RunCommand run_walk = add_bench_walk(*walk);
  const RunCommand run_scaling = add_bench_scaling(*scaling);
  return [command, device, walk, run_walk, scaling, run_scaling] {
    if (walk->parsed()) return run_walk();
    if (scaling->parsed()) return run_scaling();
    if (!command->gpu_static) command->device = choose_device(*device);
    return run_bench(*command);
  };
}

}  // namespace kennel
