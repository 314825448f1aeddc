#include "src/learners/ppo/ppo_memory.h"

#include <algorithm>
#include <cstdint>

#include "kennel/rl/rollout.h"
#include "kennel/rl/slices.h"
#include "src/learners/ppo/ppo_minibatch.h"

namespace kennel {
namespace {

constexpr std::size_t kFloat = sizeof(float), kIndex = sizeof(std::int64_t);

// The rollout, whose single operations need next to nothing, the estimates and the update.
constexpr std::size_t kRecordings = 3;
// What LibTorch's allocator takes at least for a pool of its own: 2 MiB for small tensors, 20 MiB
// for others.
constexpr std::size_t kPool = std::size_t{22} << 20;

// Bytes that a recorded update sums rows through: for a column of the running statistics, and for a
// row of a minibatch (512 floats, the width of a layer, for every 128 rows).
constexpr std::size_t kMomentSums = 256 * 2 * sizeof(double), kRowSums = 16;

// Bytes a row that sums which no order changes pass through (rl/exact_sum.h).
constexpr std::size_t kDouble = sizeof(double), kExactSums = 8 * kDouble;

// Numbers a row that the losses make on their way: what policy_loss and value_loss hold at once.
std::size_t loss_numbers(std::size_t action_size) { return 4 * action_size + 16; }

struct Shapes {
  MlpShape actor, critic;
};

Shapes shapes_of(const EnvSpec& spec, const PpoConfig& config) {
  return {mlp_shape(spec.obs_size, config.network.actor_hidden, spec.action_size, Activation::kRelu,
                    Activation::kLinear),
          mlp_shape(spec.privileged_obs_size, config.network.critic_hidden, 1, Activation::kRelu,
                    Activation::kLinear)};
}

// Numbers a row that a forward pass keeps.
std::size_t outputs(const MlpShape& shape) {
  std::size_t numbers = 0;
  for (const DenseShape& layer : shape) numbers += static_cast<std::size_t>(layer.out);
  return numbers;
}

}  // namespace

PpoMemory ppo_memory(const EnvSpec& spec, const PpoConfig& config, const LearnerOps& ops,
                     int num_threads) {
  const auto N = static_cast<std::size_t>(spec.num_envs);
  const auto T = static_cast<std::size_t>(config.rollout.num_steps);
  const auto threads = static_cast<std::size_t>(num_threads);
  const auto obs = static_cast<std::size_t>(spec.obs_size);
  const auto privileged = static_cast<std::size_t>(spec.privileged_obs_size);
  const auto actions = static_cast<std::size_t>(spec.action_size);
  const std::size_t rows = T * N;
  const std::size_t minibatch = rows / static_cast<std::size_t>(config.num_minibatches);
  const std::size_t observed = spec.bfloat16_obs ? 2 : kFloat;
  const Shapes shapes = shapes_of(spec, config);
  const RowsASlice& most = ops.rows_a_slice;
  const auto slice = [](std::size_t of, std::int64_t at_most) {
    return std::min(of, static_cast<std::size_t>(at_most));
  };

  PpoMemory bytes;
  bytes.rollout = observed * ((rows + N) * (obs + privileged) + rows * privileged) +
                  kFloat * ((ops.fused ? 1 : 2) * rows * actions + 10 * rows + N);

  const std::size_t inputs = obs + privileged;
  bytes.epoch = kIndex * rows + (ops.gathers_epochs ? kFloat * rows * (inputs + actions + 4) : 0);
  if (!ops.gathers_epochs) bytes.rollout += kFloat * (rows * inputs + N * privileged);

  const std::size_t act_rows = slice(N, most.act), value_rows = slice(rows + N, most.value);
  // Whole minibatches keep no activations, but more partial gradients.
  const MinibatchPlan plan = minibatch_plan(ops, shapes.actor, shapes.critic, config, torch::kCUDA);
  const std::size_t update_rows = plan.possible() ? 0 : slice(minibatch, most.update);
  bytes.workspaces = kFloat * threads *
                     (act_rows * (obs + outputs(shapes.actor)) +
                      value_rows * (privileged + outputs(shapes.critic)) +
                      update_rows * (2 * (outputs(shapes.actor) + outputs(shapes.critic)) +
                                     (ops.gathers_epochs ? 0 : inputs)));

  const auto dense =
      static_cast<std::size_t>(num_parameters(shapes.actor) + num_parameters(shapes.critic)) +
      actions;
  const std::size_t slices =
      plan.possible() ? static_cast<std::size_t>(plan.slices(static_cast<std::int64_t>(minibatch)))
      : update_rows == 0 ? 0
                         : (minibatch + update_rows - 1) / update_rows;
  // The layers and their gradient, the free parameters with gradient and two moments, copies.
  bytes.parameters = kFloat * dense * (2 + 4 + (ops.transposed_weights ? 1 : 0)) +
                     (config.network.symmetric ? 5 * kIndex * dense : 0) +
                     (slices > 1 || plan.possible() ? kFloat * slices * dense : 0) +
                     (ops.fused ? 0 : 2 * kDouble * dense);  // summed so that no order changes it

  // The phases follow each other, and each gives back what it took.
  const auto cut = static_cast<std::size_t>(cut_rows(spec, config.rollout));
  const std::size_t estimate = observed * cut * privileged + kIndex * 2 * cut + 5 * kFloat * rows +
                               (ops.fused ? 0 : kExactSums * rows);
  const std::size_t gather = ops.gathers_epochs ? observed * rows * privileged : 0;
  const std::size_t losses = kFloat * threads * update_rows * loss_numbers(actions);
  const std::size_t moments = ops.fused ? kFloat * threads * slice(rows, most.moments) * privileged
                                        : 2 * kDouble * rows * privileged;  // deviations, squares
  const std::size_t noise = kFloat * rows * actions;  // its squares, for the log-probabilities
  bytes.temporary = std::max({estimate, gather, losses, moments, noise + kFloat * rows});
  if (ops.make_graph) {
    const std::size_t estimates = observed * cut * privileged + 3 * kIndex * cut + kFloat * rows;
    bytes.recordings =
        kRecordings * kPool + estimates +
        std::max(kMomentSums * privileged, plan.possible() ? 0 : minibatch * kRowSums);
  }
  return bytes;
}

}  // namespace kennel
