#include "src/learners/on_policy/learning_rows.h"

#include "kennel/core/assert.h"
#include "kennel/rl/fused_ops.h"

namespace kennel {

LearningRows LearningRows::narrow(std::int64_t begin, std::int64_t rows) const {
  if (index.defined()) return {batch, index.narrow(0, begin, rows)};
  return {batch.narrow(begin, rows), {}};
}

LearningOrder::LearningOrder(const Normaliser& obs_normaliser,
                             const Normaliser& privileged_normaliser, torch::Device device,
                             const LearnerOps& ops)
    : obs_normaliser_(obs_normaliser),
      privileged_normaliser_(privileged_normaliser),
      ops_(ops),
      order_(torch::empty({0}, torch::TensorOptions().dtype(torch::kInt64).device(device))),
      epoch_obs_(torch::empty({0}, device)),
      epoch_privileged_obs_(torch::empty({0}, device)) {}

// Gathered at once where an operation costs more than a pass over memory; else each slice gathers
// its own rows into its core's cache.
LearningRows LearningOrder::in_order(const RolloutBatch& batch, const torch::Tensor& order) {
  KENNEL_ASSERT(batch.scaled != ops_.gathers_epochs);
  if (!ops_.gathers_epochs) return {batch, order};
  const std::int64_t rows = order.size(0);
  epoch_obs_.resize_({rows, batch.obs.size(1)});
  epoch_privileged_obs_.resize_({rows, batch.privileged_obs.size(1)});
  ops_.gather(batch.obs, order, &obs_normaliser_.scaling(), epoch_obs_);
  ops_.gather(batch.privileged_obs, order, &privileged_normaliser_.scaling(),
              epoch_privileged_obs_);
  return {{epoch_obs_, epoch_privileged_obs_, batch.samples.at(order)}, {}};
}

LearningRows LearningOrder::whole(const RolloutBatch& batch) {
  if (batch.scaled) return {batch, {}};
  return in_order(batch, torch::arange(batch.obs.size(0), order_.options()));
}

LearningRows LearningOrder::gathered(const RolloutBatch& batch, std::uint64_t key,
                                     const StepCounter& at, int epoch, const EpochOrder& order) {
  if (order_.size(0) != batch.obs.size(0)) order_.resize_({batch.obs.size(0)});
  ops_.shuffle(key, at, epoch, order, order_);
  return in_order(batch, order_);
}

LearningRows LearningOrder::shuffled(const RolloutBatch& batch, std::uint64_t key,
                                     const StepCounter& at, int epoch, const EpochOrder& order) {
  if (!ops_.fused) return gathered(batch, key, at, epoch, order);
  if (!epoch_.obs.defined() || epoch_.obs.size(0) != batch.obs.size(0)) {
    const auto like = [](const torch::Tensor& x) { return torch::empty_like(x, torch::kFloat32); };
    const Samples& s = batch.samples;
    epoch_ = {
        like(batch.obs),
        like(batch.privileged_obs),
        {like(s.action), like(s.log_prob), like(s.advantage), like(s.returns), like(s.value)}};
  }
  ops_.fused->gather_epoch(batch, obs_normaliser_.scaling(), privileged_normaliser_.scaling(), key,
                           at, epoch, order, epoch_);
  return {epoch_, {}};
}

}  // namespace kennel
