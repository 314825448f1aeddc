#include "src/learners/policy_gradient/policy_gradient_entry.h"

#include "src/learners/ppo/ppo_memory.h"

namespace kennel {
namespace {

// Vectors of all parameters beside PPO's: a second Adam's moments, gradients of two kinds, what
// conjugate gradients and a line search keep.
constexpr std::size_t kVectors = 16;

// Numbers a sample and action: the means before and after, and what their densities pass through.
constexpr std::size_t kMeans = 8;

}  // namespace

std::size_t policy_gradient_bytes(const EnvSpec& spec, const RolloutConfig& rollout,
                                  const NetworkConfig& network, const LearnerOps& ops) {
  LearnerOps layer_by_layer = ops;
  layer_by_layer.ppo = nullptr;
  const PpoConfig like{.rollout = rollout, .network = network, .num_minibatches = 1};
  const PpoMemory memory = ppo_memory(spec, like, layer_by_layer);
  const auto samples = static_cast<std::size_t>(rows_of(rollout, spec.num_envs));
  // PPO keeps six of its parameters or more.
  return memory.total() + memory.parameters / 6 * kVectors +
         sizeof(float) * samples * static_cast<std::size_t>(spec.action_size) * kMeans;
}

}  // namespace kennel
