#include "kennel/rl/normaliser.h"

#include <vector>

#include "kennel/rl/slices.h"

namespace kennel {
namespace {

constexpr std::int64_t kRowsASlice = 512;

struct Moments {
  torch::Tensor mean;  // (size) float64
  torch::Tensor m2;    // (size) float64
};

// Two passes a slice while it is in the cache, in float32; slices are merged in float64.
Moments batch_moments(WorkerPool& pool, const torch::Tensor& batch) {
  const SlicePlan plan(batch.size(0), kRowsASlice, batch.device());
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
  std::vector<double> counts;
  for (std::int64_t k = 0; k < plan.num_slices; ++k) {
    counts.push_back(static_cast<double>(plan.slice(k).rows));
  }
  const torch::Tensor count =
      torch::tensor(counts, torch::kFloat64).to(batch.device()).unsqueeze(1);  // (slices, 1)
  means = means.to(torch::kFloat64);
  const torch::Tensor mean = (means * count).sum(0) / static_cast<double>(batch.size(0));
  const torch::Tensor offset = means - mean;
  return {mean, m2s.to(torch::kFloat64).sum(0) + (offset * offset * count).sum(0)};
}

}  // namespace

Normaliser::Normaliser(std::int64_t size, bool enabled, const Mirror* mirror, torch::Device device)
    : enabled_(enabled) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat64).device(device);
  count_ = torch::zeros({}, options);
  mean_ = torch::zeros({size}, options);
  m2_ = torch::zeros({size}, options);
  mean32_ = torch::zeros({size}, device);
  inv_std32_ = torch::ones({size}, device);
  if (mirror != nullptr) {
    mirror_index_ = torch::tensor(mirror->index, torch::kInt64).to(device);
    mirror_sign_ = torch::tensor(mirror->sign).to(options);
  }
  refresh();
}

void Normaliser::apply(const torch::Tensor& x, torch::Tensor& out) const {
  at::sub_out(out, x, mean32_);
  out.mul_(inv_std32_);
}

void Normaliser::update(WorkerPool& pool, const torch::Tensor& batch) {
  if (!enabled_) return;
  Moments moments = batch_moments(pool, batch);
  double rows = static_cast<double>(batch.size(0));
  if (mirror_index_.defined()) {
    // The batch and its mirror image, merged: two halves of the same size, means d apart.
    const torch::Tensor mirrored = moments.mean.index_select(0, mirror_index_) * mirror_sign_;
    const torch::Tensor half_gap = (moments.mean - mirrored) / 2;
    moments.m2 =
        moments.m2 + moments.m2.index_select(0, mirror_index_) + half_gap * half_gap * (2 * rows);
    moments.mean = (moments.mean + mirrored) / 2;
    rows *= 2;
  }
  const torch::Tensor finite = (moments.mean.isfinite() & moments.m2.isfinite()).all();
  const torch::Tensor total = count_ + rows;
  const torch::Tensor delta = moments.mean - mean_;
  const torch::Tensor m2 = m2_ + moments.m2 + delta * delta * (count_ * rows / total);
  m2_.copy_(torch::where(finite, m2, m2_));
  mean_.copy_(torch::where(finite, mean_ + delta * (rows / total), mean_));
  count_.copy_(torch::where(finite, total, count_));
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
  const torch::Tensor std = (m2_ / count_.clamp_min(1)).sqrt().clamp_min(kMinStd);
  mean32_.copy_(mean_);
  inv_std32_.copy_(torch::where(count_ > 0, 1 / std, torch::ones_like(std)));
}

}  // namespace kennel
