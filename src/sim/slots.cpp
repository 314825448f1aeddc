#include "src/sim/slots.h"

#include "kennel/core/check.h"

namespace kennel {
namespace {

void require_like(const char* name, const torch::Tensor& tensor, c10::IntArrayRef sizes,
                  torch::Device device) {
  KENNEL_CHECK(tensor.sizes() == sizes && tensor.scalar_type() == torch::kFloat32 &&
                   tensor.device() == device && tensor.is_contiguous(),
               name, ": expected a contiguous float32 tensor of shape ", sizes, " on ", device,
               ", got ", tensor.scalar_type(), " of shape ", tensor.sizes(), " on ",
               tensor.device());
}

}  // namespace

Slots::Slots(const EnvSpec& spec, torch::Device device) : spec_(spec), device_(device) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  const auto zeros = [&](std::vector<std::int64_t> sizes) { return torch::zeros(sizes, options); };
  const std::int64_t n = spec.num_envs;
  own_ = {zeros({n, spec.obs_size}),
          zeros({n, spec.privileged_obs_size}),
          zeros({n}),
          zeros({n}),
          zeros({n}),
          zeros({n, spec.obs_size}),
          zeros({n, spec.privileged_obs_size})};
  current_ = own_;
}

StepPointers Slots::pointers() const {
  return {current_.obs.data_ptr<float>(),
          current_.privileged_obs.data_ptr<float>(),
          current_.reward.data_ptr<float>(),
          current_.terminated.data_ptr<float>(),
          current_.truncated.data_ptr<float>(),
          current_.final_obs.data_ptr<float>(),
          current_.final_privileged_obs.data_ptr<float>()};
}

torch::Tensor Slots::checked(const char* name, const torch::Tensor& slot,
                             const torch::Tensor& own) const {
  if (!slot.defined()) return own;
  require_like(name, slot, own.sizes(), device_);
  return slot;
}

void Slots::bind(const StepBuffers& s) {
  current_ = {checked("obs", s.obs, own_.obs),
              checked("privileged_obs", s.privileged_obs, own_.privileged_obs),
              checked("reward", s.reward, own_.reward),
              checked("terminated", s.terminated, own_.terminated),
              checked("truncated", s.truncated, own_.truncated),
              checked("final_obs", s.final_obs, own_.final_obs),
              checked("final_privileged_obs", s.final_privileged_obs, own_.final_privileged_obs)};
}

void Slots::check_action(const torch::Tensor& action) const {
  require_like("action", action, {spec_.num_envs, spec_.action_size}, device_);
}

}  // namespace kennel
