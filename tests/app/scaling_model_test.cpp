#include "src/app/scaling_model.h"

#include <gtest/gtest.h>

namespace kennel {
namespace {

TEST(ScalingModel, ALinkIsFoundAgainFromTheTimesOfItsSums) {
  const Link link{"", 2e-5, 1e9};
  for (const int ranks : {2, 3}) {
    const auto seconds = [&](double bytes) {  // of a ring
      return 2.0 * (ranks - 1) * (link.latency_s + bytes / ranks / link.bytes_per_s);
    };
    const Link found = link_from("", ranks, 64, seconds(64), 1 << 20, seconds(1 << 20));
    EXPECT_NEAR(found.latency_s, link.latency_s, 1e-12);
    EXPECT_NEAR(found.bytes_per_s, link.bytes_per_s, 1.0);
  }
}

TEST(ScalingModel, ManyRanksAddFewBytesByTreesAndManyByARing) {
  const Link link{"", 1e-5, 1e9};
  EXPECT_EQ(sum_seconds(link, 1, 1e6), 0.0);
  EXPECT_DOUBLE_EQ(sum_seconds(link, 1024, 8), 20 * (1e-5 + 8e-9));
  EXPECT_DOUBLE_EQ(sum_seconds(link, 4, 1e9), 6 * (1e-5 + 0.25));
}

TEST(ScalingModel, PredictsFromTwoSizesAndTheSums) {
  const IterationParts small{64, 0.010}, large{256, 0.034, 10, 10 * 1000};
  EXPECT_NEAR(own_seconds(small, large, 128), 0.018, 1e-12);
  EXPECT_NEAR(own_seconds(small, large, 0), 0.002, 1e-12);
  EXPECT_NEAR(own_seconds(small, large, -64), 0.001, 1e-12) << "never nothing";
  const Link link{"", 1e-3, 1e6};
  const int counts[] = {2, 4};
  const auto strong = predict(small, large, link, counts, 256, true, 24);
  const double two = 10 * sum_seconds(link, 2, 1000);
  EXPECT_NEAR(strong[0].seconds, 0.018 + two, 1e-12);
  EXPECT_NEAR(strong[0].sum_share, two / (0.018 + two), 1e-12);
  EXPECT_NEAR(strong[0].steps_per_s, 256 * 24 / strong[0].seconds, 1e-6);
  const auto weak = predict(small, large, link, counts, 256, false, 24);
  EXPECT_NEAR(weak[1].steps_per_s, 4 * 256 * 24 / weak[1].seconds, 1e-6);
  EXPECT_NEAR(weak[1].efficiency, 0.034 / weak[1].seconds, 1e-12);
}

}  // namespace
}  // namespace kennel
