#include "simulation.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/sim/make_env.h"

namespace kennel {

Simulation make_simulation(const RunConfig& config, const Device& device, int threads) {
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  EnvOptions options;
  options.robot = config.robot;
  options.num_envs = config.train.num_envs;
  options.seed = seed;
  options.num_threads = threads > 0 ? threads : num_usable_cores();
  options.device = name_of(device);
  options.learner_bytes = [&](const EnvSpec& spec) {
    return config.method->bytes(spec, config.learner, ops_for(torch::kCUDA));
  };
  const Robot robot = load_robot(config.robot);
  Simulation simulation;
  simulation.env = make_env(config.env, robot, options);
  simulation.trainer = config.method->make({.env = *simulation.env,
                                            .config = config.learner,
                                            .seed = seed,
                                            .mirrors = quadruped_mirrors(robot.traits, config.env),
                                            .num_threads = options.num_threads,
                                            .ops = ops_for(simulation.env->device()),
                                            .all = alone()});
  return simulation;
}

void check_diverged(double diverged, int num_envs) {
  constexpr double kTolerated = 0.01;  // of the environments
  KENNEL_CHECK(diverged <= std::max(1.0, kTolerated * num_envs), diverged, " of ", num_envs,
               " environments diverged in one iteration; try more env.solver_iterations or "
               "narrower ranges in [env.randomization]");
}

}  // namespace kennel
