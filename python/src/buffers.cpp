#include "buffers.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace kennel::python {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t numbers(const EnvSpec& spec) {
  return static_cast<std::size_t>(spec.num_envs) * sizeof(float);
}

}  // namespace

std::size_t bytes_of_rows(const EnvSpec& spec, int size) {
  return static_cast<std::size_t>(spec.num_envs) * static_cast<std::size_t>(size) *
         (spec.bfloat16_obs ? 2 : 4);
}

void Memory::Free::operator()(void* bytes) const { std::free(bytes); }

Memory::Memory(std::size_t bytes) {
  const std::size_t whole = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  bytes_.reset(std::aligned_alloc(kAlignment, std::max(whole, kAlignment)));
  if (!bytes_) throw std::bad_alloc();
  std::memset(bytes_.get(), 0, whole);
}

Slot::Slot(const EnvSpec& spec)
    : obs(bytes_of_rows(spec, spec.obs_size)),
      privileged_obs(bytes_of_rows(spec, spec.privileged_obs_size)),
      reward(numbers(spec)),
      terminated(numbers(spec)),
      truncated(numbers(spec)),
      command_changed(numbers(spec)),
      is_terminated(static_cast<std::size_t>(spec.num_envs)),
      is_truncated(static_cast<std::size_t>(spec.num_envs)),
      is_changed(static_cast<std::size_t>(spec.num_envs)),
      final_obs(bytes_of_rows(spec, spec.obs_size)),
      final_privileged_obs(bytes_of_rows(spec, spec.privileged_obs_size)) {}

StepPointers Slot::pointers(bool bfloat16) const {
  const auto observations = [&](const Memory& memory) {
    return ObsRows{memory.as<void>(), bfloat16};
  };
  return {observations(obs),       observations(privileged_obs),
          reward.as<float>(),      terminated.as<float>(),
          truncated.as<float>(),   command_changed.as<float>(),
          observations(final_obs), observations(final_privileged_obs)};
}

View::View(const StateField& of, int num_envs)
    : field(of),
      bytes(static_cast<std::size_t>(num_envs) * static_cast<std::size_t>(of.size()) *
            sizeof(float)),
      values(bytes),
      known(bytes) {}

Buffers::Buffers(const EnvSpec& spec) : slots{Slot(spec), Slot(spec)} {}

}  // namespace kennel::python
