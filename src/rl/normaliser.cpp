#include "kennel/rl/normaliser.h"

#include <limits>

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

// Two passes a slice while it is in the cache, in float32; slices are merged in float64.
Normaliser::Moments Normaliser::batch_moments(WorkerPool& pool, const torch::Tensor& batch) {
  const SlicePlan plan(batch.size(0), ops_.rows_a_slice.moments);
  const std::int64_t size = batch.size(1);
  const auto options = batch.options().dtype(torch::kFloat32);
  torch::Tensor means = torch::empty({plan.num_slices, size}, options);
  torch::Tensor m2s = torch::empty({plan.num_slices, size}, options);
  for_each_slice(pool, plan, [&](const Slice& slice, int) {
    const torch::Tensor x = batch.narrow(0, slice.begin, slice.rows);
    torch::Tensor mean = means[slice.index];
    torch::Tensor m2 = m2s[slice.index];
    at::mean_out(mean, x, {0}, /*keepdim=*/false, torch::kFloat32);
    torch::Tensor deviation = x - mean;  // float32 whatever x is
    deviation.mul_(deviation);
    at::sum_out(m2, deviation, {0});
  });
  means = means.to(torch::kFloat64);
  m2s = m2s.to(torch::kFloat64);
  if (plan.num_slices == 1) return {means[0], m2s[0]};
  if (batch_rows_ != plan.rows) {
    batch_rows_ = plan.rows;
    slice_rows_ =
        torch::full({plan.num_slices, 1}, static_cast<double>(plan.rows_a_slice), means.options());
    slice_rows_[-1].fill_(static_cast<double>(plan.slice(plan.num_slices - 1).rows));
  }
  const torch::Tensor mean = (means * slice_rows_).sum(0).div_(static_cast<double>(plan.rows));
  means.sub_(mean);
  return {mean, m2s.sum(0).add_((means * means).mul_(slice_rows_).sum(0))};
}

// A batch and its mirror image, merged: two halves of the same size, means d apart.
Normaliser::Moments Normaliser::with_image(const Moments& half, double rows) const {
  const torch::Tensor mirrored = half.mean.index_select(0, mirror_index_).mul_(mirror_sign_);
  const torch::Tensor half_gap = (half.mean - mirrored).div_(2);
  return {mirrored.add_(half.mean).div_(2), half.m2.index_select(0, mirror_index_)
                                                .add_(half.m2)
                                                .add_((half_gap * half_gap).mul_(2 * rows))};
}

// As many rows from every rank.
Normaliser::Moments Normaliser::of_all(const Moments& own, double rows, const Collective& all) {
  torch::Tensor mean = own.mean.clone();
  all.mean(mean);
  const torch::Tensor gap = own.mean - mean;
  torch::Tensor m2 = (gap * gap).mul_(rows).add_(own.m2);
  all.sum(m2);
  return {mean, m2};
}

void Normaliser::update(WorkerPool& pool, const torch::Tensor& batch, const Collective& all) {
  if (!enabled_) return;
  if (ops_.fused && all.size() == 1) {
    ops_.fused->merge_moments(batch,
                              {count_, mean_, m2_, mirror_index_, mirror_sign_, scaling_, kMinStd});
    return;
  }
  Moments moments = batch_moments(pool, batch);
  double rows = static_cast<double>(batch.size(0));
  if (mirror_index_.defined()) {
    moments = with_image(moments, rows);
    rows *= 2;
  }
  if (all.size() > 1) {
    moments = of_all(moments, rows, all);
    rows *= all.size();
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
