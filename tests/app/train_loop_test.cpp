#include "kennel/run/train_loop.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "../io/temp_folder.h"
#include "fake_learner.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A run in a folder of its own, without anything that learns.
class TrainLoopTest : public ::testing::Test {
 protected:
  TrainLoopTest() {
    config_.steps = 1000;  // ten iterations
    config_.checkpoint_every = 3;
    config_.keep_checkpoints = 2;
  }

  RunFolder create() { return RunFolder::create(folder_ / "run", "", IfExists::kRefuse); }

  TrainLoop loop(FakeLearner& learner, RunFolder& run, bool resumed = false) {
    return TrainLoop{.learner = learner,
                     .run = &run,
                     .drain_stats =
                         [] {
                           return std::vector<Scalar>{{"env/velocity_error", 0.25}};
                         },
                     .config = config_,
                     .config_text = "recipe",
                     .resumed = resumed,
                     .interrupted = interrupted_};
  }

  std::string metrics() { return read_file(folder_ / "run" / "metrics.csv"); }

  TempFolder folder_;
  TrainConfig config_;
  volatile std::sig_atomic_t interrupted_ = 0;
};

TEST_F(TrainLoopTest, StopsAtTheBudgetWithALastCheckpoint) {
  FakeLearner learner;
  RunFolder run = create();
  EXPECT_EQ(train_loop(loop(learner, run)), StopReason::kBudgetSpent);
  EXPECT_EQ(learner.env_steps(), 1000);
  EXPECT_DOUBLE_EQ(learner.progress, 0.9);
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(900, 1000));
  EXPECT_EQ(read_file(run.last_checkpoint()), "10 recipe");
  EXPECT_THAT(metrics(), HasSubstr("step,iteration,train/mean_reward"));
  EXPECT_THAT(metrics(), HasSubstr("\n1000,10,10,"));
  EXPECT_THAT(metrics(), HasSubstr("env/velocity_error\n"));
}

TEST_F(TrainLoopTest, WhoIsToldOfIterationsCanStopItWithACheckpoint) {
  FakeLearner learner;
  RunFolder run = create();
  TrainLoop told = loop(learner, run);
  std::vector<std::int64_t> seen;
  told.on_iteration = [&](std::int64_t env_steps, const std::vector<Scalar>& scalars) {
    seen.push_back(env_steps);
    EXPECT_EQ(scalars.front(), Scalar("iteration", static_cast<double>(seen.size())));
    EXPECT_EQ(scalars.back(), Scalar("env/velocity_error", 0.25));
    return seen.size() < 4;
  };
  EXPECT_EQ(train_loop(told), StopReason::kToldToStop);
  EXPECT_THAT(seen, ElementsAre(100, 200, 300, 400));
  EXPECT_EQ(read_file(run.last_checkpoint()), "4 recipe");
}

TEST_F(TrainLoopTest, WhatWhoIsToldThrowsComesOutAfterACheckpoint) {
  FakeLearner learner;
  RunFolder run = create();
  TrainLoop told = loop(learner, run);
  told.on_iteration = [](std::int64_t env_steps, const std::vector<Scalar>&) {
    if (env_steps == 200) throw std::out_of_range("mine");
    return true;
  };
  EXPECT_THROW(train_loop(told), std::out_of_range);
  EXPECT_EQ(read_file(run.last_checkpoint()), "2 recipe");
}

TEST_F(TrainLoopTest, AnInterruptionEndsItWithACheckpointFromWhichItGoesOn) {
  FakeLearner learner;
  learner.on_iterate = [this](std::int64_t k) { interrupted_ = k == 4; };
  {
    RunFolder run = create();
    EXPECT_EQ(train_loop(loop(learner, run)), StopReason::kInterrupted);
    EXPECT_EQ(read_file(run.last_checkpoint()), "4 recipe");
  }
  interrupted_ = 0;
  FakeLearner second;
  RunFolder run = RunFolder::resume(folder_ / "run");
  second.load(run.last_checkpoint());
  EXPECT_EQ(train_loop(loop(second, run, true)), StopReason::kBudgetSpent);
  EXPECT_EQ(second.iteration(), 10);
  const std::string rows = metrics();
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 11) << rows;  // header and ten rows
}

TEST_F(TrainLoopTest, ABatchThatGaveWhatIsNotFiniteIsKeptAndTrainingGoesOn) {
  FakeLearner learner;
  learner.fails_at = 5;
  RunFolder run = create();
  EXPECT_EQ(train_loop(loop(learner, run)), StopReason::kBudgetSpent);
  EXPECT_EQ(read_file(run.failed_batch()), "batch 5");
}

TEST_F(TrainLoopTest, AnIterationThatFailsLeavesItsBatchAndTheLastGoodCheckpoint) {
  FakeLearner learner;
  learner.fails_at = 5;
  learner.on_iterate = [](std::int64_t k) { KENNEL_CHECK(k < 5, "diverged"); };
  RunFolder run = create();
  EXPECT_THROW(train_loop(loop(learner, run)), Error);
  EXPECT_EQ(read_file(run.failed_batch()), "batch 5");
  EXPECT_EQ(read_file(run.last_checkpoint()), "3 recipe");
}

TEST_F(TrainLoopTest, ResumingAfterACrashTakesTheStepsAfterTheCheckpointAgain) {
  FakeLearner learner;
  learner.on_iterate = [](std::int64_t k) { KENNEL_CHECK(k < 8, "diverged"); };
  {
    RunFolder run = create();
    EXPECT_THROW(train_loop(loop(learner, run)), Error);
    EXPECT_EQ(read_file(run.last_checkpoint()), "6 recipe");
  }
  FakeLearner second;
  RunFolder run = RunFolder::resume(folder_ / "run");
  second.load(run.last_checkpoint());
  train_loop(loop(second, run, true));
  const std::string rows = metrics();
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 11) << rows;
}

TEST_F(TrainLoopTest, TheMinutesAreACap) {
  FakeLearner learner;
  RunFolder run = create();
  TrainLoop capped = loop(learner, run);
  capped.max_minutes = 0.0;
  EXPECT_EQ(train_loop(capped), StopReason::kMinutesOver);
  EXPECT_EQ(read_file(run.last_checkpoint()), "0 recipe");
}

TEST_F(TrainLoopTest, TheBestCheckpointIsTheOneWithTheHighestMeanReward) {
  FakeLearner learner;
  learner.reward = [](std::int64_t k) { return k >= 4 && k <= 6 ? 5.0 : 1.0; };
  RunFolder run = create();
  train_loop(loop(learner, run));
  EXPECT_EQ(read_file(run.best_checkpoint()), "6 recipe");
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(600, 900, 1000));
}

TEST_F(TrainLoopTest, AResumedRunComparesWithTheBestOfBefore) {
  FakeLearner learner;
  learner.reward = [](std::int64_t k) { return k <= 3 ? 9.0 : 1.0; };
  config_.steps = 600;
  {
    RunFolder run = create();
    train_loop(loop(learner, run));
  }
  config_.steps = 1000;
  RunFolder run = RunFolder::resume(folder_ / "run");
  train_loop(loop(learner, run, true));
  EXPECT_EQ(read_file(run.best_checkpoint()), "3 recipe");
}

TEST_F(TrainLoopTest, AFullDiskEndsItAndLeavesTheOlderCheckpoints) {
  FakeLearner learner;
  RunFolder run = create();
  train_loop(loop(learner, run));
  config_.steps = 100000;
  config_.checkpoint_every = 1;
  const FullDisk full(std::filesystem::file_size(run.path() / "metrics.csv") + 10);
  EXPECT_THROW(train_loop(loop(learner, run, true)), Error);
  EXPECT_EQ(read_file(run.last_checkpoint()), "10 recipe");
}

TEST(ProgressText, DurationsAndCountsReadWell) {
  EXPECT_EQ(duration_text(65.4), "1:05");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1234), "1.23k");
  EXPECT_EQ(count_text(105432), "105k");
  EXPECT_EQ(count_text(999700), "1.00M");
  EXPECT_EQ(count_text(61.44e6), "61.4M");
}

}  // namespace
}  // namespace kennel
