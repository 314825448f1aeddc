#include "kennel/run/run_config.h"

#include <gmock/gmock.h>

#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/run/paths.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {
namespace {

using ::testing::AllOf;
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

TEST(RunConfig, WithoutAFileARobotsOwnRecipeIsMeant) {
  const auto to_go1 = [](RunConfig& config) { config.robot.name = "go1"; };
  const std::string own = recipe_text(load_run_config(default_recipe("go1"), to_go1));
  EXPECT_EQ(recipe_text(load_run_config({}, to_go1)), own);
  EXPECT_NE(load_run_config({}, to_go1).env.command.range[0],
            load_run_config({}).env.command.range[0]);
}

TEST(RunConfig, ATaskDecidesWhatIsToldAndPaid) {
  const RunConfig pose = parse_run_config("[task]\nname = \"pose\"\n", "run.toml");
  EXPECT_EQ(pose.env.row().name, std::string("pose"));
  EXPECT_THAT(recipe_text(pose), HasSubstr("\ntrack_tilt = "));
  EXPECT_EQ(recipe_text(parse_run_config(recipe_text(pose), "resolved")), recipe_text(pose));
  const auto flag = [](RunConfig& config) { config.task.name = "pose"; };
  EXPECT_EQ(recipe_text(load_run_config({}, flag)), recipe_text(pose));
  EXPECT_EQ(load_run_config({}).task.name, "walk");
}

TEST(RunConfig, OfATaskWithoutARecipeOfTheRobotIsTheGeneralOneScaled) {
  const auto pose_of = [](const char* robot) {
    return load_run_config({}, [&](RunConfig& config) {
      config.robot.name = robot;
      config.task.name = "pose";
    });
  };
  const RunConfig pupper = pose_of("pupper_v3"), go1 = pose_of("go1");
  EXPECT_EQ(pupper.train.steps, go1.train.steps);
  EXPECT_NEAR(pupper.env.command.range[2].low, -0.03, 1e-4) << "it is the reference";
  EXPECT_NEAR(go1.env.command.range[2].low, -0.03 * 0.294 / 0.161, 1e-3);
  EXPECT_EQ(pupper.env.command.range[0], go1.env.command.range[0]) << "an angle";
}

TEST(RunConfig, AKeyOfAnotherTaskOrAnUnknownTaskIsRefused) {
  const auto problem = [](const char* recipe) -> std::string {
    try {
      parse_run_config(recipe, "run.toml");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem("[task]\nname = \"pose\"\n[env.reward]\ntrack_velocity = 1\n"),
              HasSubstr("track_velocity"));
  EXPECT_THAT(problem("[task]\nname = \"dance\"\n"),
              AllOf(HasSubstr("walk, pose"), HasSubstr("run.toml")));
}

TEST(RunConfig, ARobotThatIsNotThereIsRefusedWithThoseThatAre) {
  const auto problem = [](const std::string& robot) -> std::string {
    try {
      parse_run_config("[robot]\nname = \"" + robot + "\"\n", "run.toml");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem("puper"), AllOf(HasSubstr("puper"), HasSubstr("pupper_v3, go1")));
  EXPECT_THAT(problem(""), HasSubstr("robot.name and robot.model are both empty"));
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
