#include "kennel/sim/make_env.h"

#include <cmath>
#include <iostream>

#include "envs/quadruped/task.h"
#include "kennel/core/cuda_plugin.h"
#include "kennel/sim/cuda_entry.h"
#include "kennel/sim/limits.h"
#include "src/sim/cpu_env.h"
#include "src/sim/small_env.h"

namespace kennel {

namespace {

/// Training computes in single precision, which loses digits as impratio / friction^2 grows. A
/// model's own friction chooses the solver when it is loaded (src/model/stiffness.h); what a recipe
/// draws below it is said here.
void warn_of_low_friction(const Range& friction, double impratio) {
  constexpr double kSafeRatio = 1e3;  // beyond it the solver of most models errs by more than 1 %
  const double low = friction.low, ratio = impratio / (low * low);
  if (ratio > kSafeRatio)
    std::cerr << "kennel: warning: env.randomization.friction from " << low
              << ": impratio / friction^2 = " << ratio
              << " costs digits in single precision, in which training computes; from "
              << std::sqrt(impratio / kSafeRatio) << " on is safe\n";
}

void check_num_envs(const EnvOptions& options) {
  KENNEL_CHECK(options.num_envs > 0 && options.num_envs <= kMaxEnvs,
               "num_envs = ", options.num_envs, "; expected 1 to ", kMaxEnvs);
}

/// Whether options mean a GPU.
bool on_gpu(const EnvOptions& options) {
  const std::string& device = options.device;
  const bool cuda = device == "cuda" || device.starts_with("cuda:");
  KENNEL_CHECK(cuda || device == "cpu" || device == "auto", "device \"", device,
               "\" is unknown; expected cpu, cuda, cuda:N or auto");
  return cuda || (device == "auto" && cuda_device_present());
}

}  // namespace

std::unique_ptr<VecEnv> make_env(const EnvConfig& config, const EnvOptions& options) {
  return make_env(config, load_robot(options.robot), options);
}

std::unique_ptr<VecEnv> make_env(const EnvConfig& config, const Robot& robot,
                                 const EnvOptions& options) {
  check_num_envs(options);
  if (!options.robot.model.empty())  // what the shipped robot leaves out is in the README
    for (const std::string& warning : robot.loaded.warnings)
      std::cerr << "kennel: warning: " << warning << '\n';
  warn_of_low_friction(config.randomization.friction, robot.loaded.model.impratio);
  const quadruped::Task task =
      quadruped::make_task(config, robot.traits, to_float(robot.loaded.model), options.seed);
  if (on_gpu(options)) {
    const auto make = reinterpret_cast<decltype(&kennel_make_cuda_env)>(
        cuda_entry_point("kennel_make_cuda_env", options.device));
    return std::unique_ptr<VecEnv>(make(&task, &options));
  }
  return make_cpu_env(task, options);
}

std::unique_ptr<VecEnv> make_small_env(const small::TaskRow& task, const EnvOptions& options) {
  check_num_envs(options);
  if (!on_gpu(options)) return make_small_env(task, options, torch::kCPU);
  const auto find = reinterpret_cast<decltype(&kennel_usable_cuda_device)>(
      cuda_entry_point("kennel_usable_cuda_device", options.device));
  int index = 0;
  find(&options.device, &index);
  return make_small_env(task, options, torch::Device(torch::kCUDA, static_cast<int8_t>(index)));
}

}  // namespace kennel
