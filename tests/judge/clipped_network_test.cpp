// A policy's own clamp against the simulator's: the same actions, whatever the network says.
#include "kennel/policy/clipped_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kennel::clipped_network_test {
namespace {

/// y = (x, 10 x, -x)
PolicyNetwork one_layer(const char* activation) {
  return {{DenseLayer{1, 3, {1.0f, 10.0f, -1.0f}, {0.0f, 0.0f, 0.0f}, activation}}};
}

TEST(ClippedNetwork, GivesTheClampedActionsOfTheNetworkItWas) {
  const PolicyNetwork network = one_layer("");
  for (const Range bounds : {Range{-1.0f, 1.0f}, Range{-0.5f, 2.0f}}) {
    const PolicyNetwork held = clipped(network, bounds);
    EXPECT_EQ(held.output_size(), 3);
    for (float x = -3.0f; x <= 3.0f; x += 0.05f) {
      const std::vector<float> free = forward(network, {{x}}), action = forward(held, {{x}});
      for (int i = 0; i < 3; ++i)
        EXPECT_NEAR(action[i], std::clamp(free[i], bounds.low, bounds.high), 4e-6f) << x;
    }
  }
}

TEST(ClippedNetwork, LeavesAloneWhatStaysWithinTheBounds) {
  const Range unit{-1.0f, 1.0f};
  EXPECT_EQ(clipped(one_layer("tanh"), unit).layers.size(), 1u);
  EXPECT_EQ(clipped(one_layer("sigmoid"), unit).layers.size(), 1u);
  EXPECT_EQ(clipped(one_layer("softmax"), unit).layers.size(), 1u);
  EXPECT_EQ(clipped(one_layer("elu"), unit).layers.size(), 3u);
  EXPECT_EQ(clipped(one_layer("tanh"), {-0.5f, 0.5f}).layers.size(), 3u);
  const PolicyNetwork gait = gait_network<float>(GaitContract{}, std::vector<float>(12, 0.1f));
  EXPECT_TRUE(clipped(gait, unit).layers.empty());
}

}  // namespace
}  // namespace kennel::clipped_network_test
