// Philox4x32-10 against the published known answers, and the uniform numbers made of it.
#include "kennel/core/philox.h"

#include <gtest/gtest.h>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

struct KnownAnswer {
  std::uint32_t counter[4], key[2], result[4];
};

// From Random123's kat_vectors (Salmon et al. 2011).
constexpr KnownAnswer kKnown[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(Philox, MatchesThePublishedKnownAnswers) {
  for (const KnownAnswer& k : kKnown) {
    const auto r = philox4x32<std::uint32_t>(k.counter[0], k.counter[1], k.counter[2], k.counter[3],
                                             k.key[0], k.key[1]);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(r.x[i], k.result[i]);
  }
}

TEST(Philox, EveryLaneOfAPackHasTheBitsOfAPlainNumber) {
  using U = uint_of<NativePack>;
  U env;
  for (int lane = 0; lane < kNativeWidth; ++lane)
    env.set(lane, 1000u + 77u * static_cast<std::uint32_t>(lane));
  const auto packed = philox4x32<U>(env, U(3u), U(12u), U(5u), 42u, 7u);
  for (int lane = 0; lane < kNativeWidth; ++lane) {
    const auto plain = philox4x32<std::uint32_t>(env[lane], 3u, 12u, 5u, 42u, 7u);
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(packed.x[i][lane], plain.x[i]);
      EXPECT_EQ(unit_interval<NativePack>(packed.x[i])[lane], unit_interval<float>(plain.x[i]));
    }
  }
}

TEST(UnitInterval, StaysBelowOneAndHasTheRightMean) {
  EXPECT_EQ(unit_interval<float>(0u), 0.0f);
  EXPECT_LT(unit_interval<float>(0xffffffffu), 1.0f);
  double sum = 0;
  constexpr int kDraws = 40000;
  for (std::uint32_t i = 0; i < kDraws; ++i)
    sum += unit_interval<float>(philox4x32<std::uint32_t>(i, 0, 0, 0, 1, 2).x[0]);
  EXPECT_NEAR(sum / kDraws, 0.5, 0.006);  // four standard errors
}

}  // namespace
}  // namespace kennel
