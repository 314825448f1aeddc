// Textbook problems of a few numbers as environments: a subclass says how one of them starts, goes
// on and looks.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kennel/contract/vec_env.h"

namespace kennel {

/// What a step of one environment led to.
struct TinyStep {
  double reward = 0.0;
  bool terminated = false, truncated = false, command_changed = false;
};

/// Ends and new commands reset the environment and leave its final observation, as the contract
/// asks. The critic sees what the policy sees. State is not saved.
class TinyEnv : public VecEnv {
 public:
  TinyEnv(int num_envs, int obs_size, int action_size, Range action_bounds = {-1.0f, 1.0f})
      : spec_{num_envs, obs_size, obs_size, action_size, 0.1} {
    spec_.action_bounds = action_bounds;
    own_.obs = torch::zeros({num_envs, obs_size});
    own_.privileged_obs = torch::zeros({num_envs, obs_size});
    own_.reward = torch::zeros({num_envs});
    own_.terminated = torch::zeros({num_envs});
    own_.truncated = torch::zeros({num_envs});
    own_.command_changed = torch::zeros({num_envs});
    own_.final_obs = torch::zeros({num_envs, obs_size});
    own_.final_privileged_obs = torch::zeros({num_envs, obs_size});
    buffers_ = own_;
  }

  const EnvSpec& spec() const override { return spec_; }
  torch::Device device() const override { return torch::kCPU; }
  const StepBuffers& buffers() const override { return buffers_; }
  void set_progress(double) override {}
  std::vector<Stat> drain_stats() override { return {}; }
  torch::Tensor save_state() const override { return torch::zeros({1}, torch::kUInt8); }
  void load_state(const torch::Tensor&) override {}

  void reset() override {
    for (int env = 0; env < spec_.num_envs; ++env) {
      begin(env);
      look(env, buffers_.obs, buffers_.privileged_obs);
    }
  }

  void step(const torch::Tensor& action) override {
    const Range bounds = spec_.action_bounds;
    for (int env = 0; env < spec_.num_envs; ++env) {
      std::vector<float> a(static_cast<std::size_t>(spec_.action_size));
      for (int k = 0; k < spec_.action_size; ++k)
        a[static_cast<std::size_t>(k)] = std::clamp(
            action.const_data_ptr<float>()[env * spec_.action_size + k], bounds.low, bounds.high);
      const TinyStep now = advance(env, a.data());
      buffers_.reward[env] = now.reward;
      buffers_.terminated[env] = now.terminated ? 1.0 : 0.0;
      buffers_.truncated[env] = now.truncated ? 1.0 : 0.0;
      buffers_.command_changed[env] = now.command_changed ? 1.0 : 0.0;
      if (now.terminated || now.truncated || now.command_changed) {
        look(env, buffers_.final_obs, buffers_.final_privileged_obs);
        begin(env);
      }
      look(env, buffers_.obs, buffers_.privileged_obs);
    }
  }

  void bind(const StepBuffers& slots) override {
    buffers_ = own_;
    const auto take = [](torch::Tensor& own, const torch::Tensor& slot) {
      if (slot.defined()) own = slot;
    };
    take(buffers_.obs, slots.obs);
    take(buffers_.privileged_obs, slots.privileged_obs);
    take(buffers_.reward, slots.reward);
    take(buffers_.terminated, slots.terminated);
    take(buffers_.truncated, slots.truncated);
    take(buffers_.command_changed, slots.command_changed);
    take(buffers_.final_obs, slots.final_obs);
    take(buffers_.final_privileged_obs, slots.final_privileged_obs);
  }

 protected:
  virtual void begin(int env) = 0;
  virtual TinyStep advance(int env, const float* action) = 0;
  virtual void observe(int env, float* obs) const = 0;

  /// Uniform in [0, 1), another number each time.
  double draw() {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  void look(int env, torch::Tensor& obs, torch::Tensor& privileged_obs) const {
    observe(env, obs[env].mutable_data_ptr<float>());
    observe(env, privileged_obs[env].mutable_data_ptr<float>());
  }

  EnvSpec spec_;
  StepBuffers own_, buffers_;
  std::uint64_t state_ = 20;
};

/// Five places in a row, observed one-hot. An action above 0 goes right, any other left. Right of
/// the last place: reward 1, the end. Left of the first: it stays there, reward 0.01.
class ChainEnv : public TinyEnv {
 public:
  static constexpr int kPlaces = 5;

  explicit ChainEnv(int num_envs)
      : TinyEnv(num_envs, kPlaces, 1), place_(static_cast<std::size_t>(num_envs)) {}

  /// Q (place, left or right) of the best policy, by value iteration (Sutton & Barto 2018, eq.
  /// 4.10).
  static std::vector<std::array<double, 2>> best_values(double gamma) {
    std::vector<std::array<double, 2>> q(kPlaces, {0.0, 0.0});
    for (int sweep = 0; sweep < 1000; ++sweep)
      for (int place = 0; place < kPlaces; ++place)
        for (int right = 0; right < 2; ++right) {
          const int next = right ? place + 1 : std::max(place - 1, 0);
          const bool goal = next == kPlaces;
          const double reward = goal ? 1.0 : !right && place == 0 ? 0.01 : 0.0;
          const auto& of_next = q[static_cast<std::size_t>(goal ? 0 : next)];
          q[static_cast<std::size_t>(place)][static_cast<std::size_t>(right)] =
              reward + (goal ? 0.0 : gamma * std::max(of_next[0], of_next[1]));
        }
    return q;
  }

 protected:
  void begin(int env) override { place(env) = static_cast<int>(draw() * kPlaces); }
  TinyStep advance(int env, const float* action) override {
    if (action[0] > 0.0f) {
      if (place(env) == kPlaces - 1) return {.reward = 1.0, .terminated = true};
      ++place(env);
      return {};
    }
    if (place(env) == 0) return {.reward = 0.01};
    --place(env);
    return {};
  }
  void observe(int env, float* obs) const override {
    std::fill_n(obs, kPlaces, 0.0f);
    obs[place_[static_cast<std::size_t>(env)]] = 1.0f;
  }

 private:
  int& place(int env) { return place_[static_cast<std::size_t>(env)]; }
  std::vector<int> place_;
};

/// One number to find, a = 0.3: one step, reward -4 (a - 0.3)^2.
class OneStepEnv : public TinyEnv {
 public:
  explicit OneStepEnv(int num_envs) : TinyEnv(num_envs, 1, 1) {}

 protected:
  void begin(int) override {}
  TinyStep advance(int, const float* a) override {
    return {.reward = -4.0 * (a[0] - 0.3) * (a[0] - 0.3), .terminated = true};
  }
  void observe(int, float* obs) const override { obs[0] = 1.0f; }
};

}  // namespace kennel
