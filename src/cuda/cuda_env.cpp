// The CUDA backend as a VecEnv: all memory from LibTorch's caching allocator, all work on its
// current stream.
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "cuda_device.h"
#include "kennel/batch/divergence.h"
#include "kennel/batch/field_layout.h"
#include "kennel/batch/folded_fit.h"
#include "kennel/batch/plain_fit.h"
#include "kennel/batch/stats.h"
#include "kennel/batch/warp_rows.h"
#include "kennel/core/check.h"
#include "kennel/rl/readback.h"
#include "kennel/sim/cuda_entry.h"
#include "kennel/sim/env_spec.h"
#include "kennel/sim/make_env.h"
#include "kennel/sim/memory_check.h"
#include "kennel/sim/slots.h"
#include "kernels/step_args.h"

namespace kennel {
namespace {

/// Makes a device ready for the kernels.
/// \throws Error unless it can hold the environments and this build has code for it
EnvSpec affordable_spec(const quadruped::Task& task, const EnvOptions& options,
                        const torch::Device& device) {
  const c10::cuda::CUDAGuard guard(device);
  check_device_code();
  prepare_kernels();
  std::size_t free = 0, total = 0;
  check_cuda(cudaMemGetInfo(&free, &total), "asking for free memory");
  const int points = points_of(task.model);
  const quadruped::EnvBytes bytes = quadruped::bytes_per_env(task.config, points);
  const std::size_t each = bytes.kept + bytes.output + sizeof(float) * kStatFields;
  const std::string why_not = why_not_folded(task);
  const EnvSpec spec =
      spec_of(task, options.num_envs, {cuda_kernel_name(task), why_not}, options.first_env_id);
  check_memory(spec, options, each, free);
  return spec;
}

int padded(int num_envs) { return (num_envs + kPadding - 1) / kPadding * kPadding; }

class CudaEnv final : public VecEnv {
 public:
  CudaEnv(const quadruped::Task& task, const EnvOptions& options)
      : task_(task),
        device_(usable_device(options.device)),
        slots_(affordable_spec(task, options, device_), device_),
        arriving_(kStatFields, device_, torch::kFloat64) {
    const c10::cuda::CUDAGuard guard(device_);  // the caller's current device comes back
    const std::int64_t stride = padded(options.num_envs);
    const auto bytes = torch::TensorOptions().dtype(torch::kUInt8).device(device_);
    state_ = torch::zeros(
        {stride * static_cast<std::int64_t>(state_bytes_per_env(points_of(task_.model)))}, bytes);
    stats_ = torch::zeros({kStatFields, stride}, bytes.dtype(torch::kFloat32));
    steps_taken_ = torch::zeros({stride / kWarpEnvs}, bytes.dtype(torch::kInt32));
    schedule_ = torch::zeros({sizeof(quadruped::Schedule)}, bytes);
    kept_ = torch::zeros({sizeof(KeptDivergence)}, bytes);
    batch_ = {static_cast<std::uint32_t*>(state_.data_ptr()),
              stats_.data_ptr<float>(),
              static_cast<std::uint32_t*>(steps_taken_.data_ptr()),
              static_cast<quadruped::Schedule*>(schedule_.data_ptr()),
              static_cast<KeptDivergence*>(kept_.data_ptr()),
              options.num_envs,
              static_cast<int>(stride),
              static_cast<std::uint32_t>(options.first_env_id),
              points_of(task_.model)};
    sums_ = torch::zeros({kStatFields}, bytes.dtype(torch::kFloat64));
    scratch_ = torch::empty({static_cast<std::int64_t>(stats_scratch_bytes(batch_))}, bytes);
    set_progress(0.0);
  }

  const EnvSpec& spec() const override { return slots_.spec(); }
  torch::Device device() const override { return device_; }
  const StepBuffers& buffers() const override { return slots_.current(); }
  void bind(const StepBuffers& slots) override { slots_.bind(slots); }

  void reset() override {
    const c10::cuda::CUDAGuard guard(device_);
    launch_reset(task_, batch_, slots_.pointers(), !started_, nullptr, stream());
    started_ = true;
  }

  void reset_envs(const torch::Tensor& envs) override {
    KENNEL_CHECK(started_, "reset all environments before some of them");
    const c10::cuda::CUDAGuard guard(device_);
    const torch::Tensor chosen = slots_.chosen(envs);
    launch_reset(task_, batch_, slots_.pointers(), false, chosen.data_ptr<std::uint8_t>(),
                 stream());
  }

  void reset_alike(int period, std::uint32_t episode) override {
    slots_.check_alike(period, episode);
    const c10::cuda::CUDAGuard guard(device_);
    launch_renumber(batch_, period, episode - 1, stream());
    launch_reset(task_, batch_, slots_.pointers(), false, nullptr, stream());
    started_ = true;
  }

  void set_episode_steps(const torch::Tensor& steps) override {
    const c10::cuda::CUDAGuard guard(device_);
    const torch::Tensor clocks = slots_.clocks(steps);
    launch_set_clocks(batch_, clocks.data_ptr<float>(), stream());
  }

  void step(const torch::Tensor& action) override {
    slots_.check_action(action);
    const c10::cuda::CUDAGuard guard(device_);
    launch_step(task_, batch_, action.data_ptr<float>(), slots_.pointers(), stream());
  }

  void set_progress(double fraction) override {
    const c10::cuda::CUDAGuard guard(device_);
    launch_schedule(batch_, quadruped::schedule_at(task_.config, fraction), stream());
  }

  void send_stats() override {
    take_stats();
    const c10::cuda::CUDAGuard guard(device_);
    launch_sum_stats(batch_, sums_.data_ptr<double>(), scratch_.data_ptr(),
                     static_cast<std::size_t>(scratch_.numel()), stream());
    arriving_.send(sums_);
    stats_sent_ = true;
  }

  std::vector<Stat> drain_stats() override {
    return drain_stats_of_all([](std::span<double>) {});
  }
  std::vector<Stat> drain_stats_of_all(const StatSum& sum) override {
    if (!stats_sent_) send_stats();
    take_stats();
    quadruped::EnvStats<double> sums;
    static_assert(sizeof sums == sizeof arrived_);
    std::memcpy(&sums, arrived_.data(), sizeof sums);
    arrived_.fill(0.0);
    sum(numbers_of(sums));
    return stats_from(sums, task_);
  }

  std::optional<DivergenceDump> first_divergence() const override {
    const torch::Tensor host = kept_.cpu();
    KeptDivergence kept;
    std::memcpy(&kept, host.data_ptr(), sizeof kept);
    if (kept.rank == 0) return std::nullopt;
    return DivergenceDump{kept.env, batch_.points == kFewPoints
                                        ? replay_of_kept<AllLegs>(kept)
                                        : replay_of_kept<ManyPoints<AllLegs>>(kept)};
  }

  torch::Tensor save_state() const override {
    const torch::Tensor rows = state_rows().narrow(0, 0, spec().num_envs).contiguous();
    return torch::cat({tag(), rows.view(torch::kUInt8).flatten().cpu()});
  }
  torch::Tensor state_header(int) const override { return tag(); }

  void load_state(const torch::Tensor& state) override {
    const std::int64_t before = tag().numel();
    KENNEL_CHECK(state.scalar_type() == torch::kUInt8 && state.numel() >= before &&
                     torch::equal(state.narrow(0, 0, before), tag()),
                 "the saved environments are of another backend, an older version or a robot with "
                 "other contact spheres; resume with the --device and the program that wrote them, "
                 "or start from the networks alone "
                 "with --init-from");
    torch::Tensor rows = state_rows();
    KENNEL_CHECK(state.numel() == before + 4 * spec().num_envs * rows.size(1),
                 "the saved environments are not ", spec().num_envs,
                 ": resume with the batch size they were saved with");
    rows.narrow(0, 0, spec().num_envs)
        .copy_(state.slice(0, before).clone().view(torch::kInt32).view({-1, rows.size(1)}));
    put_state_rows(rows);
    started_ = true;
  }

 private:
  template <class All>
  std::string replay_of_kept(const KeptDivergence& kept) const {
    const auto before = state_from<All>(kept.before);
    Divergence<All> divergence{kept.env, before.physics, state_from<All>(kept.after)};
    divergence.after.params = before.params;  // a folded kernel keeps no weights
    return replay_text(replay_of(task_, divergence));
  }

  /// Adds what is on its way to what has arrived.
  void take_stats() {
    if (!std::exchange(stats_sent_, false)) return;
    const double* sums = arriving_.wait().const_data_ptr<double>();
    for (int field = 0; field < kStatFields; ++field) arrived_[field] += sums[field];
  }

  cudaStream_t stream() const { return c10::cuda::getCurrentCUDAStream(device_.index()).stream(); }

  /// Changes with the layout of the saved fields. Other backends have other tags.
  torch::Tensor tag() const {
    return bytes_of(batch_.points == kFewPoints ? "cudaenv6" : "cudamen6", 8);
  }

  /// The memory's parts (kennel/batch/field_layout.h), padding included: the base's fields (fields,
  /// envs), the legs' (fields, envs, legs), histories (envs, numbers). int32 views.
  struct Parts {
    torch::Tensor base, legs, history;
  };
  Parts parts() const {
    const bool few = batch_.points == kFewPoints;
    const auto base = static_cast<std::int64_t>(few ? LayoutOf<AllLegs>::kBaseFields
                                                    : LayoutOf<ManyPoints<AllLegs>>::kBaseFields);
    const auto legs = static_cast<std::int64_t>(few ? LayoutOf<AllLegs>::kLegFields
                                                    : LayoutOf<ManyPoints<AllLegs>>::kLegFields);
    const std::int64_t envs = batch_.stride, own = base * envs, of_legs = legs * envs * kNumLegs;
    const torch::Tensor words = state_.view(torch::kInt32);
    return {words.narrow(0, 0, own).view({base, envs}),
            words.narrow(0, own, of_legs).view({legs, envs, kNumLegs}),
            words.slice(0, own + of_legs).view({envs, -1})};
  }

  /// A row an environment, padding included: a copy (envs, words) int32.
  torch::Tensor state_rows() const {
    const Parts p = parts();
    return torch::cat({p.base.t(), p.legs.permute({1, 0, 2}).flatten(1), p.history}, 1);
  }
  void put_state_rows(const torch::Tensor& rows) {
    Parts p = parts();
    const std::int64_t base = p.base.size(0), legs = p.legs.size(0) * kNumLegs;
    p.base.t().copy_(rows.narrow(1, 0, base));
    p.legs.permute({1, 0, 2}).copy_(
        rows.narrow(1, base, legs).reshape({rows.size(0), p.legs.size(0), kNumLegs}));
    p.history.copy_(rows.slice(1, base + legs));
  }

  static torch::Tensor bytes_of(const void* from, std::size_t size) {
    return torch::tensor(at::ArrayRef<std::uint8_t>(static_cast<const std::uint8_t*>(from), size));
  }

  quadruped::Task task_;
  torch::Device device_;
  Slots slots_;
  torch::Tensor state_, stats_, steps_taken_, schedule_, kept_, sums_, scratch_;
  Readback arriving_;  // of sums_
  bool stats_sent_ = false;
  std::array<double, kStatFields> arrived_{};  // sums since the last drain
  BatchMemory batch_{};
  bool started_ = false;
};

}  // namespace

extern "C" VecEnv* kennel_make_cuda_env(const quadruped::Task* task, const EnvOptions* options) {
  return new CudaEnv(*task, *options);
}

extern "C" void kennel_usable_cuda_device(const std::string* name, int* index) {
  const torch::Device device = usable_device(*name);
  const c10::cuda::CUDAGuard guard(device);
  check_device_code();
  *index = device.index();
}

}  // namespace kennel
