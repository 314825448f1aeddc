// A robot's task as a HostBatch.
#include <utility>

#include "kennel/batch/host_batch.h"
#include "kennel/batch/stats.h"

namespace kennel {
namespace {

template <class Legs>
class RobotBatch final : public HostBatch {
 public:
  RobotBatch(const quadruped::Task& task, const EnvSpec& spec, const BatchOptions& options)
      : batch_(task, options.num_envs, options.first_env_id, options.num_threads),
        spec_(spec),
        fields_(state_fields<Legs>(task)),
        clock_{"episode_step", {}, "control steps", false, StateField::Of::kState, {}} {
    const quadruped::EnvState<float, Legs> sample{};
    const auto bytes =
        reinterpret_cast<const char*>(&sample.step) - reinterpret_cast<const char*>(&sample);
    clock_.words = {static_cast<int>(bytes / 4)};
  }

  const EnvSpec& spec() const override { return spec_; }

  void reset(const StepPointers& out, const std::uint8_t* chosen) override {
    batch_.reset(out, chosen);
  }
  void renumber(int period, std::uint32_t episodes) override { batch_.renumber(period, episodes); }
  void set_episode_steps(const float* steps) override { batch_.set_episode_steps(steps); }
  void episode_steps(float* steps) override { read(clock_, steps); }
  void step(const float* action, const StepPointers& out) override { batch_.step(action, out); }
  void set_progress(double fraction) override { batch_.set_progress(fraction); }

  std::vector<Stat> drain_stats_of_all(const StatSum& sum) override {
    quadruped::EnvStats<double> sums = batch_.drain_stats();
    sum(numbers_of(sums));
    return stats_from(sums, batch_.task());
  }
  std::optional<DivergenceDump> first_divergence() const override {
    const std::optional<Replay> replay = batch_.first_divergence();
    if (!replay) return std::nullopt;
    return DivergenceDump{replay->env, replay_text(*replay)};
  }

  std::vector<std::byte> save_state() const override { return batch_.save_state(); }
  std::vector<std::byte> state_header(int) const override { return batch_.state_tag(); }
  void load_state(std::span<const std::byte> bytes) override { batch_.load_state(bytes); }

  const std::vector<StateField>& fields() const override { return fields_; }
  void read(const StateField& field, float* rows) override {
    read_field(field, batch_.memory(), spec_.num_envs, rows);
  }
  void write(const StateField& field, const float* rows) override {
    write_field(field, batch_.memory(), spec_.num_envs, rows);
  }

 private:
  CpuBatchOf<Legs> batch_;
  EnvSpec spec_;
  std::vector<StateField> fields_;
  StateField clock_;
};

}  // namespace

std::unique_ptr<HostBatch> make_host_batch(const quadruped::Task& task, const EnvSpec& spec,
                                           const BatchOptions& options) {
  if (has_many_points(task.model))
    return std::make_unique<RobotBatch<ManyPoints<AllLegs>>>(task, spec, options);
  return std::make_unique<RobotBatch<AllLegs>>(task, spec, options);
}

}  // namespace kennel
