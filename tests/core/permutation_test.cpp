// A permutation by key: every row once, no order that is likelier than another.
#include "kennel/core/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

std::vector<std::uint32_t> order_of(std::uint32_t rows, std::uint32_t epoch, std::uint32_t key) {
  const Permutation permutation = permutation_of(rows, 7, 0, epoch, key, 5);
  std::vector<std::uint32_t> order(rows);
  for (std::uint32_t row = 0; row < rows; ++row) order[row] = permuted(permutation, row);
  return order;
}

class PermutationOf : public testing::TestWithParam<std::uint32_t> {};

TEST_P(PermutationOf, HasEveryRowOnce) {
  for (std::uint32_t epoch = 0; epoch < 5; ++epoch) {
    std::vector<int> seen(GetParam(), 0);
    for (const std::uint32_t row : order_of(GetParam(), epoch, 1)) {
      ASSERT_LT(row, GetParam());
      ++seen[row];
    }
    for (const int times : seen) ASSERT_EQ(times, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, PermutationOf,
                         testing::Values(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 97, 1000, 1024, 1025,
                                         7919, 24576, 65521, 65536, 65537, 98304, 104729, 786432));

TEST(Permutation, EveryLaneOfAPackIsWhatItIsAlone) {
  using U = uint_of<NativePack>;
  for (const std::uint32_t rows : {std::uint32_t{3 * kNativeWidth}, 7919u, 98304u}) {
    const Permutation permutation = permutation_of(rows, 7, 0, 1, 2, 3);
    for (std::uint32_t first = 0; first + kNativeWidth <= rows; first += kNativeWidth) {
      U row;
      for (int lane = 0; lane < kNativeWidth; ++lane)
        row.set(lane, first + static_cast<std::uint32_t>(lane));
      const U packed = permuted(permutation, row);
      for (int lane = 0; lane < kNativeWidth; ++lane)
        ASSERT_EQ(packed[lane], permuted(permutation, row[lane]));
    }
  }
}

TEST(Permutation, ReachesTheLastRowsOfTheLargestBatch) {
  const Permutation permutation = permutation_of(4294967291u, 1, 2, 3, 4, 5);
  std::set<std::uint32_t> found;
  for (std::uint32_t row = 4294967291u - 1000; row < 4294967291u; ++row) {
    const std::uint32_t to = permuted(permutation, row);
    ASSERT_LT(to, permutation.rows);
    found.insert(to);
  }
  EXPECT_EQ(found.size(), 1000u);
}

TEST(Permutation, OfAnotherKeyOrNumberIsAnother) {
  constexpr std::uint32_t kRows = 10000;
  const std::vector<std::uint32_t> first = order_of(kRows, 0, 1);
  EXPECT_EQ(first, order_of(kRows, 0, 1));
  for (const auto& other : {order_of(kRows, 1, 1), order_of(kRows, 0, 2)}) {
    int same = 0;
    for (std::uint32_t row = 0; row < kRows; ++row) same += first[row] == other[row];
    EXPECT_LT(same, 8);  // 1 is expected
  }
}

// The chi-square of counts that should be equal, in standard deviations above its mean.
double excess(const std::vector<double>& counts) {
  double total = 0, chi_square = 0;
  for (const double count : counts) total += count;
  const double expected = total / static_cast<double>(counts.size());
  for (const double count : counts)
    chi_square += (count - expected) * (count - expected) / expected;
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

TEST(Permutation, TakesARowAnywhereOverTheKeys) {
  constexpr std::uint32_t kRows = 96;
  std::vector<double> counts(kRows * kRows, 0.0);  // [from][to]
  for (std::uint32_t key = 0; key < 4000; ++key) {
    const std::vector<std::uint32_t> order = order_of(kRows, 0, key);
    for (std::uint32_t row = 0; row < kRows; ++row) ++counts[row * kRows + order[row]];
  }
  EXPECT_LT(std::abs(excess(counts)), 5.0);
}

// Neighbours in the rollout are steps of neighbouring environments; in a minibatch they should be
// strangers. Cells of where two rows go together, [to of the first][to of the second].
TEST(Permutation, TakesTwoNeighboursApart) {
  constexpr std::uint32_t kRows = 24576, kCells = 64;
  for (const std::uint32_t apart : {1u, 16u, 128u, 192u, 1024u}) {
    std::vector<double> counts(kCells * kCells, 0.0);
    for (std::uint32_t key = 0; key < 20; ++key) {
      const std::vector<std::uint32_t> order = order_of(kRows, 3, key);
      for (std::uint32_t row = 0; row < kRows; ++row) {
        const std::uint32_t a = order[row], b = order[(row + apart) % kRows];
        ++counts[a / (kRows / kCells) * kCells + b / (kRows / kCells)];
      }
    }
    EXPECT_LT(std::abs(excess(counts)), 5.0) << apart;
  }
}

// How far apart two neighbours land is as for any two rows: no distance is likelier.
TEST(Permutation, KeepsNoDistance) {
  constexpr std::uint32_t kRows = 24576;
  std::vector<double> counts(kRows, 0.0);
  for (std::uint32_t key = 0; key < 20; ++key) {
    const std::vector<std::uint32_t> order = order_of(kRows, 0, key);
    for (std::uint32_t row = 0; row + 1 < kRows; ++row)
      ++counts[(order[row + 1] + kRows - order[row]) % kRows];
  }
  EXPECT_EQ(counts[0], 0.0);
  counts.erase(counts.begin());
  EXPECT_LT(std::abs(excess(counts)), 5.0);
}

}  // namespace
}  // namespace kennel
