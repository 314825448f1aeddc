#include "src/learners/ppo/ppo_minibatch.h"

#include <algorithm>

#include "kennel/core/check.h"
#include "kennel/rl/precision.h"

namespace kennel {
namespace {

std::int64_t rounded_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

}  // namespace

std::int64_t MinibatchPlan::slices(std::int64_t rows) const {
  return std::clamp<std::int64_t>((rows + tile_rows - 1) / tile_rows, 1, most_slices);
}

MinibatchPlan minibatch_plan(const LearnerOps& ops, const MlpShape& actor, const MlpShape& critic,
                             const PpoConfig& config, torch::Device device) {
  if (!ops.fused || !ops.ppo || !ops.ppo->plan_minibatches) return {};
  const ProductPrecision products = parse_precision(config.precision);
  MinibatchPlan plan = ops.ppo->plan_minibatches(actor, critic, products, device);
  KENNEL_CHECK(plan.possible() || products != ProductPrecision::kBf16,
               "precision = \"bf16\": device ", device.str(),
               " has it where its compute capability is 8.0 or more and the networks' activations "
               "fit a block's shared memory, and these networks or this device do not; set "
               "precision = \"tf32\" or \"fp32\", or try fewer or smaller hidden layers");
  return plan;
}

WholeMinibatches::WholeMinibatches(const ActorCritic& networks, const PpoConfig& config,
                                   const LearnerOps& ops)
    : ops_(ops),
      plan_(minibatch_plan(ops, networks.actor_shape(), networks.critic_shape(), config,
                           networks.parameters().device())) {}

const SlicedGradient& WholeMinibatches::take(const torch::Tensor& weights,
                                             const RolloutBatch& batch, const torch::Tensor& index,
                                             const LossRule& rule) {
  const std::int64_t rows = index.defined() ? index.size(0) : batch.obs.size(0);
  const std::int64_t slices = plan_.slices(rows);
  if (!slices_.gradients.defined() || slices_.gradients.size(0) != slices) {
    slices_.gradients = torch::empty({slices, rounded_up(weights.size(0), 4)}, weights.options());
    slices_.losses = torch::empty({slices, kNumLosses}, weights.options());
  }
  ops_.ppo->minibatch(plan_, {batch, index, weights, rule, slices_.gradients, slices_.losses});
  return slices_;
}

}  // namespace kennel
