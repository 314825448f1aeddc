#include "kennel/run/run_config.h"

#include <gmock/gmock.h>

#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/run/paths.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

TEST(RunConfig, TheShippedRecipeIsValid) {
  EXPECT_NO_THROW(load_run_config({}));
  EXPECT_NO_THROW(load_run_config(default_recipe()));
}

TEST(RunConfig, TheResolvedRecipeGivesTheSameConfig) {
  RunConfig config;
  config.train.steps = 123456789;
  config.learner.as<PpoConfig>().rollout.gamma = 0.9871f;
  config.env.reward.weight[0] = 1.0f / 3.0f;
  config.env.randomization.friction = {0.123f, 1.0f};
  const std::string text = recipe_text(config);
  const RunConfig read = parse_run_config(text, "resolved");
  EXPECT_EQ(recipe_text(read), text);
  EXPECT_EQ(read.env.reward.weight[0], config.env.reward.weight[0]);
  EXPECT_EQ(read.env.randomization.friction, config.env.randomization.friction);
  EXPECT_EQ(read.train.steps, config.train.steps);
}

TEST(RunConfig, FlagsChangeItBeforeTheWholeIsChecked) {
  const char* recipe = "[ppo]\nnum_steps = 5\nnum_minibatches = 4\n";
  const auto with_envs = [&](int num_envs) {
    return parse_run_config(recipe, "run.toml",
                            [&](RunConfig& config) { config.train.num_envs = num_envs; });
  };
  EXPECT_EQ(with_envs(8).train.num_envs, 8);
  try {
    with_envs(7);
    FAIL() << "35 samples were cut into 4 minibatches";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ppo.num_minibatches = 4 does not divide"));
    EXPECT_THAT(error.what(), HasSubstr("(run.toml:3)"));
  }
}

}  // namespace
}  // namespace kennel
