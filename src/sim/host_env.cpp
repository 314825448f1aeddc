#include "src/sim/host_env.h"

#include <cstring>
#include <utility>

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// Steps on the CPU into the bound tensors; where the device is another, into tensors of its own,
/// which are copied there.
class HostEnv final : public VecEnv {
 public:
  HostEnv(std::unique_ptr<HostBatch> batch, torch::Device device, Slots::Rows rows)
      : batch_(std::move(batch)), device_(device), slots_(batch_->spec(), device, rows) {
    if (!device.is_cpu()) staging_.emplace(batch_->spec(), torch::kCPU, rows);
  }

  const EnvSpec& spec() const override { return slots_.spec(); }
  torch::Device device() const override { return device_; }
  const StepBuffers& buffers() const override { return slots_.current(); }
  void bind(const StepBuffers& slots) override { slots_.bind(slots); }
  void set_progress(double fraction) override { batch_->set_progress(fraction); }

  void reset() override {
    batch_->reset(staged().pointers());
    started_ = true;
    publish_observations();
  }

  void reset_envs(const torch::Tensor& envs) override {
    KENNEL_CHECK(started_, "reset all environments before some of them");
    const torch::Tensor chosen = slots_.chosen(envs).cpu();
    batch_->reset(staged().pointers(), chosen.const_data_ptr<std::uint8_t>());
    if (!staging_) return;
    const torch::Tensor rows = envs.cpu();
    const StepBuffers &from = staging_->current(), &to = slots_.current();
    torch::Tensor(to.obs).index_copy_(0, envs, from.obs.index_select(0, rows).to(device_));
    torch::Tensor(to.privileged_obs)
        .index_copy_(0, envs, from.privileged_obs.index_select(0, rows).to(device_));
  }

  void reset_alike(int period, std::uint32_t episode) override {
    slots_.check_alike(period, episode);
    batch_->renumber(period, episode - 1);
    reset();
  }

  void set_episode_steps(const torch::Tensor& steps) override {
    batch_->set_episode_steps(slots_.clocks(steps).cpu().const_data_ptr<float>());
  }

  void step(const torch::Tensor& action) override {
    slots_.check_action(action);
    KENNEL_CHECK(started_, "reset the environments before the first step");
    batch_->step(action.cpu().const_data_ptr<float>(), staged().pointers());
    publish_step();
  }

  std::vector<Stat> drain_stats() override { return batch_->drain_stats(); }
  std::vector<Stat> drain_stats_of_all(const StatSum& sum) override {
    return batch_->drain_stats_of_all(sum);
  }
  std::optional<DivergenceDump> first_divergence() const override {
    return batch_->first_divergence();
  }

  torch::Tensor save_state() const override { return tensor_of(batch_->save_state()); }
  torch::Tensor state_header(int num_envs) const override {
    return tensor_of(batch_->state_header(num_envs));
  }
  void load_state(const torch::Tensor& state) override {
    KENNEL_CHECK(state.dim() == 1 && state.scalar_type() == torch::kUInt8 && state.is_cpu(),
                 "an environment state is a 1-D uint8 CPU tensor; got ", state.toString());
    const torch::Tensor bytes = state.contiguous();
    batch_->load_state({static_cast<const std::byte*>(bytes.const_data_ptr()),
                        static_cast<std::size_t>(bytes.numel())});
    started_ = true;
  }

 private:
  static torch::Tensor tensor_of(const std::vector<std::byte>& bytes) {
    torch::Tensor out = torch::empty({static_cast<std::int64_t>(bytes.size())}, torch::kUInt8);
    std::memcpy(out.mutable_data_ptr(), bytes.data(), bytes.size());
    return out;
  }

  /// Where the CPU writes: the bound slots themselves where they are its own.
  const Slots& staged() const { return staging_ ? *staging_ : slots_; }

  void publish_observations() const {
    if (!staging_) return;
    const StepBuffers &from = staging_->current(), &to = slots_.current();
    torch::Tensor(to.obs).copy_(from.obs);
    torch::Tensor(to.privileged_obs).copy_(from.privileged_obs);
  }

  void publish_step() const {
    if (!staging_) return;
    publish_observations();
    const StepBuffers &from = staging_->current(), &to = slots_.current();
    torch::Tensor(to.reward).copy_(from.reward);
    torch::Tensor(to.terminated).copy_(from.terminated);
    torch::Tensor(to.truncated).copy_(from.truncated);
    torch::Tensor(to.command_changed).copy_(from.command_changed);
    torch::Tensor(to.final_obs).copy_(from.final_obs);
    torch::Tensor(to.final_privileged_obs).copy_(from.final_privileged_obs);
  }

  std::unique_ptr<HostBatch> batch_;
  torch::Device device_;
  Slots slots_;
  std::optional<Slots> staging_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<VecEnv> make_host_env(std::unique_ptr<HostBatch> batch, torch::Device device,
                                      Slots::Rows rows) {
  return std::make_unique<HostEnv>(std::move(batch), device, rows);
}

}  // namespace kennel
