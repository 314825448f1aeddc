#include "src/learners/on_policy/policy_means.h"

#include <cstddef>

#include "kennel/core/assert.h"

namespace kennel {

PolicyMeans::PolicyMeans(const ActorCritic& networks, WorkerPool& pool, const LearnerOps& ops)
    : networks_(networks), pool_(pool), ops_(ops) {
  const torch::Device device = networks.parameters().device();
  for (int thread = 0; thread < pool.num_threads(); ++thread)
    workers_.emplace_back(networks.actor_shape(), device, Passes::kForward);
}

Gaussians PolicyMeans::of(const LearningRows& rows) {
  KENNEL_ASSERT(!rows.index.defined());
  const torch::Tensor& log_std = networks_.log_std();
  Gaussians out{torch::empty({rows.size(), log_std.size(0)}, log_std.options()), log_std.clone()};
  const SlicePlan plan(rows.size(), ops_.rows_a_slice.update);
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    MlpWorkspace& workspace = workers_[static_cast<std::size_t>(thread)];
    workspace.resize(slice.rows);
    out.mean.narrow(0, slice.begin, slice.rows)
        .copy_(forward(ops_, networks_.actor(), rows.batch.obs.narrow(0, slice.begin, slice.rows),
                       workspace));
  });
  return out;
}

// The ratio's density under the old policy is computed as that under the new one, from the means:
// equal policies have a ratio of exactly 1.
PolicyChange policy_change(const Samples& samples, const Gaussians& old, const Gaussians& now) {
  const torch::Tensor log_ratio =
      log_density(now, samples.action).sub_(log_density(old, samples.action));
  return {log_ratio.expm1_().mul_(samples.advantage).mean(), divergence(old, now).mean()};
}

}  // namespace kennel
