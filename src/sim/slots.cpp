#include "kennel/sim/slots.h"

#include "kennel/core/check.h"

namespace kennel {
namespace {

void require_like(const char* name, const torch::Tensor& tensor, c10::IntArrayRef sizes,
                  torch::Device device, torch::ScalarType type = torch::kFloat32) {
  KENNEL_CHECK(tensor.sizes() == sizes && tensor.scalar_type() == type &&
                   tensor.device() == device && tensor.is_contiguous(),
               name, ": expected a contiguous ", type, " tensor of shape ", sizes, " on ", device,
               ", got ", tensor.scalar_type(), " of shape ", tensor.sizes(), " on ",
               tensor.device());
}

ObsRows rows_of(const torch::Tensor& obs) {
  return {obs.data_ptr(), obs.scalar_type() == torch::kBFloat16};
}

}  // namespace

Slots::Slots(const EnvSpec& spec, torch::Device device, Rows rows_begin)
    : spec_(spec), device_(device), rows_(rows_begin) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  const std::int64_t n = spec.num_envs;
  const auto numbers = [&] { return torch::zeros({n}, options); };
  const auto rows = [&](std::int64_t size) {
    return torch::zeros({n, size}, options.dtype(obs_type(spec)));
  };
  own_ = {rows(spec.obs_size), rows(spec.privileged_obs_size),
          numbers(),           numbers(),
          numbers(),           numbers(),
          rows(spec.obs_size), rows(spec.privileged_obs_size)};
  current_ = own_;
}

StepPointers Slots::pointers() const {
  return {rows_of(current_.obs),
          rows_of(current_.privileged_obs),
          current_.reward.data_ptr<float>(),
          current_.terminated.data_ptr<float>(),
          current_.truncated.data_ptr<float>(),
          current_.command_changed.data_ptr<float>(),
          rows_of(current_.final_obs),
          rows_of(current_.final_privileged_obs)};
}

torch::Tensor Slots::checked(const char* name, const torch::Tensor& slot,
                             const torch::Tensor& own) const {
  if (!slot.defined()) return own;
  require_like(name, slot, own.sizes(), device_, own.scalar_type());
  return slot;
}

/// Where policy observations are stored four numbers at a time, their rows are multiples of four.
torch::Tensor Slots::checked_rows(const char* name, const torch::Tensor& slot,
                                  const torch::Tensor& own) const {
  if (rows_ == Rows::kAnywhere) return checked(name, slot, own);
  const std::size_t four = 4 * own.element_size();
  KENNEL_CHECK(!slot.defined() || reinterpret_cast<std::uintptr_t>(slot.data_ptr()) % four == 0,
               name, ": expected memory that begins at a multiple of ", four,
               " bytes, as a tensor's own does; this is a view that begins elsewhere");
  return checked(name, slot, own);
}

void Slots::bind(const StepBuffers& s) {
  current_ = {checked_rows("obs", s.obs, own_.obs),
              checked("privileged_obs", s.privileged_obs, own_.privileged_obs),
              checked("reward", s.reward, own_.reward),
              checked("terminated", s.terminated, own_.terminated),
              checked("truncated", s.truncated, own_.truncated),
              checked("command_changed", s.command_changed, own_.command_changed),
              checked_rows("final_obs", s.final_obs, own_.final_obs),
              checked("final_privileged_obs", s.final_privileged_obs, own_.final_privileged_obs)};
}

torch::Tensor Slots::chosen(const torch::Tensor& envs) const {
  KENNEL_CHECK(envs.defined() && envs.dim() == 1 && envs.scalar_type() == torch::kInt64 &&
                   envs.device() == device_,
               "envs: expected a tensor (n) of int64 on ", device_, ", got ", envs.toString());
  const bool fit = envs.numel() == 0 || (envs.min().item<std::int64_t>() >= 0 &&
                                         envs.max().item<std::int64_t>() < spec_.num_envs);
  KENNEL_CHECK(fit, "envs: expected indices from 0 to ", spec_.num_envs - 1,
               ", the environments of this batch");
  torch::Tensor flags =
      torch::zeros({spec_.num_envs}, torch::TensorOptions().dtype(torch::kUInt8).device(device_));
  return flags.index_fill_(0, envs, 1);
}

torch::Tensor Slots::clocks(const torch::Tensor& steps) const {
  KENNEL_CHECK(steps.defined() && steps.dim() == 1 && steps.size(0) == spec_.num_envs &&
                   steps.scalar_type() == torch::kInt64 && steps.device() == device_,
               "steps: expected a tensor (", spec_.num_envs, ") of int64 on ", device_, ", got ",
               steps.toString());
  constexpr std::int64_t kMost = 1 << 24;  // beyond it a float skips whole numbers
  KENNEL_CHECK(steps.min().item<std::int64_t>() >= 0 && steps.max().item<std::int64_t>() < kMost,
               "steps: expected control steps from 0 to ", kMost - 1);
  return steps.to(torch::kFloat32).contiguous();
}

void Slots::check_alike(int period, std::uint32_t episode) const {
  KENNEL_CHECK(period >= 1 && period <= spec_.num_envs, "period = ", period, "; expected 1 to ",
               spec_.num_envs, ", the number of environments");
  KENNEL_CHECK(episode >= 1, "episode = 0; expected 1, an environment's first, or a later one");
}

void Slots::check_action(const torch::Tensor& action) const {
  require_like("action", action, {spec_.num_envs, spec_.action_size}, device_);
}

}  // namespace kennel
