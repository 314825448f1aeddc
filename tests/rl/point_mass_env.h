// A point mass that shall reach the middle: small enough to be solved in seconds, with everything a
// VecEnv does.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/core/check.h"

namespace kennel {

/// Force in, position out, in the plane. Leaving the disc of radius 2 terminates, 60 steps
/// truncate. obs = position, velocity; privileged obs adds the share of the episode that is left.
/// reward = exp(-4 distance^2) - 0.01 |action|^2
class PointMassEnv : public VecEnv {
 public:
  static constexpr int kEpisodeSteps = 60;

  explicit PointMassEnv(int num_envs, std::uint64_t seed = 1, std::int64_t first_env_id = 0)
      : spec_{num_envs, 4, 5, 2, 0.1}, seed_(seed), masses_(static_cast<std::size_t>(num_envs)) {
    spec_.first_env_id = first_env_id;
    own_.obs = torch::zeros({num_envs, 4});
    own_.privileged_obs = torch::zeros({num_envs, 5});
    own_.reward = torch::zeros({num_envs});
    own_.terminated = torch::zeros({num_envs});
    own_.truncated = torch::zeros({num_envs});
    own_.final_obs = torch::zeros({num_envs, 4});
    own_.final_privileged_obs = torch::zeros({num_envs, 5});
    buffers_ = own_;
    renumber(num_envs, 0);
  }

  const EnvSpec& spec() const override { return spec_; }
  torch::Device device() const override { return torch::kCPU; }
  const StepBuffers& buffers() const override { return buffers_; }
  void set_progress(double fraction) override { progress = fraction; }
  std::vector<Stat> drain_stats() override { return {}; }

  void reset() override {
    for (int env = 0; env < spec_.num_envs; ++env) {
      begin_episode(env);
      observe(env, buffers_.obs, buffers_.privileged_obs);
    }
  }

  void reset_alike(int period, std::uint32_t episode) override {
    renumber(period, episode - 1);
    reset();
  }

  void step(const torch::Tensor& action) override {
    for (int env = 0; env < spec_.num_envs; ++env) {
      const float* a = action.const_data_ptr<float>() + 2 * env;
      step_one(env, std::clamp(a[0], -1.0f, 1.0f), std::clamp(a[1], -1.0f, 1.0f));
    }
  }

  void bind(const StepBuffers& slots) override {
    buffers_ = own_;
    if (slots.obs.defined()) buffers_.obs = slots.obs;
    if (slots.privileged_obs.defined()) buffers_.privileged_obs = slots.privileged_obs;
    if (slots.reward.defined()) buffers_.reward = slots.reward;
    if (slots.terminated.defined()) buffers_.terminated = slots.terminated;
    if (slots.truncated.defined()) buffers_.truncated = slots.truncated;
    if (slots.final_obs.defined()) buffers_.final_obs = slots.final_obs;
    if (slots.final_privileged_obs.defined()) {
      buffers_.final_privileged_obs = slots.final_privileged_obs;
    }
  }

  torch::Tensor save_state() const override {
    torch::Tensor state = torch::empty({static_cast<std::int64_t>(bytes())}, torch::kUInt8);
    std::memcpy(state.mutable_data_ptr(), masses_.data(), bytes());
    return state;
  }

  void load_state(const torch::Tensor& state) override {
    KENNEL_CHECK(static_cast<std::size_t>(state.numel()) == bytes(), "a state of another size");
    std::memcpy(masses_.data(), state.const_data_ptr(), bytes());
  }

  /// Mirroring the world at x = 0.
  static Mirrors mirrors() {
    return {
        {{0, 1, 2, 3}, {-1, 1, -1, 1}}, {{0, 1, 2, 3, 4}, {-1, 1, -1, 1, 1}}, {{0, 1}, {-1, 1}}};
  }

  double progress = 0.0;       // what set_progress was told
  float reward_offset = 0.0f;  // NaN breaks every reward

 private:
  struct Mass {
    float x, y, vx, vy;
    std::uint32_t step;
    std::uint32_t episode;
    std::uint32_t id;  // keys the random numbers
  };

  std::size_t bytes() const { return masses_.size() * sizeof(Mass); }

  void renumber(int period, std::uint32_t episodes) {
    for (int env = 0; env < spec_.num_envs; ++env) {
      Mass& m = masses_[static_cast<std::size_t>(env)];
      m.id = static_cast<std::uint32_t>(spec_.first_env_id + env % period);
      m.episode = episodes;
    }
  }

  // Uniform in [-1, 1), keyed by (seed, id, episode, purpose).
  float draw(const Mass& m, std::uint64_t purpose) const {
    std::uint64_t h = seed_ * 0x9e3779b97f4a7c15ull;
    for (const std::uint64_t key : {std::uint64_t{m.id}, std::uint64_t{m.episode}, purpose}) {
      h = (h ^ key) * 0xbf58476d1ce4e5b9ull;
      h ^= h >> 31;
    }
    return static_cast<float>(h >> 40) / static_cast<float>(1 << 23) - 1.0f;
  }

  void begin_episode(int env) {
    Mass& m = masses_[static_cast<std::size_t>(env)];
    ++m.episode;
    m.step = 0;
    m.x = draw(m, 0);
    m.y = draw(m, 1);
    m.vx = 0.5f * draw(m, 2);
    m.vy = 0.5f * draw(m, 3);
  }

  void observe(int env, torch::Tensor& obs, torch::Tensor& privileged_obs) const {
    const Mass& m = masses_[static_cast<std::size_t>(env)];
    float* o = obs.mutable_data_ptr<float>() + 4 * env;
    float* p = privileged_obs.mutable_data_ptr<float>() + 5 * env;
    for (float* out : {o, p}) {
      out[0] = m.x;
      out[1] = m.y;
      out[2] = m.vx;
      out[3] = m.vy;
    }
    p[4] = 1.0f - static_cast<float>(m.step) / kEpisodeSteps;
  }

  void step_one(int env, float fx, float fy) {
    constexpr float kDt = 0.1f;
    Mass& m = masses_[static_cast<std::size_t>(env)];
    m.vx += kDt * 2.0f * fx;
    m.vy += kDt * 2.0f * fy;
    m.x += kDt * m.vx;
    m.y += kDt * m.vy;
    ++m.step;
    const float distance_squared = m.x * m.x + m.y * m.y;
    buffers_.reward.mutable_data_ptr<float>()[env] =
        std::exp(-4.0f * distance_squared) - 0.01f * (fx * fx + fy * fy) + reward_offset;
    const bool terminated = distance_squared > 4.0f;
    const bool truncated = !terminated && m.step >= kEpisodeSteps;
    buffers_.terminated.mutable_data_ptr<float>()[env] = terminated ? 1.0f : 0.0f;
    buffers_.truncated.mutable_data_ptr<float>()[env] = truncated ? 1.0f : 0.0f;
    if (terminated || truncated) {
      observe(env, buffers_.final_obs, buffers_.final_privileged_obs);
      begin_episode(env);
    }
    observe(env, buffers_.obs, buffers_.privileged_obs);
  }

  EnvSpec spec_;
  std::uint64_t seed_;
  std::vector<Mass> masses_;
  StepBuffers own_, buffers_;
};

}  // namespace kennel
