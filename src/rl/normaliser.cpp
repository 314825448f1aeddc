#include "kennel/rl/normaliser.h"

#include <limits>

#include "kennel/core/epoch_order.h"
#include "kennel/lanes/exact_sums.h"
#include "kennel/rl/exact_sum.h"
#include "kennel/rl/fused_ops.h"
#include "kennel/rl/slices.h"

namespace kennel {

Normaliser::Normaliser(std::int64_t size, bool enabled, const Mirror* mirror, torch::Device device,
                       const LearnerOps& ops)
    : ops_(ops), enabled_(enabled) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat64).device(device);
  count_ = torch::zeros({}, options);
  mean_ = torch::zeros({size}, options);
  m2_ = torch::zeros({size}, options);
  scaling_ = {torch::zeros({size}, device), torch::ones({size}, device),
              torch::zeros({size}, device)};
  if (mirror != nullptr) {
    mirror_index_ = torch::tensor(mirror->index, torch::kInt64).to(device);
    mirror_sign_ = torch::tensor(mirror->sign).to(options);
  }
  refresh();
}

void Normaliser::apply(const torch::Tensor& x, torch::Tensor& out, const Parity* parity) const {
  ops_.scale(x, scaling_, parity, out);
}

// Sums of deviations from the running mean and of their squares, (shards, 2 size) float64.
torch::Tensor Normaliser::shard_sums(WorkerPool& pool, const torch::Tensor& batch) const {
  const std::int64_t envs = batch.size(1), size = batch.size(2);
  if (!ops_.threads) {  // one launch for all is worth more than sums that any ranks share
    const torch::Tensor deviation = batch.flatten(0, 1).to(torch::kFloat64).sub_(mean_);
    return torch::cat({deviation.sum(0), (deviation * deviation).sum(0)}).unsqueeze(0);
  }
  const SlicePlan shards(envs, kEnvsAShard);
  const torch::Tensor sums = torch::empty({shards.num_slices, 2 * size}, mean_.options());
  for_each_slice(pool, shards, [&](const Slice& shard, int) {
    torch::Tensor x = batch.narrow(1, shard.begin, shard.rows);
    if (x.scalar_type() != torch::kFloat32) x = x.to(torch::kFloat32);
    double* out = sums[shard.index].mutable_data_ptr<double>();
    sums_about(x.const_data_ptr<float>(), x.size(0), x.stride(0), shard.rows, size,
               mean_.const_data_ptr<double>(), out, out + size);
  });
  return sums;
}

Normaliser::Moments Normaliser::batch_moments(WorkerPool& pool, const torch::Tensor& batch,
                                              std::int64_t all_envs, const Collective& all) const {
  const std::int64_t size = batch.size(2);
  const std::int64_t most_shards = ops_.threads ? all_envs / kEnvsAShard + 1 : all.size();
  const torch::Tensor sums = exact_sum(shard_sums(pool, batch), most_shards, all);
  const torch::Tensor shift =
      sums.narrow(0, 0, size) / static_cast<double>(batch.size(0) * all_envs);
  return {shift + mean_,
          sums.narrow(0, size, size).sub(shift * sums.narrow(0, 0, size)).clamp_min_(0)};
}

// A batch and its mirror image, merged: two halves of the same size, means d apart.
Normaliser::Moments Normaliser::with_image(const Moments& half, double rows) const {
  const torch::Tensor mirrored = half.mean.index_select(0, mirror_index_).mul_(mirror_sign_);
  const torch::Tensor half_gap = (half.mean - mirrored).div_(2);
  return {mirrored.add_(half.mean).div_(2), half.m2.index_select(0, mirror_index_)
                                                .add_(half.m2)
                                                .add_((half_gap * half_gap).mul_(2 * rows))};
}

void Normaliser::update(WorkerPool& pool, const torch::Tensor& batch, std::int64_t all_envs,
                        const Collective& all) {
  if (!enabled_) return;
  if (ops_.fused && all.size() == 1) {
    ops_.fused->merge_moments(batch.flatten(0, -2),
                              {count_, mean_, m2_, mirror_index_, mirror_sign_, scaling_, kMinStd});
    return;
  }
  const torch::Tensor steps = batch.dim() == 2 ? batch.unsqueeze(0) : batch;
  if (all_envs == 0) all_envs = steps.size(1);
  Moments moments = batch_moments(pool, steps, all_envs, all);
  auto rows = static_cast<double>(steps.size(0) * all_envs);
  if (mirror_index_.defined()) {
    moments = with_image(moments, rows);
    rows *= 2;
  }
  // A mean that is not finite makes the deviations from it not finite; NaN is the largest.
  const torch::Tensor finite = moments.m2.max() < std::numeric_limits<double>::infinity();
  const torch::Tensor total = count_ + rows;
  const torch::Tensor delta = moments.mean - mean_;
  const torch::Tensor between = (count_ * rows).div_(total);
  moments.m2.add_(m2_).add_((delta * delta).mul_(between));
  const torch::Tensor mean = delta.mul_(total.reciprocal().mul_(rows)).add_(mean_);
  at::where_out(m2_, finite, moments.m2, m2_);
  at::where_out(mean_, finite, mean, mean_);
  at::where_out(count_, finite, total, count_);
  refresh();
}

torch::Tensor Normaliser::state() const { return torch::cat({count_.view({1}), mean_, m2_}); }

void Normaliser::set_state(const torch::Tensor& state) {
  const std::int64_t size = mean_.size(0);
  count_.copy_(state[0]);
  mean_.copy_(state.narrow(0, 1, size));
  m2_.copy_(state.narrow(0, 1 + size, size));
  refresh();
}

void Normaliser::refresh() {
  const torch::Tensor std = (m2_ / count_.clamp_min(1)).sqrt_().clamp_min_(kMinStd);
  // Before the first batch std is the floor.
  scaling_.mean.copy_(mean_);
  scaling_.inv_std.copy_(std.reciprocal_().masked_fill_(count_ == 0, 1.0));
  at::mul_out(scaling_.offset, scaling_.mean, scaling_.inv_std);
  scaling_.offset.neg_();
}

}  // namespace kennel
