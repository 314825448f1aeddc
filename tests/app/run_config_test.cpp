#include "kennel/run/run_config.h"

#include <gmock/gmock.h>

#include "../io/temp_folder.h"
#include "envs/robots.h"
#include "envs/small/rows.h"
#include "envs/tasks/rows.h"
#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/learners/sections.h"
#include "kennel/run/derivatives.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/shipped_recipes.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunConfig, TheShippedRecipeIsValid) {
  EXPECT_NO_THROW(load_run_config({}));
  EXPECT_NO_THROW(load_run_config({.file = default_recipe()}));
}

RobotChoice named(const std::string& robot) {
  RobotChoice choice;
  choice.name = robot;
  return choice;
}

TEST(RunConfig, EveryRecipeThatShipsIsValidAndSaysWhatItIsFor) {
  for (const quadruped::RobotTraits* robot : kRobots)
    for (const quadruped::TaskRow* task : quadruped::kTasks)
      for (const ShippedRecipe& recipe : shipped_recipes(named(robot->name), task->name).all) {
        SCOPED_TRACE(recipe.file);
        EXPECT_GT(recipe.summary.size(), 20u);
        const RunConfig config = load_run_config({.shipped = recipe.name}, [&](RunConfig& c) {
          c.robot.name = robot->name;
          c.task.name = task->name;
        });
        EXPECT_EQ(config.robot.name, robot->name);
        EXPECT_EQ(config.task.name, task->name);
        EXPECT_EQ(recipe_text(parse_run_config(recipe_text(config), "resolved")),
                  recipe_text(config));
        EXPECT_NO_THROW(
            load_run_config({.shipped = recipe.name, .on_gpu = true}, [&](RunConfig& c) {
              c.robot.name = robot->name;
              c.task.name = task->name;
            }));
      }
}

TEST(EnvRecipe, IsTheRecipeWithoutItsMethod) {
  for (const quadruped::RobotTraits* robot : kRobots)
    for (const quadruped::TaskRow* task : quadruped::kTasks)
      for (const ShippedRecipe& recipe : shipped_recipes(named(robot->name), task->name).all) {
        SCOPED_TRACE(recipe.file);
        const auto change = [&](EnvRecipe& r) {
          r.robot.name = robot->name;
          r.task.name = task->name;
        };
        const RecipeChoice choice{.shipped = recipe.name, .keys = "env.max_tilt = 0.7"};
        const RunConfig whole = load_run_config(choice, change);
        EXPECT_EQ(recipe_text(load_env_recipe(choice, change)),
                  recipe_text(static_cast<const EnvRecipe&>(whole)));
      }
}

TEST(EnvRecipe, LeavesOutTheSectionsOfAllMethodsAndNoOthers) {
  std::vector<std::string> sections;
  for (const LearnerEntry& method : kLearners) sections.push_back(method.config().section());
  EXPECT_THAT(sections, ::testing::ElementsAreArray(kLearnerSections));
  EXPECT_THROW(load_env_recipe({.keys = "evn.max_tilt = 0.7"}), Error);
}

TEST(RunConfig, OnAGpuTheDefaultRecipeAndFastHaveMoreEnvironmentsAndElseTheSame) {
  for (const char* name : {"default", "fast"}) {
    SCOPED_TRACE(name);
    const RunConfig cpu = load_run_config({.shipped = name});
    const RunConfig gpu = load_run_config({.shipped = name, .on_gpu = true});
    EXPECT_GT(gpu.train.num_envs, cpu.train.num_envs);
    // As many steps between checkpoints.
    EXPECT_EQ(gpu.train.num_envs * gpu.train.checkpoint_every,
              cpu.train.num_envs * cpu.train.checkpoint_every);
    std::vector<std::string> differing;
    for (const EditedKey& key : edited_keys(cpu, gpu)) differing.push_back(key.path);
    EXPECT_THAT(differing, ElementsAre("train.num_envs", "train.checkpoint_every"));
  }
}

TEST(RunConfig, WhatARecipeSaysOfAGpuCountsThereAndWhatStandsBelowWins) {
  const TempFolder folder;
  const auto load = [&](const std::string& file, bool on_gpu, const std::string& keys = "",
                        const ConfigOverride& change = {}) {
    write_raw(folder / "own.toml", file);
    return load_run_config(
        {.file = folder / "own.toml", .keys = keys, .keys_from = "--set", .on_gpu = on_gpu},
        change);
  };
  const auto envs = [](const RunConfig& config) { return config.train.num_envs; };
  const auto minibatches = [](const RunConfig& config) {
    return config.learner.as<PpoConfig>().num_minibatches;
  };
  const std::string both =
      "[train.gpu]\nnum_envs = 2048\n[train]\nnum_envs = 512\n[ppo.gpu]\nnum_minibatches = 4\n";
  EXPECT_EQ(envs(load(both, false)), 512);
  EXPECT_EQ(envs(load(both, true)), 2048);
  EXPECT_EQ(minibatches(load(both, false)), PpoConfig{}.num_minibatches);
  EXPECT_EQ(minibatches(load(both, true)), 4);
  EXPECT_EQ(envs(load("[train]\nnum_envs = 512\n", true)), 512) << "it changes the shipped one";
  EXPECT_EQ(envs(load(both, true, "train.num_envs = 64\n")), 64);
  EXPECT_EQ(envs(load(both, true, "train.gpu.num_envs = 64\n")), 64);
  EXPECT_EQ(envs(load(both, false, "train.gpu.num_envs = 64\n")), 512);
  EXPECT_EQ(envs(load(both, true, "", [](RunConfig& c) { c.train.num_envs = 32; })), 32);

  // A run's recipe says what it had, wherever it is taken again.
  const std::string resolved = recipe_text(load(both, true));
  EXPECT_THAT(resolved, Not(HasSubstr("gpu]")));
  for (const bool on_gpu : {false, true}) EXPECT_EQ(recipe_text(load(resolved, on_gpu)), resolved);

  for (const bool on_gpu : {false, true}) {
    EXPECT_THROW(load("[train.gpu]\nnum_env = 5\n", on_gpu), Error);
    EXPECT_THROW(load("[train.gpu]\nnum_envs = 0\n", on_gpu), Error);
    EXPECT_THROW(load("[env.gpu]\ndecimation = 5\n", on_gpu), Error);
  }
}

TEST(RunConfig, ANamedRecipeChangesTheDefaultOneAndAFileChangesBoth) {
  const RunConfig first = load_run_config({}), fast = load_run_config({.shipped = "fast"});
  EXPECT_LT(fast.train.steps, first.train.steps);
  EXPECT_EQ(recipe_text(load_run_config({.shipped = "default"})), recipe_text(first));

  const TempFolder folder;
  write_raw(folder / "own.toml", "[train]\nseed = 77\n");
  const RunConfig both = load_run_config({.shipped = "fast", .file = folder / "own.toml"});
  EXPECT_EQ(both.train.seed, 77);
  EXPECT_EQ(both.train.steps, fast.train.steps);
  write_raw(folder / "own.toml", "[train]\nsteps = 5\n");
  EXPECT_EQ(load_run_config({.shipped = "fast", .file = folder / "own.toml"}).train.steps, 5);
}

TEST(RunConfig, KeysChangeWhateverTheRecipeIsAndAreNamedByWhereTheyComeFrom) {
  const TempFolder folder;
  write_raw(folder / "own.toml", "[ppo]\ngamma = 0.9\nnum_minibatches = 2\n");
  const auto load = [&](const std::string& keys) {
    return load_run_config({.file = folder / "own.toml", .keys = keys, .keys_from = "--set"});
  };
  const RunConfig config = load("ppo.gamma = 0.8\nrobot.name = \"go1\"\n");
  EXPECT_FLOAT_EQ(config.learner.as<PpoConfig>().rollout.gamma, 0.8f);
  EXPECT_EQ(config.learner.as<PpoConfig>().num_minibatches, 2);
  EXPECT_EQ(config.env.task.action_scale,
            load_run_config({}, [](RunConfig& c) { c.robot.name = "go1"; }).env.task.action_scale);
  EXPECT_EQ(name_of({.shipped = "fast", .keys = "a.b=1\nc.d=2\n"}), "fast, a.b=1, c.d=2");

  const auto problem = [&](const std::string& keys) -> std::string {
    try {
      load(keys);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(problem("\nppo.gama = 0.9\n"), "unknown key ppo.gama; did you mean gamma? (--set:2)");
  EXPECT_THAT(problem("ppo.gamma = 2\n"), HasSubstr("is out of range"));
  // What only the whole shows is the key's, not the file's.
  EXPECT_THAT(problem("ppo.num_minibatches = 7\n"),
              AllOf(HasSubstr("divide"), HasSubstr("--set:1")));
}

TEST(RunConfig, ANameThatNoRecipeHasIsRefusedWithThoseThatThereAre) {
  const auto problem = [](const std::string& name, const ConfigOverride& change) -> std::string {
    try {
      load_run_config({.shipped = name}, change);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem("fats", {}),
              AllOf(HasSubstr("did you mean fast? there are: default, a2c, fast"),
                    HasSubstr("--config"), Not(HasSubstr("\n"))));
  // Of another task, and of another robot.
  EXPECT_THAT(problem("fast", [](RunConfig& config) { config.task.name = "pose"; }),
              HasSubstr("there are: default;"));
  EXPECT_THAT(problem("fast", [](RunConfig& config) { config.robot.name = "go1"; }),
              HasSubstr("there are: default;"));
  EXPECT_THAT(problem("pose", {}), HasSubstr("no recipe named \"pose\"")) << "a task's own";
  EXPECT_THAT(problem("../recipes/fast", {}), HasSubstr("no recipe named"));
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
  const std::string own = recipe_text(load_run_config({.file = default_recipe("go1")}, to_go1));
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

RunConfig by(const std::string& algorithm) {
  return load_run_config({}, [&](RunConfig& config) {
    config.train.algorithm = algorithm;
    config.train.num_envs = 256;
  });
}

TEST(RunConfig, ABudgetThatEndsBeforeAMethodHasLearntIsRefusedWithTheLeastThatDoesNot) {
  for (const LearnerEntry& method : kLearners) {
    RunConfig config = by(method.name);
    ASSERT_TRUE(method.least_steps != nullptr) << method.name;
    const std::int64_t least =
        method.least_steps(config.learner, 256, differentiated_steps(config));
    EXPECT_GE(least, 256) << method.name;
    config.train.steps = least;
    EXPECT_NO_THROW(check_budget(config)) << method.name;
    config.train.steps = least - 1;
    try {
      check_budget(config);
      ADD_FAILURE() << method.name << " was to train for " << config.train.steps << " steps";
    } catch (const Error& error) {
      const bool steps_none = method.name == std::string("apg");
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr(text("train.steps = ", least - 1, " is less than ")),
                        EndsWith(text("try --steps ", least,
                                      steps_none ? ""
                                                 : ", or fewer environments "
                                                   "(train.num_envs)"))));
    }
  }
}

/// The least budget of ten environments with some of a method's whole numbers changed.
std::int64_t least_of(const std::string& algorithm,
                      const std::vector<std::pair<std::string, int>>& changes) {
  RunConfig config = by(algorithm);
  for (const auto& [key, value] : changes)
    for (const AnyField& field : config.learner.fields())
      if (field.name == key) *std::get<int*>(field.value) = value;
  return config.method->least_steps(config.learner, 10, differentiated_steps(config));
}

TEST(RunConfig, TheLeastBudgetIsAnIterationAGenerationOrTheWarmUp) {
  EXPECT_EQ(least_of("ppo", {{"num_steps", 24}}), 240);
  EXPECT_EQ(least_of("trpo", {{"num_steps", 24}}), 240);
  EXPECT_EQ(least_of("es", {{"rollout_steps", 70}}), 700);
  EXPECT_EQ(least_of("sac", {{"num_steps", 4}, {"warmup_steps", 33}}), 330);
  EXPECT_EQ(least_of("dqn", {{"num_steps", 16}, {"warmup_steps", 3}}), 160);
  EXPECT_EQ(least_of("apg", {{"episodes", 8}, {"horizon", 5}}), 40);
  EXPECT_EQ(least_of("apg", {{"episodes", 8}}), 8 * kGaitEpisodeSteps);
}

TEST(RunConfig, AnEpisodeOfDerivativesIsTheTasksOwn) {
  for (const small::TaskRow* task : small::kTasks) {
    RunConfig config;
    config.task.name = task->name;
    EXPECT_EQ(differentiated_steps(config), task->episode_steps) << task->name;
  }
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
