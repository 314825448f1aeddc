#include "src/rl/fused_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

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

template <class Number>
void gather(const torch::Tensor& x, const torch::Tensor& index, const Scaling& scaling,
            torch::Tensor& out) {
  const std::int64_t rows = index.size(0), n = x.size(1);
  const Number* from = x.const_data_ptr<Number>();
  const std::int64_t* row = index.const_data_ptr<std::int64_t>();
  const float* __restrict m = scaling.mean.const_data_ptr<float>();
  const float* __restrict s = scaling.inv_std.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    prefetch_row(from + row[std::min(r + kPrefetchRows, rows - 1)] * n, n);
    const Number* __restrict a = from + row[r] * n;
    float* __restrict b = to + r * n;
    for (std::int64_t k = 0; k < n; ++k) b[k] = (static_cast<float>(a[k]) - m[k]) * s[k];
  }
}

}  // namespace

void gather_scaled(const torch::Tensor& x, const torch::Tensor& index, const Scaling& scaling,
                   torch::Tensor& out) {
  if (x.scalar_type() == torch::kBFloat16) {
    gather<at::BFloat16>(x, index, scaling, out);
  } else {
    gather<float>(x, index, scaling, out);
  }
}

void bias_backward_(torch::Tensor& grad, const torch::Tensor& y, bool relu,
                    torch::Tensor& bias_grad) {
  const std::int64_t rows = grad.size(0), n = grad.size(1);
  const float* output = y.const_data_ptr<float>();
  float* data = grad.mutable_data_ptr<float>();
  float* __restrict sum = bias_grad.mutable_data_ptr<float>();
  std::fill(sum, sum + n, 0.0f);
  for (std::int64_t r = 0; r < rows; ++r) {
    float* __restrict g = data + r * n;
    const float* __restrict o = output + r * n;
    if (relu) {
      for (std::int64_t k = 0; k < n; ++k) {
        g[k] = o[k] > 0.0f ? g[k] : 0.0f;
        sum[k] += g[k];
      }
    } else {
      for (std::int64_t k = 0; k < n; ++k) sum[k] += g[k];
    }
  }
}

}  // namespace kennel
