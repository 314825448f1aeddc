// A learning method is a folder and a row: one that nothing else knows of is chosen by a recipe,
// trains by the loop of every run, is stopped and goes on.
#include <gmock/gmock.h>

#include <csignal>

#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/learners/learners.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/run_config.h"
#include "kennel/run/train_loop.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/random_search/random_search.h"
#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The shipped methods and one more.
std::vector<LearnerEntry> with_random_search() {
  std::vector<LearnerEntry> methods(kLearners.begin(), kLearners.end());
  methods.push_back(kRandomSearch);
  return methods;
}

const std::vector<LearnerEntry> kMethods = with_random_search();

constexpr const char* kRecipe =
    "[train]\nalgorithm = \"random_search\"\nnum_envs = 100\nsteps = 60000\ncheckpoint_every = 4\n"
    "keep_checkpoints = 1\n[random_search]\nnum_steps = 50\n";

RunConfig parse(const std::string& recipe) {
  return parse_run_config(recipe, "run.toml", {}, kMethods);
}

class ManyLearners : public ::testing::Test {
 protected:
  /// Trains in a folder, new or to be gone on with, until the budget is spent or after
  /// `iterations`.
  void train(const char* name, int iterations = 1000000) {
    const RunConfig config = parse(kRecipe);
    PointMassEnv env(config.train.num_envs, /*seed=*/1);
    const std::unique_ptr<Learner> learner =
        config.method->make({.env = env,
                             .config = config.learner,
                             .seed = 3,
                             .mirrors = PointMassEnv::mirrors(),
                             .ops = cpu_ops(),
                             .all = alone()});
    const bool resumed = std::filesystem::exists(folder_ / name);
    RunFolder run = resumed
                        ? RunFolder::resume(folder_ / name)
                        : RunFolder::create(folder_ / name, recipe_text(config), IfExists::kRefuse);
    if (resumed) learner->load(run.last_checkpoint());
    volatile std::sig_atomic_t interrupted = 0;
    const std::int64_t last = learner->iteration() + iterations;
    const auto drain = [&] {
      interrupted = learner->iteration() >= last;
      return std::vector<Scalar>{};
    };
    train_loop({.learner = *learner,
                .run = &run,
                .drain_stats = drain,
                .config = config.train,
                .config_text = recipe_text(config),
                .resumed = resumed,
                .interrupted = interrupted});
  }

  std::string last_checkpoint(const char* name) const {
    return read_file(folder_ / name / "checkpoints" / "last.ckpt");
  }

  TempFolder folder_;
};

TEST_F(ManyLearners, AnotherMethodTrainsByTheLoopOfEveryRun) {
  train("run");
  const CheckpointSummary summary = read_checkpoint(folder_ / "run" / "checkpoints" / "last.ckpt");
  EXPECT_EQ(summary.env_steps, 60000);
  EXPECT_EQ(summary.iteration, 12);
  EXPECT_THAT(summary.config, HasSubstr("algorithm = \"random_search\""));
  ASSERT_EQ(summary.policy.layers.size(), 1u);
  // It has learnt to push back.
  EXPECT_LT(forward(summary.policy, std::vector<float>{1, 0, 0, 0})[0], -0.1f);
  EXPECT_LT(forward(summary.policy, std::vector<float>{0, 1, 0, 0})[1], -0.1f);
  EXPECT_THAT(read_file(folder_ / "run" / "metrics.csv"),
              HasSubstr("step,iteration,train/mean_reward,train/spread,time/iteration_seconds"));
}

TEST_F(ManyLearners, AnotherMethodThatStoppedAndWentOnEqualsOneThatDidNot) {
  train("whole");
  train("parts", 5);
  train("parts", 3);
  EXPECT_NE(last_checkpoint("parts"), last_checkpoint("whole"));
  train("parts");
  EXPECT_EQ(last_checkpoint("parts"), last_checkpoint("whole"));
}

TEST(LearnerOfARecipe, HasItsSectionAndNoOtherMethodsIsWritten) {
  const RunConfig config = parse(kRecipe);
  EXPECT_EQ(config.method->name, std::string("random_search"));
  EXPECT_EQ(config.learner.as<RandomSearchConfig>().num_steps, 50);
  EXPECT_EQ(config.learner.as<RandomSearchConfig>().elite, 0.2f);
  const std::string text = recipe_text(config);
  EXPECT_THAT(text, HasSubstr("\n[random_search]\n# control steps that weights are tried for\n"));
  EXPECT_THAT(text, Not(HasSubstr("[ppo]")));
  EXPECT_EQ(recipe_text(parse(text)), text);
}

TEST(LearnerOfARecipe, IsTheFirstOneOfTheTableWhereNoneIsNamed) {
  EXPECT_EQ(parse("[train]\nsteps = 5\n").method->name, std::string(kLearners[0].name));
}

TEST(LearnerOfARecipe, IsChosenByAFlagFromSectionsOfSeveral) {
  const std::string recipe = "[ppo]\nnum_steps = 6\n[random_search]\nspread = 2\n";
  EXPECT_EQ(parse(recipe).learner.section(), "ppo");
  const RunConfig other = parse_run_config(
      recipe, "run.toml", [](RunConfig& config) { config.train.algorithm = "random_search"; },
      kMethods);
  EXPECT_EQ(other.learner.as<RandomSearchConfig>().spread, 2.0f);
}

TEST(LearnerOfARecipe, IsRefusedWithTheNearestAndAllThatThereAreWhereItIsUnknown) {
  const std::string error =
      error_of([] { parse("[train]\nsteps = 5\nalgorithm = \"random_serch\"\n"); });
  std::string known;
  for (const std::string& name : names_of(kMethods)) known += (known.empty() ? "" : ", ") + name;
  EXPECT_EQ(error,
            "train.algorithm = \"random_serch\" is unknown; did you mean random_search? known: " +
                known + " (run.toml:3)");
}

TEST(LearnerOfARecipe, HasItsProblemsReportedAtTheirLine) {
  EXPECT_THAT(error_of([] { parse(std::string(kRecipe) + "elite = 0.01\n"); }),
              HasSubstr("random_search.elite = 0.01 of 100 environments leaves fewer than two; "
                        "raise it (run.toml:9)"));
  EXPECT_THAT(error_of([] { parse(std::string(kRecipe) + "elit = 0.01\n"); }),
              HasSubstr("unknown key random_search.elit; did you mean elite? (run.toml:9)"));
}

TEST(LearnerOfARecipe, CannotBeAnotherNorChangeItsFixedKeysWhenARunGoesOn) {
  const RunConfig before = parse(kRecipe);
  RunConfig now = before;
  now.learner.as<RandomSearchConfig>().elite = 0.3f;
  EXPECT_NO_THROW(check_resumable(before, now, "config.toml"));
  now.learner.as<RandomSearchConfig>().spread = 0.3f;
  EXPECT_THAT(error_of([&] { check_resumable(before, now, "config.toml"); }),
              HasSubstr("random_search.spread is 0.3, the run has 1.0: it only starts a run"));
  EXPECT_THAT(error_of([&] { check_resumable(before, parse(""), "config.toml"); }),
              HasSubstr("train.algorithm is \"ppo\", the run has \"random_search\""));
}

TEST(ConfigBlocks, OfAnotherMethodAreRefused) {
  const ConfigBlock block = random_search_block();
  EXPECT_NO_THROW(block.as<RandomSearchConfig>());
  EXPECT_THAT(error_of([&] { block.as<TrainConfig>(); }), HasSubstr("[random_search]"));
}

TEST(ConfigBlocks, AreCopiedWithTheirNumbers) {
  ConfigBlock block = random_search_block();
  const ConfigBlock copy = block;
  block.as<RandomSearchConfig>().num_steps = 9;
  EXPECT_EQ(copy.as<RandomSearchConfig>().num_steps, 60);
  EXPECT_EQ(ConfigBlock(block).as<RandomSearchConfig>().num_steps, 9);
}

}  // namespace
}  // namespace kennel
