// Products of small matrices against sums in double precision.
#include "kennel/lanes/products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace kennel {
namespace {

// A float sum of k products of numbers below one.
constexpr double kTolerance = 1e-5;
constexpr float kUntouched = -77.0f;

struct Sizes {
  std::int64_t m, k, n;
};

// Every remainder of a tile, and the shapes of the shipped networks: a slice through the layers,
// and a gradient of weights.
const Sizes kSizes[] = {{1, 1, 1},     {1, 5, 16},   {7, 3, 17},  {8, 72, 96},   {9, 96, 12},
                        {13, 96, 1},   {15, 85, 95}, {3, 2, 49},  {64, 128, 33}, {256, 72, 96},
                        {85, 512, 96}, {96, 37, 1},  {96, 37, 12}};

std::vector<float> numbers(std::int64_t count, int seed) {
  std::vector<float> out(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = static_cast<float>(std::sin(0.7 * static_cast<double>(k) + seed));
  return out;
}

/// Rows of n numbers with a gap behind each: so no column is a vector of its own, whose sums have
/// another order.
std::vector<float> with_gaps(const std::vector<float>& rows, std::int64_t n) {
  std::vector<float> out;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    out.push_back(rows[k]);
    if ((k + 1) % static_cast<std::size_t>(n) == 0) out.push_back(kUntouched);
  }
  return out;
}

TEST(Products, AreTheSumsOfEveryShapeAndTouchNothingElse) {
  constexpr std::int64_t kGap = 3;  // numbers between two rows, not part of either
  for (const Sizes& s : kSizes) {
    const std::vector<float> a = numbers(s.m * (s.k + kGap), 1), b = numbers(s.k * (s.n + kGap), 2);
    std::vector<float> c(static_cast<std::size_t>(s.m * (s.n + kGap)), kUntouched);
    product({{a.data(), s.k + kGap}, {b.data(), s.n + kGap}, s.k}, {c.data(), s.n + kGap}, s.m,
            s.n);
    for (std::int64_t i = 0; i < s.m; ++i)
      for (std::int64_t j = 0; j < s.n + kGap; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < s.k; ++k)
          sum += static_cast<double>(a[i * (s.k + kGap) + k]) * b[k * (s.n + kGap) + j];
        if (j >= s.n) sum = kUntouched;
        ASSERT_NEAR(c[i * (s.n + kGap) + j], sum, kTolerance * static_cast<double>(s.k))
            << s.m << " x " << s.k << " x " << s.n << " at " << i << ", " << j;
      }
  }
}

TEST(Products, OfATransposedMatrixAreThoseOfItsCopy) {
  for (const Sizes& s : kSizes) {
    const std::vector<float> a = numbers(s.k * s.m, 1), b = numbers(s.k * s.n, 2);
    std::vector<float> transposed(a.size());
    for (std::int64_t k = 0; k < s.k; ++k)
      for (std::int64_t i = 0; i < s.m; ++i) transposed[i * s.k + k] = a[k * s.m + i];
    std::vector<float> c(static_cast<std::size_t>(s.m * s.n), kUntouched), expected(c);
    product_of_transposed({{a.data(), s.m}, {b.data(), s.n}, s.k}, {c.data(), s.n}, s.m, s.n);
    const std::vector<float> apart = with_gaps(b, s.n);
    product({{transposed.data(), s.k}, {apart.data(), s.n + 1}, s.k}, {expected.data(), s.n}, s.m,
            s.n);
    EXPECT_EQ(c, expected) << s.m << " x " << s.k << " x " << s.n;
  }
}

TEST(Products, OfARowAreTheSameBitsInAnySliceOfRows) {
  for (const std::int64_t n : {95, 12, 1}) {
    const Sizes s{61, 72, n};
    const std::vector<float> a = numbers(s.m * s.k, 1), b = numbers(s.k * s.n, 2);
    std::vector<float> whole(static_cast<std::size_t>(s.m * s.n)), sliced(whole);
    product({{a.data(), s.k}, {b.data(), s.n}, s.k}, {whole.data(), s.n}, s.m, s.n);
    for (std::int64_t begin = 0; begin < s.m; begin += 11)
      product({{a.data() + begin * s.k, s.k}, {b.data(), s.n}, s.k},
              {sliced.data() + begin * s.n, s.n}, std::min<std::int64_t>(11, s.m - begin), s.n);
    EXPECT_EQ(whole, sliced) << n;
  }
}

TEST(Products, OfOneColumnAreAsAccurateAndTouchNoOtherColumn) {
  constexpr std::int64_t kGap = 2;
  const float bias = 0.25f;
  for (const std::int64_t m : {1, 3, 8, 21})
    for (const std::int64_t inner : {1, 15, 16, 33, 96}) {
      const std::vector<float> a = numbers(m * (inner + kGap), 1), b = numbers(inner, 2);
      std::vector<float> c(static_cast<std::size_t>(m * (1 + kGap)), kUntouched);
      product({{a.data(), inner + kGap}, {b.data(), 1}, inner}, {c.data(), 1 + kGap}, m, 1,
              {&bias, false});
      for (std::int64_t i = 0; i < m; ++i) {
        double sum = bias;
        for (std::int64_t k = 0; k < inner; ++k)
          sum += static_cast<double>(a[i * (inner + kGap) + k]) * b[k];
        EXPECT_NEAR(c[i * (1 + kGap)], sum, 1e-6 * static_cast<double>(inner + 1));
        EXPECT_EQ(c[i * (1 + kGap) + 1], kUntouched);
      }
    }
}

TEST(Products, AddABiasAndRectifyButKeepNan) {
  for (const std::int64_t n : {5, 16, 53}) {
    std::vector<float> a = numbers(9 * 4, 1);
    const std::vector<float> b = numbers(4 * n, 2), bias = numbers(n, 3);
    a[5 * 4 + 2] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> plain(static_cast<std::size_t>(9 * n)), linear(plain), relu(plain);
    const Factors f{{a.data(), 4}, {b.data(), n}, 4};
    product(f, {plain.data(), n}, 9, n);
    product(f, {linear.data(), n}, 9, n, {bias.data(), false});
    product(f, {relu.data(), n}, 9, n, {bias.data(), true});
    for (std::size_t k = 0; k < plain.size(); ++k) {
      const float y = plain[k] + bias[k % static_cast<std::size_t>(n)];
      if (std::isnan(y)) {
        EXPECT_EQ(k / static_cast<std::size_t>(n), 5u);
        EXPECT_TRUE(std::isnan(linear[k]) && std::isnan(relu[k]));
      } else {
        EXPECT_EQ(linear[k], y);
        EXPECT_EQ(relu[k], y < 0.0f ? 0.0f : y);
      }
    }
  }
}

TEST(Products, RectifiedGradientsPassWhereTheUnitsAreActiveAndAreSummed) {
  for (const Sizes& s : kSizes) {
    const std::vector<float> a = numbers(s.m * s.k, 1), b = numbers(s.k * s.n, 2);
    const std::vector<float> y = numbers(s.m * s.n, 3);
    std::vector<float> plain(y.size()), c(y.size(), kUntouched);
    std::vector<float> sums(static_cast<std::size_t>(s.n), kUntouched), expected(sums);
    const Factors f{{a.data(), s.k}, {b.data(), s.n}, s.k};
    const std::vector<float> apart = with_gaps(b, s.n);
    product({f.a, {apart.data(), s.n + 1}, s.k}, {plain.data(), s.n}, s.m, s.n);
    rectified_gradient(f, {y.data(), s.n}, {c.data(), s.n}, sums.data(), s.m, s.n);
    std::fill(expected.begin(), expected.end(), 0.0f);
    for (std::size_t k = 0; k < y.size(); ++k) {
      plain[k] = y[k] > 0.0f ? plain[k] : 0.0f;
      expected[k % static_cast<std::size_t>(s.n)] += plain[k];
    }
    EXPECT_EQ(c, plain) << s.m << " x " << s.k << " x " << s.n;
    EXPECT_EQ(sums, expected) << s.m << " x " << s.k << " x " << s.n;
  }
}

}  // namespace
}  // namespace kennel
