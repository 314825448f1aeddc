// kennel bench scaling: the flags.
#include <memory>

#include "bench_scaling.h"
#include "command.h"
#include "flags.h"
#include "kennel/sim/limits.h"
#include "recipe_flags.h"

namespace kennel {

RunCommand add_bench_scaling(CLI::App& app) {
  const auto command = std::make_shared<ScalingCommand>();
  app.add_flag("--json", command->json, "print one object");
  app.add_option("--ranks", command->ranks, "how many ranks of this machine to measure")
      ->check(number_from(1, 4096))
      ->capture_default_str();
  app.add_option("--num-envs", command->num_envs,
                 "environments of one rank, and of all together where they share them (default: "
                 "the recipe's)")
      ->check(number_from(1, kMaxEnvs));
  add_threads(app, command->threads, "of each rank");
  app.add_option("--seconds", command->seconds, "how long each measurement takes")
      ->check(number_from(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--delay-ms", command->delay_ms,
                 "make every sum over ranks so much longer, as between distant machines")
      ->check(number_from(0.0, 1e4));
  add_device(app, command->device);
  add_recipe(app, command->recipe);
  app.add_flag("--measure", command->measure,
               "what it starts for each measurement: one of them, as a line");
  return [command] {
    return command->measure ? run_scaling_measurement(*command) : run_bench_scaling(*command);
  };
}

}  // namespace kennel
