#include "src/rl/fused_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kennel/core/assert.h"
#include "kennel/lanes/tanh.h"

namespace kennel {
namespace {

// Rows to be read in random order are asked for this many rows before they are needed.
constexpr std::int64_t kPrefetchRows = 8;
constexpr std::size_t kBytesACacheLine = 64;

template <class Number>
void prefetch_row(const Number* row, std::int64_t n) {
  constexpr std::int64_t kNumbersACacheLine = kBytesACacheLine / sizeof(Number);
  for (std::int64_t k = 0; k < n; k += kNumbersACacheLine) __builtin_prefetch(row + k);
}

/// put(row of x, row of out) for every index.
template <class Number, class Put>
void gather_rows(const torch::Tensor& x, const torch::Tensor& index, torch::Tensor& out,
                 const Put& put) {
  const std::int64_t rows = index.size(0), n = x.size(1);
  const Number* from = x.const_data_ptr<Number>();
  const std::int64_t* row = index.const_data_ptr<std::int64_t>();
  float* to = out.mutable_data_ptr<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    prefetch_row(from + row[std::min(r + kPrefetchRows, rows - 1)] * n, n);
    put(from + row[r] * n, to + r * n);
  }
}

/// One row's scaling.
struct RowScaling {
  std::int64_t n;
  const float* mean;
  const float* inv_std;

  explicit RowScaling(const Scaling& scaling)
      : n(scaling.mean.size(0)),
        mean(scaling.mean.const_data_ptr<float>()),
        inv_std(scaling.inv_std.const_data_ptr<float>()) {}

  template <class Number>
  void operator()(const Number* __restrict x, float* __restrict out) const {
    for (std::int64_t k = 0; k < n; ++k) out[k] = (static_cast<float>(x[k]) - mean[k]) * inv_std[k];
  }
};

template <class Number>
void split_rows(const torch::Tensor& x, const RowScaling& scale, const Parity& parity,
                torch::Tensor& out) {
  std::vector<float> scaled(static_cast<std::size_t>(scale.n));
  const Number* from = x.const_data_ptr<Number>();
  float* to = out.mutable_data_ptr<float>();
  for (std::int64_t r = 0; r < x.size(0); ++r) {
    scale(from + r * scale.n, scaled.data());
    parity.split(scaled.data(), to + r * scale.n);
  }
}

}  // namespace

void gather(const torch::Tensor& x, const torch::Tensor& index, const Scaling* scaling,
            torch::Tensor& out) {
  if (scaling == nullptr) {
    const std::int64_t n = x.size(1);
    gather_rows<float>(x, index, out,
                       [n](const float* from, float* to) { std::copy_n(from, n, to); });
  } else if (x.scalar_type() == torch::kBFloat16) {
    gather_rows<at::BFloat16>(x, index, out, RowScaling(*scaling));
  } else {
    gather_rows<float>(x, index, out, RowScaling(*scaling));
  }
}

void scale_by_parity(const torch::Tensor& x, const Scaling& scaling, const Parity& parity,
                     torch::Tensor& out) {
  KENNEL_ASSERT(x.is_contiguous() && out.is_contiguous() && x.size(1) == parity.size());
  if (x.scalar_type() == torch::kBFloat16) {
    split_rows<at::BFloat16>(x, RowScaling(scaling), parity, out);
  } else {
    split_rows<float>(x, RowScaling(scaling), parity, out);
  }
}

void exchange_parts_(torch::Tensor& x) {
  const std::int64_t n = x.size(1) / 2;
  for (std::int64_t r = 0; r < x.size(0); ++r) {
    float* __restrict u = x.mutable_data_ptr<float>() + r * x.stride(0);
    float* __restrict v = u + n;
    for (std::int64_t k = 0; k < n; ++k) {
      const float sum = u[k] + v[k], difference = u[k] - v[k];
      u[k] = sum;
      v[k] = difference;
    }
  }
}

void tanh_in_place(torch::Tensor& x) {
  KENNEL_ASSERT(x.is_contiguous());
  tanh_in_place(x.mutable_data_ptr<float>(), x.numel());
}

void sum_rows(const torch::Tensor& x, torch::Tensor& sum) {
  const std::int64_t n = sum.size(0);
  float* __restrict total = sum.mutable_data_ptr<float>();
  std::fill(total, total + n, 0.0f);
  for (std::int64_t r = 0; r < x.size(0); ++r) {
    const float* __restrict row = x.const_data_ptr<float>() + r * x.stride(0);
    for (std::int64_t k = 0; k < n; ++k) total[k] += row[k];
  }
}

}  // namespace kennel
