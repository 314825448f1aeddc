#include "kennel/lanes/exact_sums.h"

#include <algorithm>

namespace kennel {

void exact_column_sums(const float* x, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                       double quantum, double* __restrict sums) {
  const double shift = rounding_shift(quantum);
  std::fill_n(sums, columns, 0.0);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* __restrict from = x + row * stride;
    for (std::int64_t k = 0; k < columns; ++k)
      sums[k] += (static_cast<double>(from[k]) + shift) - shift;
  }
}

void sums_about(const float* x, std::int64_t steps, std::int64_t stride, std::int64_t rows,
                std::int64_t n, const double* __restrict about, double* __restrict sums,
                double* __restrict squares) {
  std::fill_n(sums, n, 0.0);
  std::fill_n(squares, n, 0.0);
  for (std::int64_t step = 0; step < steps; ++step) {
    const float* __restrict row = x + step * stride;
    for (std::int64_t r = 0; r < rows; ++r, row += n)
      for (std::int64_t k = 0; k < n; ++k) {
        const double deviation = static_cast<double>(row[k]) - about[k];
        sums[k] += deviation;
        squares[k] += deviation * deviation;
      }
  }
}

}  // namespace kennel
