// An environment's own output tensors, and the caller's in their place.
#pragma once

#include "kennel/batch/step_pointers.h"
#include "kennel/contract/vec_env.h"

namespace kennel {

/// Owns a batch's step buffers and keeps track of which slots are bound.
class Slots {
 public:
  /// Where rows of policy observations may begin in memory.
  enum class Rows { kAtFourNumbers, kAnywhere };

  /// \param rows  kAtFourNumbers: they are stored four numbers at a time
  Slots(const EnvSpec& spec, torch::Device device, Rows rows = Rows::kAtFourNumbers);

  const EnvSpec& spec() const { return spec_; }
  const StepBuffers& current() const { return current_; }

  /// The bound slots' memory.
  StepPointers pointers() const;

  /// Binds the caller's slots; undefined tensors fall back to the environment's own.
  /// \throws Error when one does not fit
  void bind(const StepBuffers& slots);

  /// Flags (num_envs, uint8) of the environments that `envs` names.
  /// \throws Error when it is no (n) int64 tensor on the device, or names others
  torch::Tensor chosen(const torch::Tensor& envs) const;

  /// The clocks as the environments keep them: (num_envs) float32.
  /// \throws Error when it is no (num_envs) int64 tensor on the device, or a clock is negative
  torch::Tensor clocks(const torch::Tensor& steps) const;

  /// \throws Error unless the period of `reset_alike` is from 1 to num_envs, and the episode not 0
  void check_alike(int period, std::uint32_t episode) const;

  /// \throws Error unless `action` is a contiguous float32 (num_envs, action_size) tensor on the
  /// device
  void check_action(const torch::Tensor& action) const;

 private:
  torch::Tensor checked(const char* name, const torch::Tensor& slot,
                        const torch::Tensor& own) const;
  torch::Tensor checked_rows(const char* name, const torch::Tensor& slot,
                             const torch::Tensor& own) const;

  EnvSpec spec_;
  torch::Device device_;
  Rows rows_;
  StepBuffers own_, current_;
};

}  // namespace kennel
