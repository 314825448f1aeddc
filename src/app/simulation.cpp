#include "simulation.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/sim/make_env.h"
#include "policy_export.h"

namespace kennel {

Simulation make_simulation(const RunConfig& config, const Device& device, int threads) {
  static const Ranks kAlone;
  return make_simulation(config, device, threads, kAlone);
}

Simulation make_simulation(
    const RunConfig& config, const Device& device, int threads, const Ranks& ranks,
    const std::function<std::unique_ptr<Collective>(const Collective&)>& sums_by) {
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  EnvOptions options;
  options.robot = config.robot;
  const Ranks::Share share = ranks.share_of(config.train.num_envs);
  options.num_envs = share.count;
  options.first_env_id = share.first;
  options.seed = seed;
  options.num_threads =
      threads > 0 ? threads : std::max(1, num_usable_cores() / ranks.place().local_size);
  options.device = name_of(device);
  options.learner_bytes = [&](const EnvSpec& spec) {
    return config.method->bytes(spec, config.learner, ops_for(torch::kCUDA));
  };
  Simulation simulation;
  if (sums_by) simulation.sums = sums_by(ranks.collective());
  std::optional<Mirrors> mirrors;
  std::optional<GaitContract> gait;
  const small::TaskRow* task = small_task_of(config);
  if (task != nullptr) {
    simulation.env = make_small_env(*task, options);
    simulation.derivatives = derivatives_of(config);
  } else {
    const Robot robot = load_robot(config.robot);
    simulation.env = make_env(config.env, robot, options);
    mirrors = quadruped_mirrors(robot.traits, config.env);
    if (seeks_gait(config)) gait = gait_of(config, robot);
    simulation.derivatives = derivatives_of(config, robot, gait);
  }
  simulation.trainer =
      config.method->make({.env = *simulation.env,
                           .config = config.learner,
                           .seed = seed,
                           .mirrors = mirrors,
                           .gait = gait,
                           .differentiable = simulation.derivatives.task.get(),
                           .not_differentiable = simulation.derivatives.why_not,
                           .num_threads = options.num_threads,
                           .ops = ops_for(simulation.env->device()),
                           .all = simulation.sums ? *simulation.sums : ranks.collective(),
                           // Small tasks are stepped by the host.
                           .record = task == nullptr});
  return simulation;
}

void check_diverged(double diverged, int num_envs, bool has_robot) {
  constexpr double kTolerated = 0.01;  // of the environments
  const char* advice = has_robot
                           ? "more env.solver_iterations or narrower ranges in [env.randomization]"
                           : "smaller steps: the policy's actions are not finite";
  KENNEL_CHECK(diverged <= std::max(1.0, kTolerated * num_envs), diverged, " of ", num_envs,
               " environments diverged in one iteration; try ", advice);
}

}  // namespace kennel
