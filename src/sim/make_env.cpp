#include "kennel/sim/make_env.h"

#include "envs/quadruped/task.h"
#include "kennel/core/check.h"
#include "kennel/core/cuda_plugin.h"
#include "kennel/sim/cuda_entry.h"
#include "kennel/sim/host_task.h"
#include "src/sim/host_env.h"

namespace kennel {

namespace {

BatchOptions batch_options(const EnvOptions& options) {
  return {options.num_envs, options.seed, options.num_threads, options.first_env_id};
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
  check_num_envs(options.num_envs);
  const quadruped::Task task = make_checked_task(config, options.robot, robot, options.seed);
  if (on_gpu(options)) {
    const auto make = reinterpret_cast<decltype(&kennel_make_cuda_env)>(
        cuda_entry_point("kennel_make_cuda_env", options.device));
    return std::unique_ptr<VecEnv>(make(&task, &options));
  }
  return make_host_env(make_host_batch(task, batch_options(options)), torch::kCPU,
                       Slots::Rows::kAtFourNumbers);
}

std::unique_ptr<VecEnv> make_small_env(const small::TaskRow& task, const EnvOptions& options) {
  check_num_envs(options.num_envs);
  torch::Device device = torch::kCPU;
  if (on_gpu(options)) {
    const auto find = reinterpret_cast<decltype(&kennel_usable_cuda_device)>(
        cuda_entry_point("kennel_usable_cuda_device", options.device));
    int index = 0;
    find(&options.device, &index);
    device = torch::Device(torch::kCUDA, static_cast<int8_t>(index));
  }
  return make_host_env(make_host_batch(task, batch_options(options)), device,
                       Slots::Rows::kAnywhere);
}

}  // namespace kennel
