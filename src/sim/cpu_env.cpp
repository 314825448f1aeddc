#include "src/sim/cpu_env.h"

#include <cstdint>
#include <cstring>

#include "kennel/batch/cpu_batch.h"
#include "kennel/batch/stats.h"
#include "kennel/sim/env_spec.h"
#include "kennel/sim/slots.h"

namespace kennel {
namespace {

template <class Batch>
class CpuEnv final : public VecEnv {
 public:
  CpuEnv(const quadruped::Task& task, const EnvOptions& options)
      : batch_(task, options.num_envs, options.first_env_id, options.num_threads),
        slots_(spec_of(task, options.num_envs, {cpu_kernel_name(), ""}, options.first_env_id),
               torch::kCPU) {}

  const EnvSpec& spec() const override { return slots_.spec(); }
  torch::Device device() const override { return torch::kCPU; }
  const StepBuffers& buffers() const override { return slots_.current(); }
  void bind(const StepBuffers& slots) override { slots_.bind(slots); }

  void reset() override {
    batch_.reset(slots_.pointers());
    started_ = true;
  }
  void reset_envs(const torch::Tensor& envs) override {
    KENNEL_CHECK(started_, "reset all environments before some of them");
    batch_.reset(slots_.pointers(), slots_.chosen(envs).data_ptr<std::uint8_t>());
  }
  void reset_alike(int period, std::uint32_t episode) override {
    slots_.check_alike(period, episode);
    batch_.renumber(period, episode - 1);
    reset();
  }
  void set_episode_steps(const torch::Tensor& steps) override {
    batch_.set_episode_steps(slots_.clocks(steps).data_ptr<float>());
  }
  void step(const torch::Tensor& action) override {
    slots_.check_action(action);
    batch_.step(action.data_ptr<float>(), slots_.pointers());
  }

  void set_progress(double fraction) override { batch_.set_progress(fraction); }
  std::vector<Stat> drain_stats() override {
    return stats_from(batch_.drain_stats(), batch_.task());
  }

  std::optional<DivergenceDump> first_divergence() const override {
    const std::optional<Replay> replay = batch_.first_divergence();
    if (!replay) return std::nullopt;
    return DivergenceDump{replay->env, replay_text(*replay)};
  }

  torch::Tensor save_state() const override {
    const auto bytes = batch_.save_state();
    torch::Tensor state = torch::empty({static_cast<std::int64_t>(bytes.size())}, torch::kUInt8);
    std::memcpy(state.data_ptr(), bytes.data(), bytes.size());
    return state;
  }
  void load_state(const torch::Tensor& state) override {
    KENNEL_CHECK(state.dim() == 1 && state.scalar_type() == torch::kUInt8 && state.is_cpu(),
                 "an environment state is a 1-D uint8 CPU tensor; got ", state.toString());
    const torch::Tensor bytes = state.contiguous();
    batch_.load_state(
        {static_cast<const std::byte*>(bytes.data_ptr()), static_cast<std::size_t>(bytes.numel())});
  }

 private:
  Batch batch_;
  Slots slots_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<VecEnv> make_cpu_env(const quadruped::Task& task, const EnvOptions& options) {
  if (has_many_points(task.model))
    return std::make_unique<CpuEnv<CpuBatchOf<ManyPoints<AllLegs>>>>(task, options);
  return std::make_unique<CpuEnv<CpuBatch>>(task, options);
}

}  // namespace kennel
