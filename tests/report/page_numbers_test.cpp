// Numbers in the pages' data.
#include "src/report/page_numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kennel::report {
namespace {

TEST(PageNumbers, AreAsShortAsTheirSixDigits) {
  EXPECT_EQ(short_number(1.0 / 3.0).dump(), "0.333333");
  EXPECT_EQ(short_number(-0.16).dump(), "-0.16");
  EXPECT_EQ(short_number(1e-9 / 3.0).dump(), "3.33333e-10");
  EXPECT_EQ(short_number(0.9999999).dump(), "1.0");
  EXPECT_EQ(short_number(12345.678).dump(), "12345.7");
  EXPECT_EQ(short_number(123456789.0).dump(), "123457000.0");
  EXPECT_EQ(short_number(100.0).dump(), "100.0");
  EXPECT_EQ(short_number(0.0).dump(), "0.0");
  EXPECT_EQ(short_number(5e-324).dump(), "0.0");
  EXPECT_DOUBLE_EQ(short_number(-std::ldexp(1.0, 1000)).get<double>(), -1.07151e301);
}

TEST(PageNumbers, AreNullWhereTheyAreNone) {
  EXPECT_EQ(short_numbers({1.5, NAN, -INFINITY}).dump(), "[1.5,null,null]");
  EXPECT_TRUE(rounded(INFINITY).is_null());
}

TEST(PageNumbers, AreRoundedToUnits) {
  EXPECT_EQ(rounded(1.23456).dump(), "1.2346");
  EXPECT_EQ(rounded(-2.6, 1.0).dump(), "-3.0");
}

}  // namespace
}  // namespace kennel::report
