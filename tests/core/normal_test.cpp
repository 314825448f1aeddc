// Normal numbers from random bits: their distribution, and the same bits in a pack as alone.
#include "kennel/core/normal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

Random4<std::uint32_t> bits_of(std::uint32_t number) {
  return philox4x32<std::uint32_t>(number, 0, 0, 0, 1, 2);
}

std::vector<double> draws(std::uint32_t fours) {
  std::vector<double> out;
  for (std::uint32_t k = 0; k < fours; ++k)
    for (const float x : normal4<float>(bits_of(k)).x) out.push_back(x);
  return out;
}

TEST(Normal, IsWhatBoxAndMullerMadeOfTheBits) {
  for (std::uint32_t k = 0; k < 20000; ++k) {
    const auto bits = bits_of(k);
    const Normal4<float> normal = normal4<float>(bits);
    for (int pair = 0; pair < 4; pair += 2) {
      const double u = ((bits.x[pair] >> 8) + 1.0) / 16777216.0;
      const double angle = std::numbers::pi * ((bits.x[pair + 1] >> 8) / 16777216.0 - 0.5);
      const double side = bits.x[pair + 1] % 2 == 0 ? 1.0 : -1.0;
      const double radius = std::sqrt(-2.0 * std::log(u));
      ASSERT_NEAR(normal.x[pair], side * radius * std::cos(angle), 1e-6);
      ASSERT_NEAR(normal.x[pair + 1], radius * std::sin(angle), 1e-6);
    }
  }
}

TEST(Normal, IsFiniteAtTheEndsOfTheRange) {
  for (const std::uint32_t radius : {0u, 0xffu, 0x100u, 0xffffff00u, 0xffffffffu, 0xb504f300u}) {
    for (const std::uint32_t angle : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      const Normal4<float> normal = normal4<float>({{radius, angle, radius, angle}});
      for (const float x : normal.x) {
        EXPECT_TRUE(std::isfinite(x)) << radius << " " << angle;
        EXPECT_LE(std::abs(x), 5.7684f);
      }
    }
  }
  EXPECT_EQ(normal4<float>({{0xffffffffu, 0, 0, 0}}).x[0], 0.0f);  // u = 1
}

TEST(Normal, EveryLaneOfAPackHasTheBitsOfAPlainNumber) {
  using U = uint_of<NativePack>;
  for (std::uint32_t block = 0; block < 5000; ++block) {
    U number;
    for (int lane = 0; lane < kNativeWidth; ++lane)
      number.set(lane, block * kNativeWidth + static_cast<std::uint32_t>(lane));
    const auto packed = normal4<NativePack>(philox4x32<U>(number, U(0u), U(0u), U(0u), 1, 2));
    for (int lane = 0; lane < kNativeWidth; ++lane) {
      const Normal4<float> plain = normal4<float>(bits_of(number[lane]));
      for (int k = 0; k < 4; ++k) ASSERT_EQ(to_bits(packed.x[k][lane]), to_bits(plain.x[k]));
    }
  }
}

// The numbers are the same on every machine and device: another compiler that fuses otherwise would
// be seen here.
constexpr std::uint64_t kHash = 16411719768554172554ull;
TEST(Normal, HasTheBitsThatItHadOnTheFirstMachine) {
  std::uint64_t hash = 14695981039346656037ull;  // FNV-1a
  for (std::uint32_t k = 0; k < 10000; ++k)
    for (const float x : normal4<float>(bits_of(k)).x)
      hash = (hash ^ to_bits(x)) * 1099511628211ull;
  EXPECT_EQ(hash, kHash) << std::hex << hash;
}

TEST(Normal, HasTheMomentsOfANormalDistribution) {
  const std::vector<double> x = draws(250000);
  double sum[4] = {};
  for (const double v : x)
    for (int power = 0; power < 4; ++power) sum[power] += std::pow(v, power + 1);
  const double n = static_cast<double>(x.size());
  // Four standard errors of each: variances of v^k are 1, 2, 15, 96.
  EXPECT_NEAR(sum[0] / n, 0.0, 4 * std::sqrt(1 / n));
  EXPECT_NEAR(sum[1] / n, 1.0, 4 * std::sqrt(2 / n));
  EXPECT_NEAR(sum[2] / n, 0.0, 4 * std::sqrt(15 / n));
  EXPECT_NEAR(sum[3] / n, 3.0, 4 * std::sqrt(96 / n));
}

TEST(Normal, HasTheDistributionFunctionOfANormalDistribution) {
  std::vector<double> x = draws(50000);
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  double distance = 0;  // Kolmogorov, Smirnov
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double expected = 0.5 * std::erfc(-x[k] / std::numbers::sqrt2);
    distance = std::max({distance, std::abs(expected - static_cast<double>(k) / n),
                         std::abs(expected - (static_cast<double>(k) + 1) / n)});
  }
  EXPECT_LT(distance * std::sqrt(n), 1.95);  // one in a thousand is above
}

TEST(Normal, FourOfACounterAreIndependent) {
  constexpr std::uint32_t kFours = 250000;
  double products[4][4] = {}, squares[4][4] = {};
  for (std::uint32_t k = 0; k < kFours; ++k) {
    const Normal4<float> normal = normal4<float>(bits_of(k));
    for (int a = 0; a < 4; ++a)
      for (int b = 0; b < a; ++b) {
        const double product = static_cast<double>(normal.x[a]) * normal.x[b];
        products[a][b] += product;
        squares[a][b] += (normal.x[a] * normal.x[a] - 1.0) * (normal.x[b] * normal.x[b] - 1.0);
      }
  }
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < a; ++b) {
      EXPECT_NEAR(products[a][b] / kFours, 0.0, 4 * std::sqrt(1.0 / kFours)) << a << b;
      EXPECT_NEAR(squares[a][b] / kFours, 0.0, 4 * std::sqrt(4.0 / kFours)) << a << b;
    }
}

}  // namespace
}  // namespace kennel
