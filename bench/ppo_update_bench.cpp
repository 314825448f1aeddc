// What does learning cost? PPO on an environment that costs nothing: samples/s and the shares of
// policy and update.
//
//   ppo_update_bench [num_envs] [threads] [iterations] [symmetric]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "src/learners/ppo/ppo.h"

namespace kennel {
namespace {

// Writes noise as observations; an episode in 300 steps ends, half of them by the clock.
class FreeEnv final : public VecEnv {
 public:
  explicit FreeEnv(int num_envs) : spec_{num_envs, 72, 85, 12, 0.02} {
    torch::manual_seed(1);
    obs_ = torch::randn({kFrames, num_envs, spec_.obs_size});
    privileged_obs_ = torch::randn({kFrames, num_envs, spec_.privileged_obs_size});
    reward_ = torch::rand({kFrames, num_envs});
    ended_ = (torch::rand({kFrames, num_envs}) < 1.0 / 600).to(torch::kFloat32);
    buffers_.reward = torch::zeros({num_envs});
  }
  const EnvSpec& spec() const override { return spec_; }
  torch::Device device() const override { return torch::kCPU; }
  void reset() override {
    buffers_.obs.copy_(obs_[0]);
    buffers_.privileged_obs.copy_(privileged_obs_[0]);
  }
  void step(const torch::Tensor&) override {
    frame_ = (frame_ + 1) % kFrames;
    buffers_.obs.copy_(obs_[frame_]);
    buffers_.privileged_obs.copy_(privileged_obs_[frame_]);
    buffers_.reward.copy_(reward_[frame_]);
    buffers_.terminated.copy_(ended_[frame_]);
    buffers_.truncated.copy_(ended_[(frame_ + 1) % kFrames]);
  }
  const StepBuffers& buffers() const override { return buffers_; }
  void bind(const StepBuffers& slots) override { buffers_ = slots; }
  void set_progress(double) override {}
  std::vector<Stat> drain_stats() override { return {}; }
  torch::Tensor save_state() const override { return torch::zeros({1}, torch::kUInt8); }
  void load_state(const torch::Tensor&) override {}

 private:
  static constexpr int kFrames = 7;
  EnvSpec spec_;
  StepBuffers buffers_;
  torch::Tensor obs_, privileged_obs_, reward_, ended_;
  int frame_ = 0;
};

int run(int num_envs, int num_threads, int iterations, bool symmetric) {
  FreeEnv env(num_envs);
  PpoConfig config;
  config.network.symmetric = symmetric;
  const EnvSpec& spec = env.spec();
  const Mirrors mirrors{swap_mirror(spec.obs_size), identity_mirror(spec.privileged_obs_size),
                        swap_mirror(spec.action_size)};
  const ConfigBlock block("ppo", config);
  Ppo ppo({.env = env,
           .config = block,
           .seed = 1,
           .mirrors = mirrors,
           .num_threads = num_threads,
           .ops = cpu_ops(),
           .all = alone()});
  IterationReport best;
  best.update_seconds = std::numeric_limits<double>::infinity();
  for (int k = 0; k < iterations; ++k) {
    const IterationReport now = ppo.iterate();
    if (now.update_seconds + now.policy_seconds < best.update_seconds + best.policy_seconds) {
      best = now;
    }
  }
  const double samples = static_cast<double>(num_envs) * config.rollout.num_steps;
  const double learner = best.policy_seconds + best.update_seconds;
  std::printf("threads %d  envs %d  samples/s %.0f  policy %.1f ms  update %.1f ms\n", num_threads,
              num_envs, samples / learner, 1e3 * best.policy_seconds, 1e3 * best.update_seconds);
  return 0;
}

}  // namespace
}  // namespace kennel

int main(int argc, char** argv) {
  const int num_envs = argc > 1 ? std::atoi(argv[1]) : 1024;
  const int num_threads = argc > 2 ? std::atoi(argv[2]) : 2;
  const int iterations = argc > 3 ? std::atoi(argv[3]) : 20;
  const bool symmetric = argc > 4 && std::string(argv[4]) == "symmetric";
  return kennel::run(num_envs, num_threads, iterations, symmetric);
}
