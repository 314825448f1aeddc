#include "src/learners/on_policy/network_gradient.h"

#include <cstddef>

namespace kennel {

NetworkGradient::NetworkGradient(const ActorCritic& networks, WorkerPool& pool,
                                 const LearnerOps& ops, int num_losses, Learns learns)
    : networks_(networks),
      pool_(pool),
      device_(networks.parameters().device()),
      ops_(ops),
      num_losses_(num_losses),
      learns_(learns),
      gradient_(torch::zeros({networks.num_weights()}, device_)),
      gradient_views_(networks.views(gradient_)) {}

SlicedGradient NetworkGradient::slices(const LearningRows& rows, std::span<const Slice> cut,
                                       const SliceWork& loss, torch::Tensor& losses,
                                       const SliceWork& after) {
  const auto count = static_cast<std::int64_t>(cut.size());
  prepare(count);
  for_each_slice(pool_, cut, [&](const Slice& slice, int thread) {
    Worker& worker = workers_[static_cast<std::size_t>(thread)];
    if (count == 1) {
      take(rows, 0, loss, after, worker, gradient_views_, losses);
    } else {
      take(rows.narrow(slice.begin, slice.rows), slice.begin, loss, after, worker,
           slice_views_[static_cast<std::size_t>(slice.index)], slice_losses_[slice.index]);
    }
  });
  if (count == 1) return {gradient_.unsqueeze(0), losses.unsqueeze(0)};
  return {slice_gradients_.narrow(0, 0, count), slice_losses_.narrow(0, 0, count)};
}

const torch::Tensor& NetworkGradient::sum(const LearningRows& rows, const SliceWork& loss,
                                          torch::Tensor& losses, const SliceWork& after) {
  const std::vector<Slice> cut = slices_of(SlicePlan(rows.size(), ops_.rows_a_slice.update));
  const SlicedGradient all = slices(rows, cut, loss, losses, after);
  if (all.gradients.size(0) == 1) return gradient_;  // in its place already
  const SlicePlan columns(networks_.num_weights(), ops_.rows_a_slice.parameters);
  for_each_slice(pool_, columns, [&](const Slice& slice, int) {
    torch::Tensor sum = gradient_.narrow(0, slice.begin, slice.rows);
    at::sum_out(sum, all.gradients.narrow(1, slice.begin, slice.rows), {0});
  });
  at::sum_out(losses, all.losses, {0});
  return gradient_;
}

// Rows as the networks read them, gathered where they are not in order.
torch::Tensor NetworkGradient::input(const torch::Tensor& obs, const torch::Tensor& index,
                                     torch::Tensor& gathered) const {
  if (!index.defined()) return obs;
  gathered.resize_({index.size(0), obs.size(1)});
  ops_.gather(obs, index, nullptr, gathered);
  return gathered;
}

void NetworkGradient::take(const LearningRows& rows, std::int64_t begin, const SliceWork& loss,
                           const SliceWork& after, Worker& worker, ActorCritic::Views& gradient,
                           const torch::Tensor& losses) const {
  LossSlice slice;
  slice.sums = losses;
  slice.log_std = networks_.log_std();
  slice.grad_log_std = gradient.log_std;
  torch::Tensor obs, privileged_obs;
  if (learns_policy()) {
    obs = input(rows.batch.obs, rows.index, worker.obs);
    worker.actor.resize(rows.size());
    slice.mean = forward(ops_, networks_.actor(), obs, worker.actor);
    slice.grad_mean = worker.actor.grad.back();
  }
  if (learns_critic()) {
    privileged_obs = input(rows.batch.privileged_obs, rows.index, worker.privileged_obs);
    worker.critic.resize(rows.size());
    slice.value = forward(ops_, networks_.critic(), privileged_obs, worker.critic);
    slice.grad_value = worker.critic.grad.back();
  }
  const SlicePass pass{rows, begin, obs, worker.actor, slice};
  loss(pass);
  if (learns_policy()) backward(ops_, networks_.actor(), obs, worker.actor, gradient.actor);
  if (learns_critic())
    backward(ops_, networks_.critic(), privileged_obs, worker.critic, gradient.critic);
  if (after) after(pass);
}

void NetworkGradient::prepare(std::int64_t num_slices) {
  while (workers_.size() < static_cast<std::size_t>(pool_.num_threads())) {
    workers_.push_back(
        {torch::empty({0}, device_), torch::empty({0}, device_),
         MlpWorkspace(networks_.actor_shape(), device_, Passes::kForwardAndBackward),
         MlpWorkspace(networks_.critic_shape(), device_, Passes::kForwardAndBackward)});
  }
  if (num_slices == 1 || static_cast<std::size_t>(num_slices) <= slice_views_.size()) return;
  // What is not learnt is never written: it stays zero.
  slice_gradients_ = learns_ == Learns::kBoth
                         ? torch::empty({num_slices, networks_.num_weights()}, device_)
                         : torch::zeros({num_slices, networks_.num_weights()}, device_);
  slice_losses_ = torch::empty({num_slices, num_losses_}, device_);
  slice_views_.clear();
  for (std::int64_t k = 0; k < num_slices; ++k) {
    slice_views_.push_back(networks_.views(slice_gradients_[k]));
  }
}

}  // namespace kennel
