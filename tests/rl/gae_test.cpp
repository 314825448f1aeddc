// Advantages against arithmetic written out by hand, and against the loop they are defined by.
#include "kennel/rl/gae.h"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <vector>

namespace kennel {
namespace {

struct Step {
  float reward, value, next_value;
  bool terminated, truncated;
};

// One environment, oldest step first: the definition, slow and plain.
std::vector<float> reference_gae(std::span<const Step> steps, float gamma, float lambda) {
  std::vector<float> advantages(steps.size());
  float next_advantage = 0.0f;
  for (std::size_t t = steps.size(); t-- > 0;) {
    const Step& s = steps[t];
    const bool done = s.terminated || s.truncated;
    const float delta = s.reward + (s.terminated ? 0.0f : gamma * s.next_value) - s.value;
    next_advantage = delta + (done ? 0.0f : gamma * lambda * next_advantage);
    advantages[t] = next_advantage;
  }
  return advantages;
}

AdvantageInput column(std::span<const Step> steps) {
  AdvantageInput in;
  const auto T = static_cast<std::int64_t>(steps.size());
  in.reward = torch::zeros({T, 1});
  in.value = torch::zeros({T, 1});
  in.next_value = torch::zeros({T, 1});
  in.terminated = torch::zeros({T, 1});
  in.truncated = torch::zeros({T, 1});
  for (std::int64_t t = 0; t < T; ++t) {
    const Step& s = steps[static_cast<std::size_t>(t)];
    in.reward[t][0] = s.reward;
    in.value[t][0] = s.value;
    in.next_value[t][0] = s.next_value;
    in.terminated[t][0] = s.terminated ? 1.0f : 0.0f;
    in.truncated[t][0] = s.truncated ? 1.0f : 0.0f;
  }
  return in;
}

TEST(Gae, ThreeStepsWithoutAnEndAreAsWrittenOutByHand) {
  // gamma 0.5, lambda 0.5: delta = 1 + 0.5*4 - 2 = 1; 2 + 0.5*6 - 4 = 1; 3 + 0.5*8 - 6 = 1.
  const Step steps[] = {{1, 2, 4, false, false}, {2, 4, 6, false, false}, {3, 6, 8, false, false}};
  const torch::Tensor advantage = gae(column(steps), 0.5, 0.5);
  EXPECT_FLOAT_EQ(advantage[2][0].item<float>(), 1.0f);
  EXPECT_FLOAT_EQ(advantage[1][0].item<float>(), 1.25f);
  EXPECT_FLOAT_EQ(advantage[0][0].item<float>(), 1.3125f);
}

TEST(Gae, ATerminationIsWorthNothingAndCutsTheSum) {
  // delta_0 = 1 - 2 = -1 whatever follows; delta_1 = 2 + 0.5*6 - 4 = 1.
  const Step steps[] = {{1, 2, std::numeric_limits<float>::quiet_NaN(), true, false},
                        {2, 4, 6, false, false}};
  const torch::Tensor advantage = gae(column(steps), 0.5, 0.5);
  EXPECT_FLOAT_EQ(advantage[0][0].item<float>(), -1.0f);
  EXPECT_FLOAT_EQ(advantage[1][0].item<float>(), 1.0f);
}

TEST(Gae, ATruncationBootstrapsFromItsOwnLastStateAndCutsTheSum) {
  // delta_0 = 1 + 0.5*10 - 2 = 4, nothing of the next episode's 1 is added.
  const Step steps[] = {{1, 2, 10, false, true}, {2, 4, 6, false, false}};
  const torch::Tensor advantage = gae(column(steps), 0.5, 0.5);
  EXPECT_FLOAT_EQ(advantage[0][0].item<float>(), 4.0f);
  EXPECT_FLOAT_EQ(advantage[1][0].item<float>(), 1.0f);
}

TEST(Gae, MatchesTheLoopItIsDefinedByForRandomBatches) {
  torch::manual_seed(3);
  const std::int64_t T = 24, N = 50;
  AdvantageInput in{torch::randn({T, N}), torch::randn({T, N}), torch::randn({T, N}),
                    (torch::rand({T, N}) < 0.1).to(torch::kFloat32), torch::zeros({T, N})};
  in.truncated = (torch::rand({T, N}) < 0.1).to(torch::kFloat32) * (1 - in.terminated);
  const torch::Tensor advantage = gae(in, 0.98, 0.95);
  for (std::int64_t n = 0; n < N; ++n) {
    std::vector<Step> steps;
    for (std::int64_t t = 0; t < T; ++t) {
      steps.push_back({in.reward[t][n].item<float>(), in.value[t][n].item<float>(),
                       in.next_value[t][n].item<float>(), in.terminated[t][n].item<float>() > 0,
                       in.truncated[t][n].item<float>() > 0});
    }
    const std::vector<float> expected = reference_gae(steps, 0.98f, 0.95f);
    for (std::int64_t t = 0; t < T; ++t) {
      EXPECT_NEAR(advantage[t][n].item<float>(), expected[static_cast<std::size_t>(t)], 1e-5);
    }
  }
}

}  // namespace
}  // namespace kennel
