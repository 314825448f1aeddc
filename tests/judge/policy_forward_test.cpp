#include "kennel/policy/policy_forward.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_policies.h"

namespace kennel::judge::policy_forward_test {
namespace {

// y = x W + b with x = (1, 2), W = [[1, -2], [0.5, -1]], b = (0.5, 1):  (2.5, -3)
PolicyNetwork by_hand(const std::string& activation) {
  return {{{2, 2, {1.0f, -2.0f, 0.5f, -1.0f}, {0.5f, 1.0f}, activation}}};
}

std::vector<float> run(const PolicyNetwork& network, const std::vector<float>& obs) {
  PolicyForward forward(network);
  const auto action = forward(obs);
  return {action.begin(), action.end()};
}

TEST(PolicyForward, MatchesNumbersWorkedOutByHand) {
  const std::vector<float> x = {1.0f, 2.0f};
  struct Case {
    const char* activation;
    float first, second;
  };
  const float e = std::exp(-5.5f);  // softmax: exp(-3 - 2.5)
  for (const Case& c :
       {Case{"", 2.5f, -3.0f}, Case{"relu", 2.5f, 0.0f}, Case{"tanh", 0.98661430f, -0.99505475f},
        Case{"elu", 2.5f, -0.95021293f},  // exp(-3) - 1
        Case{"sigmoid", 0.92414182f, 0.04742587f},
        Case{"softmax", 1.0f / (1.0f + e), e / (1.0f + e)}}) {
    const auto y = run(by_hand(c.activation), x);
    ASSERT_EQ(y.size(), 2u);
    EXPECT_NEAR(y[0], c.first, 1e-6) << c.activation;
    EXPECT_NEAR(y[1], c.second, 1e-6) << c.activation;
  }
}

TEST(PolicyForward, WhatIsNoNumberPassesThroughEveryActivation) {
  const float nan = std::nanf("");
  for (const char* activation : {"", "relu", "tanh", "elu", "sigmoid", "softmax"}) {
    EXPECT_TRUE(std::isnan(run(by_hand(activation), {nan, 2.0f})[0])) << activation;
    EXPECT_TRUE(std::isnan(kennel::forward(by_hand(activation), std::vector{nan, 2.0f})[0]));
  }
}

TEST(PolicyForward, ChainsLayersOfDifferentWidths) {
  // 1 -> 3 (relu) -> 1:  h = relu(2 x + (0, -10, 1)), y = h0 + 10 h1 + 100 h2 - 1
  const PolicyNetwork network = {{{1, 3, {2.0f, 2.0f, 2.0f}, {0.0f, -10.0f, 1.0f}, "relu"},
                                  {3, 1, {1.0f, 10.0f, 100.0f}, {-1.0f}, ""}}};
  EXPECT_FLOAT_EQ(run(network, {2.0f})[0], 4.0f + 500.0f - 1.0f);
  EXPECT_FLOAT_EQ(run(network, {6.0f})[0], 12.0f + 20.0f + 1300.0f - 1.0f);
}

TEST(PolicyForward, AgreesWithTheDefinitionForWidthsThatDoNotDivideByFour) {
  for (const int in : {1, 3, 4, 7, 36}) {
    for (const int out : {1, 5, 12, 33}) {
      DenseLayer layer = constant_layer(in, out, "");
      int index = 0;
      for (float& w : layer.weights) w = scrambled(++index);
      for (float& b : layer.bias) b = scrambled(++index);
      std::vector<float> x(in);
      for (float& value : x) value = scrambled(++index);
      const auto y = run({{layer}}, x);
      for (int o = 0; o < out; ++o) {
        double expected = layer.bias[o];
        for (int i = 0; i < in; ++i) expected += double{x[i]} * layer.weights[i * out + o];
        EXPECT_NEAR(y[o], expected, 1e-5) << in << " x " << out;
      }
    }
  }
}

TEST(PolicyForward, GivesTheSameAnswerWhenAskedAgain) {
  const PolicyFile policy = trembling_policy();
  PolicyForward forward(policy.network);
  const std::vector<float> obs(forward.obs_size(), 0.3f), other(forward.obs_size(), -2.0f);
  const auto first = forward(obs);
  const std::vector<float> before(first.begin(), first.end());
  forward(other);
  const auto again = forward(obs);
  EXPECT_EQ(before, std::vector<float>(again.begin(), again.end()));
}

}  // namespace
}  // namespace kennel::judge::policy_forward_test
