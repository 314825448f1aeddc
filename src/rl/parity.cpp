#include "kennel/rl/parity.h"

#include <algorithm>
#include <cstddef>

#include "kennel/core/assert.h"

namespace kennel {
namespace {

/// The rows of a contiguous matrix.
template <class Number>
struct Matrix {
  Number* data;
  std::int64_t columns;
  Number* operator[](std::int64_t row) const { return data + row * columns; }
};

}  // namespace

Parity::Parity(const Mirror& mirror) {
  for (int k = 0; k < mirror.size(); ++k) {
    const auto at = static_cast<std::size_t>(k);
    const int image = mirror.index[at];
    if (image > k) pairs_.push_back({k, image, mirror.sign[at]});
    if (image == k) (mirror.sign[at] > 0.0f ? own_even_ : own_odd_).push_back(k);
  }
  num_even_ = static_cast<std::int64_t>(pairs_.size() + own_even_.size());
  num_odd_ = static_cast<std::int64_t>(pairs_.size() + own_odd_.size());
}

void Parity::split(const float* __restrict x, float* __restrict parts) const {
  float* even = parts;
  float* odd = parts + num_even_;
  for (const Pair& pair : pairs_) {
    const float a = x[pair.first], b = pair.sign * x[pair.image];
    *even++ = a + b;
    *odd++ = a - b;
  }
  for (const std::int64_t k : own_even_) *even++ = x[k];
  for (const std::int64_t k : own_odd_) *odd++ = x[k];
}

void Parity::split_weight(const torch::Tensor& weight, torch::Tensor& parts) const {
  KENNEL_ASSERT(weight.is_contiguous() && parts.is_contiguous() && parts.size(0) == size());
  const std::int64_t columns = parts.size(1);
  const Matrix<const float> from{weight.const_data_ptr<float>(), weight.size(1)};
  const Matrix<float> even{parts.mutable_data_ptr<float>(), columns};
  const Matrix<float> odd{even[num_even_], columns};
  std::int64_t row = 0;
  for (const Pair& pair : pairs_) {
    const float* a = from[pair.first];
    const float* b = from[pair.image];
    float* e = even[row];
    float* o = odd[row++];
    for (std::int64_t c = 0; c < columns; ++c) {
      e[c] = 0.5f * (a[c] + pair.sign * b[c]);
      o[c] = 0.5f * (a[c] - pair.sign * b[c]);
    }
  }
  for (std::size_t k = 0; k < own_even_.size(); ++k)
    std::copy_n(from[own_even_[k]], columns, even[row + static_cast<std::int64_t>(k)]);
  for (std::size_t k = 0; k < own_odd_.size(); ++k)
    std::copy_n(from[own_odd_[k]], columns, odd[row + static_cast<std::int64_t>(k)]);
}

void Parity::add_gradient(const torch::Tensor& parts, torch::Tensor& weight) const {
  KENNEL_ASSERT(weight.is_contiguous() && parts.is_contiguous() && parts.size(0) == size());
  const std::int64_t columns = parts.size(1);
  const Matrix<float> to{weight.mutable_data_ptr<float>(), weight.size(1)};
  const Matrix<const float> even{parts.const_data_ptr<float>(), columns};
  const Matrix<const float> odd{even[num_even_], columns};
  const auto add = [columns](const float* from, float* sum) {
    for (std::int64_t c = 0; c < columns; ++c) sum[c] += from[c];
  };
  std::int64_t row = 0;
  for (const Pair& pair : pairs_) {
    const float* e = even[row];
    const float* o = odd[row++];
    float* a = to[pair.first];
    float* b = to[pair.image];
    for (std::int64_t c = 0; c < columns; ++c) {
      a[c] += 0.5f * (e[c] + o[c]);
      b[c] += 0.5f * pair.sign * (e[c] - o[c]);
    }
  }
  for (std::size_t k = 0; k < own_even_.size(); ++k)
    add(even[row + static_cast<std::int64_t>(k)], to[own_even_[k]]);
  for (std::size_t k = 0; k < own_odd_.size(); ++k)
    add(odd[row + static_cast<std::int64_t>(k)], to[own_odd_[k]]);
}

}  // namespace kennel
