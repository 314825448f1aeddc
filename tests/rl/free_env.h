// Environments that cost nothing and say little: for what a learner takes, not for what it learns.
#pragma once

#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"

namespace kennel {

/// Leaves whatever the caller bound as it is, zeros in a fresh rollout. Sizes are the default
/// task's.
class FreeEnv final : public VecEnv {
 public:
  explicit FreeEnv(int num_envs) : spec_{num_envs, 36, 87, 12, 0.02} {}

  const EnvSpec& spec() const override { return spec_; }
  torch::Device device() const override { return torch::kCPU; }
  void reset() override {}
  void step(const torch::Tensor&) override {}
  const StepBuffers& buffers() const override { return buffers_; }
  void bind(const StepBuffers& slots) override { buffers_ = slots; }
  void set_progress(double) override {}
  std::vector<Stat> drain_stats() override { return {}; }
  torch::Tensor save_state() const override { return torch::zeros({1}, torch::kUInt8); }
  void load_state(const torch::Tensor&) override {}

  static Mirrors mirrors() { return {swap_mirror(36), identity_mirror(87), swap_mirror(12)}; }

 private:
  EnvSpec spec_;
  StepBuffers buffers_;
};

}  // namespace kennel
