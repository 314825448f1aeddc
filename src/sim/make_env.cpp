#include "kennel/sim/make_env.h"

#include <iostream>

#include "envs/pupper_v3/task.h"
#include "kennel/model/mjcf.h"
#include "kennel/sim/limits.h"
#include "src/sim/cpu_env.h"
#include "src/sim/cuda_plugin.h"

namespace kennel {

std::filesystem::path shipped_model() {
  return std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml";
}

std::unique_ptr<VecEnv> make_env(const EnvConfig& config, const EnvOptions& options) {
  KENNEL_CHECK(options.num_envs > 0 && options.num_envs <= kMaxEnvs,
               "num_envs = ", options.num_envs, "; expected 1 to ", kMaxEnvs);
  const LoadedQuadruped robot =
      load_quadruped(options.model.empty() ? shipped_model() : options.model);
  if (!options.model.empty())  // what the shipped robot leaves out is in the README
    for (const std::string& warning : robot.warnings)
      std::cerr << "kennel: warning: " << warning << '\n';
  const pupper::Task task = pupper::make_task(config, to_float(robot.model), options.seed);
  const std::string& device = options.device;
  const bool cuda = device == "cuda" || device.starts_with("cuda:");
  KENNEL_CHECK(cuda || device == "cpu" || device == "auto", "device \"", device,
               "\" is unknown; expected cpu, cuda, cuda:N or auto");
  if (cuda || (device == "auto" && cuda_device_present())) {
    const auto make = reinterpret_cast<decltype(&kennel_make_cuda_env)>(
        cuda_entry_point("kennel_make_cuda_env", device));
    return std::unique_ptr<VecEnv>(make(&task, &options));
  }
  return make_cpu_env(task, options);
}

}  // namespace kennel
