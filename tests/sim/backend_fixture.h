// One suite for every backend of VecEnv: cpu; simt, the CUDA backend's own text run on the host
// (tests/simt); and cuda, where there is a device. Tests' names end in the backend's.
#pragma once

#include <span>

#include "envs/robots.h"
#include "kennel/batch/open_loop.h"
#include "kennel/batch/replay.h"
#include "kennel/core/resource.h"
#include "kennel/model/mjcf.h"
#include "tests/sim/cuda_fixture.h"

namespace kennel::testing {

class Backend : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string name() { return GetParam(); }

  /// Environments of the tested backend, not yet reset.
  static std::unique_ptr<VecEnv> make(int num_envs, std::uint64_t seed = 1,
                                      const EnvConfig& config = {}, std::int64_t first_env_id = 0) {
    EnvOptions options;
    options.device = name();
    options.num_envs = num_envs;
    options.seed = seed;
    options.num_threads = 2;
    options.first_env_id = first_env_id;
    if (name() != "simt") return make_env(config, options);
    const quadruped::Task task = quadruped::make_task(config, pupper_v3::kRobot, robot(), seed);
    return std::unique_ptr<VecEnv>(kennel_make_cuda_env(&task, &options));
  }

  /// Environments of the tested backend, reset once, with everything switched on.
  static std::unique_ptr<VecEnv> env(int num_envs, std::uint64_t seed = 1,
                                     const EnvConfig& config = {}, std::int64_t first_env_id = 0) {
    std::unique_ptr<VecEnv> out = make(num_envs, seed, config, first_env_id);
    out->set_progress(1.0);
    out->reset();
    return out;
  }

  /// An open-loop run on the tested backend.
  static std::vector<double> simulate(const OpenLoop& run) {
    if (name() == "cpu") return simulate_float(robot(), run);
    if (name() == "cuda") return simulate_cuda(robot(), run);
    std::vector<double> out;
    kennel_open_loop_cuda(&robot(), &run, 0, &out);
    return out;
  }

  static const Quadruped<float>& robot() {
    static const Quadruped<float> shipped = to_float(load_quadruped(robot_model()).model);
    return shipped;
  }
};

/// The backends that this machine has.
inline std::vector<const char*> backends() {
  std::vector<const char*> names = {"cpu", "simt"};
  if (cuda_device_present()) names.push_back("cuda");
  return names;
}

#define KENNEL_ON_EVERY_BACKEND(Suite)                               \
  INSTANTIATE_TEST_SUITE_P(, Suite, ::testing::ValuesIn(backends()), \
                           [](const auto& backend) { return std::string(backend.param); })

}  // namespace kennel::testing
