// The kernels' batch in plain memory, for tests without LibTorch: the launchers of
// kernels/step_args.h as CudaEnv calls them.
#pragma once

#include <cuda_runtime_api.h>

#include <cmath>
#include <vector>

#include "envs/robots.h"
#include "kennel/batch/warp_rows.h"
#include "kernels/step_args.h"

namespace kennel::testing {

/// A recipe in which everything happens often: time-outs, new commands, pushes.
inline quadruped::EnvConfig busy_config(int task = 0) {
  quadruped::EnvConfig config(task);
  config.task.episode_seconds = 0.2f;  // ten control steps
  config.command.change_probability = 0.2f;
  config.command.change_from = 0.0f;
  config.randomization.push_seconds = 0.1f;
  config.command.change_at_push = 0.6f;
  config.randomization.nominal_fraction = 0.3f;
  if (task == 0) config.reward.shape[quadruped::WalkRow::kSettleSeconds] = 0.1f;
  return config;
}

/// Exact weights ask for a kernel with loaded constants: the plain one, where the solver is
/// training's and the robot plain.
inline quadruped::EnvConfig exact_weights(quadruped::EnvConfig config) {
  config.randomization.exact_invweight = true;
  return config;
}

/// Another solver than training's asks for the general kernel.
inline quadruped::EnvConfig one_iteration(quadruped::EnvConfig config) {
  config.task.solver_iterations = 1;
  return config;
}

inline quadruped::EnvConfig jittering(quadruped::EnvConfig config) {
  config.randomization.latency_jitter = true;
  config.randomization.action_latency = config.randomization.imu_latency = {0.0f, 0.03f};
  return config;
}

/// A batch, its outputs, and nothing behind their ends: AddressSanitizer sees a store past them.
/// `num_envs` need not be a multiple of anything.
class DeviceBatch {
 public:
  DeviceBatch(const quadruped::Task& task, int num_envs, std::uint32_t first_env_id = 0,
              bool bfloat16 = false)
      : task(task), n(num_envs), bfloat16(bfloat16) {
    const int stride = (n + kPadding - 1) / kPadding * kPadding;
    state_.assign(stride * state_bytes_per_env(points_of(task.model)) / 4, 0);
    stats_.assign(stride * kStatFields, 0);
    kept_.assign(1, {});
    steps_taken_.assign(stride / kWarpEnvs, 0);
    memory = {state_.data(), stats_.data(), steps_taken_.data(),  &schedule_, kept_.data(), n,
              stride,        first_env_id,  points_of(task.model)};
    prepare_kernels();
    launch_schedule(memory, quadruped::schedule_at(task.config, 1.0), nullptr);
    for (auto* rows : {&obs, &final_obs}) rows->assign(n * task.obs_size, NAN);
    for (auto* rows : {&privileged, &final_privileged})
      rows->assign(n * quadruped::kPrivilegedSize, NAN);
    for (auto* numbers : {&reward, &terminated, &truncated, &command_changed})
      numbers->assign(n, NAN);
    launch_reset(this->task, memory, out(), true, nullptr, nullptr);
  }

  StepPointers out() {
    const auto rows = [&](std::vector<float>& v) { return ObsRows{v.data(), bfloat16}; };
    return {rows(obs),        rows(privileged),       reward.data(),   terminated.data(),
            truncated.data(), command_changed.data(), rows(final_obs), rows(final_privileged)};
  }

  void reset() { launch_reset(task, memory, out(), false, nullptr, nullptr); }
  void step(const std::vector<float>& action) {
    launch_step(task, memory, action.data(), out(), nullptr);
  }

  quadruped::EnvStats<double> drain_stats() {
    quadruped::EnvStats<double> sums;
    std::vector<char> scratch(stats_scratch_bytes(memory));
    launch_sum_stats(memory, reinterpret_cast<double*>(&sums), scratch.data(), scratch.size(),
                     nullptr);
    return sums;
  }

  const KeptDivergence& kept() const { return kept_[0]; }

  /// One environment's state as plain floats.
  template <class All = AllLegs>
  quadruped::EnvState<float, All> env(int index) const {
    using Layout = LayoutOf<All>;
    const std::size_t stride = memory.stride;
    EnvFields fields{};
    for (std::size_t f = 0; f < Layout::kBaseFields; ++f) fields[f] = state_[f * stride + index];
    for (std::size_t f = 0; f < Layout::kLegFields; ++f)
      for (std::size_t leg = 0; leg < kNumLegs; ++leg)
        fields[Layout::kBaseFields + kNumLegs * f + leg] =
            state_[(Layout::kBaseFields + kNumLegs * f) * stride + kNumLegs * index + leg];
    return state_from<All>(fields);
  }

  quadruped::Task task;
  int n;
  bool bfloat16;
  BatchMemory memory{};
  std::vector<float> obs, privileged, reward, terminated, truncated, command_changed, final_obs,
      final_privileged;

 private:
  std::vector<std::uint32_t> state_;
  std::vector<float> stats_;
  std::vector<std::uint32_t> steps_taken_;
  quadruped::Schedule schedule_;
  std::vector<KeptDivergence> kept_;
};

}  // namespace kennel::testing
