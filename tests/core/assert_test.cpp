// A target of its own, always with assertions: nothing that it links was compiled without them.
#include "kennel/core/assert.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/legs.h"
#include "kennel/core/pack.h"
#include "kennel/core/vec3.h"

namespace kennel {
namespace {

static_assert(kAssertions);

using P = Pack<float, 4>;

Quat<P> turning() { return {P(0.6f), P(0.0f), P(0.8f), P(0.0f)}; }

TEST(AssertDeathTest, ABrokenInvariantEndsTheProgramAndSaysWhere) {
  const int kept = 3;
  KENNEL_ASSERT(kept == 3);
  EXPECT_DEATH(KENNEL_ASSERT(kept == 4), "assert_test.cpp:[0-9]+: assertion failed: kept == 4");
}

TEST(AssertDeathTest, ARotationNeedsAUnitQuaternionInEveryLane) {
  Quat<P> q = turning();
  EXPECT_FLOAT_EQ(rotation(q).x.z[3], -0.96f);
  q.w.set(2, 0.7f);
  EXPECT_DEATH(rotation(q), "vec3.h:[0-9]+: assertion failed");
}

TEST(Assert, ADivergedEnvironmentBreaksNoInvariant) {
  Quat<P> q = turning();
  q.w.set(1, NAN);
  for (P* x : {&q.w, &q.x, &q.y, &q.z}) x->set(2, 0.0f);
  EXPECT_TRUE(std::isnan(rotation(q).x.y[1]));
  EXPECT_FLOAT_EQ(rotation(q).x.z[0], -0.96f);
}

TEST(AssertDeathTest, ALegThatDoesNotExistIsRefused) {
  const AllLegs legs;
  EXPECT_EQ(legs.leg(3), 3);
  EXPECT_DEATH(legs.leg(4), "legs.h:[0-9]+: assertion failed");
}

TEST(FillWithNan, IsNanForFloatsDoublesAndLanes) {
  struct Workspace {
    float x = 1.0f;
    double y = 2.0;
    P z = P(3.0f);
    float more[3] = {1.0f, 2.0f, 3.0f};
  } workspace;
  fill_with_nan(workspace);
  EXPECT_TRUE(std::isnan(workspace.x));
  EXPECT_TRUE(std::isnan(workspace.y));
  for (int lane = 0; lane < 4; ++lane) EXPECT_TRUE(std::isnan(workspace.z[lane]));
  for (const float x : workspace.more) EXPECT_TRUE(std::isnan(x));
}

}  // namespace
}  // namespace kennel
