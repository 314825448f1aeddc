// Products of bfloat16 factors against the same sums made number by number.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kennel/lanes/layer_products.h"

namespace kennel {
namespace {

using Numbers = std::vector<float>;

struct Sizes {
  std::int64_t m, k, n;
};

// Remainders of tiles, of blocks of rows and of pairs, several panels, and the shipped layers.
const Sizes kSizes[] = {{1, 1, 1},    {1, 5, 16},    {7, 3, 17},    {8, 72, 96},
                        {33, 96, 12}, {15, 85, 95},  {3, 2, 49},    {77, 31, 113},
                        {64, 33, 48}, {48, 511, 48}, {36, 257, 48}, {256, 36, 48}};

Numbers numbers(std::int64_t count, int seed) {
  Numbers out(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = static_cast<float>(std::sin(0.7 * static_cast<double>(k) + seed));
  return out;
}

/// To the nearest bfloat16, of two the even one.
float rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
}

/// s <- a1 b1 + s, then s <- a0 b0 + s for every pair
template <class A, class B>
float sum_of_pairs(std::int64_t k, const A& a, const B& b) {
  float sum = 0.0f;
  for (std::int64_t at = 0; at < k; at += 2) {
    if (at + 1 < k) sum = std::fma(rounded(a(at + 1)), rounded(b(at + 1)), sum);
    sum = std::fma(rounded(a(at)), rounded(b(at)), sum);
  }
  return sum;
}

Numbers sums_of(const Factors& f, std::int64_t m, std::int64_t n) {
  Numbers out;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      out.push_back(sum_of_pairs(
          f.k, [&](std::int64_t k) { return f.a.data[i * f.a.stride + k]; },
          [&](std::int64_t k) { return f.b.data[k * f.b.stride + j]; }));
  return out;
}

/// Factors that two products read from one matrix each, as a layer by parity has them.
struct Layer {
  Sizes s;
  Numbers a, b;
  explicit Layer(const Sizes& sizes)
      : s(sizes), a(numbers(s.m * 2 * s.k, 1)), b(numbers((2 * s.k + 1) * s.n, 2)) {}
  Factors even() const { return {{a.data(), 2 * s.k}, {b.data(), s.n}, s.k}; }
  // One number fewer, and none of them at an even place.
  Factors odd() const {
    return {
        {a.data() + s.k, 2 * s.k}, {b.data() + s.k * s.n, s.n}, std::max<std::int64_t>(1, s.k - 1)};
  }
};

class Bf16Products : public testing::Test {
 protected:
  void SetUp() override {
    if (bf16_products() == nullptr) GTEST_SKIP() << "this processor has no AVX512_BF16";
  }
  const LayerProducts& in() const { return *bf16_products(); }
};

TEST_F(Bf16Products, AreTheSumsOfRoundedPairsAndTouchNothingElse) {
  constexpr std::int64_t kGap = 3;
  constexpr float kUntouched = -77.0f;
  for (const Sizes& s : kSizes) {
    const Numbers a = numbers(s.m * (s.k + kGap), 1), b = numbers(s.k * (s.n + kGap), 2);
    const Factors f{{a.data(), s.k + kGap}, {b.data(), s.n + kGap}, s.k};
    const Numbers sums = sums_of(f, s.m, s.n), bias = numbers(s.n, 3);
    for (const bool relu : {false, true}) {
      Numbers c(static_cast<std::size_t>(s.m * (s.n + kGap)), kUntouched);
      in().product(f, {c.data(), s.n + kGap}, s.m, s.n, {bias.data(), relu});
      for (std::int64_t i = 0; i < s.m; ++i)
        for (std::int64_t j = 0; j < s.n + kGap; ++j) {
          float y = j < s.n ? sums[i * s.n + j] + bias[j] : kUntouched;
          if (relu && j < s.n && y < 0.0f) y = 0.0f;
          ASSERT_EQ(c[i * (s.n + kGap) + j], y) << s.m << " x " << s.k << " x " << s.n;
        }
    }
  }
}

TEST_F(Bf16Products, OfATransposedMatrixAreTheSameSums) {
  for (const Sizes& s : kSizes) {
    const Numbers a = numbers(s.k * s.m, 1), b = numbers(s.k * s.n, 2);
    Numbers transposed(a.size()), c(static_cast<std::size_t>(s.m * s.n), -77.0f);
    for (std::int64_t k = 0; k < s.k; ++k)
      for (std::int64_t i = 0; i < s.m; ++i) transposed[i * s.k + k] = a[k * s.m + i];
    in().product_of_transposed({{a.data(), s.m}, {b.data(), s.n}, s.k}, {c.data(), s.n}, s.m, s.n);
    EXPECT_EQ(c, sums_of({{transposed.data(), s.k}, {b.data(), s.n}, s.k}, s.m, s.n))
        << s.m << " x " << s.k << " x " << s.n;
  }
}

TEST_F(Bf16Products, RectifiedGradientsPassWhereTheUnitsAreActiveAndAreSummed) {
  for (const Sizes& s : kSizes) {
    const Layer layer(s);
    const Numbers y = numbers(s.m * s.n, 4);
    Numbers expected = sums_of(layer.even(), s.m, s.n), c(expected.size(), -77.0f);
    Numbers sums(static_cast<std::size_t>(s.n), -77.0f), of_columns(sums.size(), 0.0f);
    in().rectified_gradient(layer.even(), {y.data(), s.n}, {c.data(), s.n}, sums.data(), s.m, s.n);
    for (std::size_t k = 0; k < y.size(); ++k) {
      if (!(y[k] > 0.0f)) expected[k] = 0.0f;
      of_columns[k % static_cast<std::size_t>(s.n)] += expected[k];
    }
    EXPECT_EQ(c, expected) << s.m << " x " << s.k << " x " << s.n;
    EXPECT_EQ(sums, of_columns);
  }
}

TEST_F(Bf16Products, OfALayerByParityAreTheSameSums) {
  for (const Sizes& s : kSizes) {
    const Layer layer(s);
    const Numbers e = sums_of(layer.even(), s.m, s.n), o = sums_of(layer.odd(), s.m, s.n);
    const Numbers bias = numbers(s.n, 5), y = numbers(s.m * 2 * s.n, 6);
    Numbers units(y.size(), -77.0f), gradient(units), sums(bias.size(), -77.0f);
    Numbers of_columns(bias.size(), 0.0f);
    in().parity_forward(layer.even(), layer.odd(), {units.data(), 2 * s.n}, s.m, s.n,
                        {bias.data(), true});
    in().parity_rectified_gradient(layer.even(), layer.odd(), {y.data(), 2 * s.n},
                                   {gradient.data(), 2 * s.n}, sums.data(), s.m, s.n);
    for (std::int64_t i = 0; i < s.m; ++i)
      for (std::int64_t j = 0; j < s.n; ++j) {
        const std::int64_t at = i * s.n + j, first = i * 2 * s.n + j, second = first + s.n;
        const float middle = e[at] + bias[j];
        const float u = std::max(middle + o[at], 0.0f), image = std::max(middle - o[at], 0.0f);
        ASSERT_EQ(units[first], u + image) << s.m << " x " << s.k << " x " << s.n;
        ASSERT_EQ(units[second], u - image);
        const float of_u = y[first] + y[second] > 0.0f ? e[at] + o[at] : 0.0f;
        const float of_image = y[first] - y[second] > 0.0f ? e[at] - o[at] : 0.0f;
        ASSERT_EQ(gradient[first], of_u + of_image);
        ASSERT_EQ(gradient[second], of_u - of_image);
        of_columns[j] += of_u + of_image;
      }
    EXPECT_EQ(sums, of_columns);
  }
}

TEST_F(Bf16Products, AreThoseOfFp32WithinTheRoundingOfTheirFactors) {
  for (const Sizes& s : kSizes) {
    const Numbers a = numbers(s.m * s.k, 1), b = numbers(s.k * s.n, 2);
    const Factors f{{a.data(), s.k}, {b.data(), s.n}, s.k};
    Numbers in_bf16(static_cast<std::size_t>(s.m * s.n)), in_fp32(in_bf16);
    in().product(f, {in_bf16.data(), s.n}, s.m, s.n, {});
    fp32_products().product(f, {in_fp32.data(), s.n}, s.m, s.n, {});
    for (std::int64_t i = 0; i < s.m; ++i)
      for (std::int64_t j = 0; j < s.n; ++j) {
        float size = 0.0f;
        for (std::int64_t k = 0; k < s.k; ++k) size += std::abs(a[i * s.k + k] * b[k * s.n + j]);
        // Each factor is up to 2^-8 of itself away; the rest is single precision's.
        EXPECT_NEAR(in_bf16[i * s.n + j], in_fp32[i * s.n + j], (0x1p-7f + 1e-4f) * size);
      }
  }
}

TEST_F(Bf16Products, OfARowAreTheSameBitsInAnySliceOfRows) {
  const Sizes s{61, 72, 48};
  const Layer layer(s);
  const auto run = [&](std::int64_t begin, std::int64_t rows, Numbers& to) {
    const auto from = [&](Factors f) {
      f.a.data += begin * f.a.stride;
      return f;
    };
    in().parity_forward(from(layer.even()), from(layer.odd()),
                        {to.data() + begin * 2 * s.n, 2 * s.n}, rows, s.n, {layer.b.data(), true});
  };
  Numbers whole(static_cast<std::size_t>(s.m * 2 * s.n)), sliced(whole);
  run(0, s.m, whole);
  for (std::int64_t begin = 0; begin < s.m; begin += 11)
    run(begin, std::min<std::int64_t>(11, s.m - begin), sliced);
  EXPECT_EQ(whole, sliced);
}

TEST_F(Bf16Products, KeepWhatIsNotFinite) {
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Numbers a = numbers(9 * 5, 1), c(static_cast<std::size_t>(9 * 48));
    const Numbers b(5 * 48, 0.5f);
    a[5 * 5 + 4] = wrong;
    in().product({{a.data(), 5}, {b.data(), 48}, 5}, {c.data(), 48}, 9, 48, {b.data(), true});
    for (std::size_t k = 0; k < c.size(); ++k) EXPECT_EQ(std::isfinite(c[k]), k / 48 != 5) << k;
  }
}

}  // namespace
}  // namespace kennel
