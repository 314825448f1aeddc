#include "trainable.h"

#include "kennel/sim/make_env.h"
#include "simulation.h"

namespace kennel {

void check_trainable(const RunConfig& config) { make_simulation(config, Device{}, 0); }

std::vector<std::string> measured_columns(const RunConfig& config) {
  constexpr int kFew = 16;
  EnvOptions options;
  options.robot = config.robot;
  options.num_envs = kFew;
  options.num_threads = 1;
  options.device = "cpu";
  const small::TaskRow* task = small_task_of(config);
  const std::unique_ptr<VecEnv> env =
      task != nullptr ? make_small_env(*task, options) : make_env(config.env, options);
  env->reset();
  std::vector<std::string> names;
  for (const Stat& stat : env->drain_stats()) names.push_back(stat.name);
  return names;
}

}  // namespace kennel
