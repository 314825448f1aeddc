// Statistics whose answers are worked out by hand.
#include "kennel/report/statistics.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace kennel::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::NanSensitiveDoubleEq;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(Statistics, ASmoothedRowIsTheMeanOfThoseLessThanAWidthBefore) {
  const Curve curve{{10, 20, 30, 40}, {4, 8, 0, 2}};
  EXPECT_THAT(smoothed(curve, 20).y, ElementsAre(4, 6, 4, 1));
  EXPECT_THAT(smoothed(curve, 20).x, ElementsAre(10, 20, 30, 40));
  EXPECT_THAT(smoothed(curve, 0).y, ElementsAre(4, 8, 0, 2));
  EXPECT_THAT(smoothed(curve, 1000).y, ElementsAre(4, 6, 4, 3.5));
  EXPECT_THAT(smoothed({{1, 2}, {1e20, 1}}, 1).y, ElementsAre(1e20, 1));
  EXPECT_THAT(smoothed({}, 5).y, IsEmpty());
}

TEST(Statistics, ACurveIsStraightBetweenItsRowsAndNothingOutsideThem) {
  const Curve curve{{10, 20}, {1, 5}};
  EXPECT_DOUBLE_EQ(value_at(curve, 10), 1);
  EXPECT_DOUBLE_EQ(value_at(curve, 12.5), 2);
  EXPECT_DOUBLE_EQ(value_at(curve, 20), 5);
  EXPECT_TRUE(std::isnan(value_at(curve, 9.9)));
  EXPECT_TRUE(std::isnan(value_at(curve, 20.1)));
  EXPECT_TRUE(std::isnan(value_at({}, 1)));
}

TEST(Statistics, AThresholdIsReachedAtTheFirstRowThatIsAtItOrBeyond) {
  const Curve falling{{1, 2, 3, 4}, {0.9, 0.5, 0.7, 0.2}};
  EXPECT_EQ(first_at(falling, 0.5, true), 2);
  EXPECT_EQ(first_at(falling, 0.3, true), 4);
  EXPECT_EQ(first_at(falling, 0.1, true), std::nullopt);
  EXPECT_EQ(first_at(falling, 0.6, false), 1);
  EXPECT_EQ(first_at(falling, 1.0, false), std::nullopt);
}

TEST(Statistics, AQuantileLiesStraightBetweenTheValuesInTheirOrder) {
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0.0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1.0), 4);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.3), 7);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
  EXPECT_EQ(quantile({2, INFINITY, 1}, 0.5), 2);
  EXPECT_EQ(quantile({2, INFINITY, 1, INFINITY}, 0.5), INFINITY);
  EXPECT_EQ(quantile({INFINITY, INFINITY}, 0.5), INFINITY);
  EXPECT_EQ(quantile({-INFINITY, 2}, 0.5), -INFINITY);
}

TEST(Statistics, ABandIsOfTheCurvesThatHaveAValueWhileHalfOfThemDo) {
  const Curve curves[] = {
      {{0, 10}, {0, 10}}, {{0, 10}, {2, 2}}, {{0, 20}, {4, 4}}, {{5, 20}, {8, 8}}};
  const Band band = band_of(curves, {0, 5, 20, 25});
  // At 0: 0, 2, 4. At 5: 5, 2, 4, 8. At 20: 4, 8. At 25: nothing.
  const auto are = [](double a, double b, double c, double d) {
    return ElementsAre(NanSensitiveDoubleEq(a), NanSensitiveDoubleEq(b), NanSensitiveDoubleEq(c),
                       NanSensitiveDoubleEq(d));
  };
  EXPECT_THAT(band.low, are(1, 3.5, 5, kNone));
  EXPECT_THAT(band.median, are(2, 4.5, 6, kNone));
  EXPECT_THAT(band.high, are(3, 5.75, 7, kNone));
  // One of three is too few.
  EXPECT_TRUE(std::isnan(band_of(std::span(curves).first(3), {15}).median[0]));
}

// The median of a resample is at most the k-th of the values where more than half of its draws are
// among the first k: a binomial number of n, with probability k / n each time.
TEST(Statistics, ABootstrapIntervalIsThatOfTheBinomialByHand) {
  // Five values: P(3 or more of 5 at 1/5) = 0.058 > 0.025, so from the least to the greatest.
  const MedianInterval five = bootstrap_median({3, 5, 1, 2, 4});
  EXPECT_DOUBLE_EQ(five.median, 3);
  EXPECT_DOUBLE_EQ(five.low, 1);
  EXPECT_DOUBLE_EQ(five.high, 5);
  // Seven: P(4 or more of 7 at 1/7) = 0.010 < 0.025 < P(at 2/7) = 0.108, so the second of each end.
  const MedianInterval seven = bootstrap_median({7, 1, 6, 2, 5, 3, 400});
  EXPECT_DOUBLE_EQ(seven.median, 5);
  EXPECT_DOUBLE_EQ(seven.low, 2);
  EXPECT_DOUBLE_EQ(seven.high, 7);
  // Of four a half is the mean of two: P(3 or more of 4 at 1/4) = 0.051 > 0.025.
  const MedianInterval four = bootstrap_median({0, 0, 0, 4});
  EXPECT_DOUBLE_EQ(four.median, 0);
  EXPECT_DOUBLE_EQ(four.low, 0);
  EXPECT_DOUBLE_EQ(four.high, 4);
}

TEST(Statistics, ABootstrapIntervalIsDecidedByItsValuesAndSeed) {
  const std::vector<double> values = {0.11, 0.53, 0.27, 0.94, 0.38, 0.71, 0.62, 0.05};
  const MedianInterval first = bootstrap_median(values), again = bootstrap_median(values);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_LT(first.low, first.median);
  EXPECT_LT(first.median, first.high);
  EXPECT_TRUE(std::isnan(bootstrap_median({}).low));
  const MedianInterval one = bootstrap_median({2.5});
  EXPECT_EQ(one.median, 2.5);
  EXPECT_EQ(one.low, 2.5);
  EXPECT_EQ(one.high, 2.5);
}

TEST(Statistics, MediansAreToldApartWhereTheIntervalOfTheirDifferenceIsOnOneSideOfZero) {
  // Every value of one below every one of the other: so are all medians, from 1 - 9 to 5 - 5.5.
  const MedianInterval apart = bootstrap_difference({3, 5, 1, 2, 4}, {6, 5.5, 9, 8, 7});
  EXPECT_DOUBLE_EQ(apart.median, 3 - 7);
  EXPECT_LT(apart.high, 0);
  EXPECT_GE(apart.low, 1 - 9);
  // The same numbers: as likely more as less.
  const MedianInterval alike = bootstrap_difference({3, 5, 1, 2, 4}, {3, 5, 1, 2, 4});
  EXPECT_EQ(alike.median, 0);
  EXPECT_LT(alike.low, 0);
  EXPECT_GT(alike.high, 0);
  // More seeds tell apart what five do not: 0 to 9, ten of each, and 3 more.
  std::vector<double> many, more;
  for (int seed = 0; seed < 100; ++seed) {
    many.push_back(seed % 10);
    more.push_back(seed % 10 + 3);
  }
  EXPECT_LT(bootstrap_difference(many, more).high, 0);
  EXPECT_GT(bootstrap_difference({0, 2, 4, 6, 8}, {3, 5, 7, 9, 11}).high, 0);
}

TEST(Statistics, ADifferenceToAnInfiniteMedianIsInfiniteAndOfTwoAlikeNone) {
  const MedianInterval far = bootstrap_difference({1, 2, 3}, {INFINITY, INFINITY, INFINITY});
  EXPECT_EQ(far.median, -INFINITY);
  EXPECT_EQ(far.low, -INFINITY);
  EXPECT_EQ(far.high, -INFINITY);
  const MedianInterval same = bootstrap_difference({INFINITY}, {INFINITY});
  EXPECT_EQ(same.median, 0);
  EXPECT_EQ(same.high, 0);
  EXPECT_TRUE(std::isnan(bootstrap_difference({}, {1}).low));
}

}  // namespace
}  // namespace kennel::report
