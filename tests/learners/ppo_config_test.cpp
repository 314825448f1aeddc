// A config that cannot work is refused with everything that is wrong with it.
#include "src/learners/ppo/ppo_config.h"

#include <gtest/gtest.h>

#include "kennel/core/check.h"

namespace kennel::ppo_config_test {
namespace {

std::string message(const PpoConfig& config, int num_envs) {
  try {
    validate(config, num_envs);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PpoConfig, TheDefaultsAreValidForAThousandEnvironments) {
  EXPECT_EQ(message(PpoConfig{}, 1024), "");
}

TEST(PpoConfig, MinibatchesThatDoNotDivideAreRefusedWithOnesThatDo) {
  PpoConfig config;
  config.num_minibatches = 7;
  EXPECT_EQ(message(config, 4096),
            "ppo.num_minibatches = 7 does not divide num_envs * num_steps = 98304; try 6 or 8");
}

TEST(PpoConfig, AllProblemsAreReportedAtOnceInOneLine) {
  PpoConfig config;
  config.rollout.gamma = 1.5f;
  config.network.activation = "swish";
  config.network.min_log_std = 1.0f;
  config.network.actor_hidden = {0};
  config.network.symmetric = true;
  config.network.critic_hidden = {31};
  EXPECT_EQ(problems(config, 1024).size(), 5u);
  const std::string all = message(config, 1024);
  for (const char* part : {"gamma = 1.5", "swish", "min_log_std", "actor_hidden", "31"}) {
    EXPECT_NE(all.find(part), std::string::npos) << part << " is missing in: " << all;
  }
  EXPECT_EQ(all.find('\n'), std::string::npos);
}

TEST(PpoConfig, OneSampleAnIterationIsRefused) {
  PpoConfig config;
  config.rollout.num_steps = 1;
  config.num_minibatches = 1;
  EXPECT_NE(message(config, 1).find("num_envs * num_steps = 1;"), std::string::npos);
  EXPECT_EQ(message(config, 2), "");
}

TEST(PpoConfig, NumbersThatAreNotFiniteAreRefused) {
  PpoConfig config;
  config.entropy_coef = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message(config, 1024).find("entropy_coef"), std::string::npos);
}

}  // namespace
}  // namespace kennel::ppo_config_test
