// Sums whose order cannot matter, so that they are the same however a batch is shared out: numbers
// are rounded to multiples of a power of two first, and such multiples are added in float64 without
// a further rounding, as long as the sums stay below 2^53 of them.
#pragma once

#include <cstdint>

namespace kennel {

/// (x + shift) - shift is x rounded to a multiple of `quantum`, a power of two, where |x| is below
/// 2^51 of them.
constexpr double rounding_shift(double quantum) { return 0x1.8p52 * quantum; }

/// sums (columns) <- sums of the columns of x (rows, columns), each number rounded to a multiple of
/// `quantum`. What is not finite stays so.
/// \param stride  numbers from a row to the next
void exact_column_sums(const float* x, std::int64_t rows, std::int64_t stride, std::int64_t columns,
                       double quantum, double* sums);

/// sums (n) <- sums over rows of x - about, squares (n) <- of its squares, in the rows' order.
/// \param x  `steps` times `rows` rows of n numbers, each time `stride` numbers further
void sums_about(const float* x, std::int64_t steps, std::int64_t stride, std::int64_t rows,
                std::int64_t n, const double* about, double* sums, double* squares);

}  // namespace kennel
