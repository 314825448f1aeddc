#include "kennel/io/run_folder.h"

#include <gmock/gmock.h>

#include "kennel/io/atomic_file.h"
#include "temp_folder.h"

namespace kennel {
namespace {

void write_checkpoint(RunFolder& run, std::int64_t step, const std::string& bytes, bool is_best,
                      int keep) {
  write_file_atomically(run.checkpoint(step), bytes);
  run.publish_checkpoint(step, is_best, keep);
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RunFolder, IsCreatedWithItsConfigAndFormat) {
  const TempFolder folder;
  const RunFolder run = RunFolder::create(folder / "a" / "run", "x = 1\n", IfExists::kRefuse);
  EXPECT_EQ(read_file(run.config()), "x = 1\n");
  EXPECT_EQ(read_file(run.path() / "format"), "kennel-run 1\n");
  EXPECT_TRUE(std::filesystem::is_directory(run.checkpoints()));
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(RunFolder, AnExistingOneIsRefusedAndOnlyARunIsReplaced) {
  const TempFolder folder;
  RunFolder::create(folder / "run", "x = 1\n", IfExists::kRefuse);
  EXPECT_THAT(error_of([&] { RunFolder::create(folder / "run/", "y", IfExists::kRefuse); }),
              HasSubstr("exists already; choose another --out"));
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "x = 1\n");

  RunFolder::create(folder / "run", "y = 2\n", IfExists::kReplace);
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "y = 2\n");

  std::filesystem::create_directory(folder / "home");
  write_raw(folder / "home" / "thesis", "years of work");
  EXPECT_THAT(error_of([&] { RunFolder::create(folder / "home", "", IfExists::kReplace); }),
              HasSubstr("--force only replaces runs"));
  EXPECT_EQ(read_file(folder / "home" / "thesis"), "years of work");
  EXPECT_THAT(folder.names(), ElementsAre("home", "run"));
}

TEST(RunFolder, WhatCannotBeCreatedIsKnownBeforehand) {
  const TempFolder folder;
  EXPECT_NO_THROW(RunFolder::check_can_create(folder / "a" / "b" / "run", IfExists::kRefuse));
  EXPECT_THAT(folder.names(), IsEmpty());
  RunFolder::create(folder / "run", "", IfExists::kRefuse);
  write_raw(folder / "file", "");
  EXPECT_THROW(RunFolder::check_can_create(folder / "run", IfExists::kRefuse), Error);
  EXPECT_NO_THROW(RunFolder::check_can_create(folder / "run", IfExists::kReplace));
  EXPECT_THROW(RunFolder::check_can_create(folder / "file" / "run", IfExists::kRefuse), Error);
  EXPECT_THROW(RunFolder::check_can_create(folder / "file", IfExists::kReplace), Error);
}

TEST(RunFolder, NothingIsLeftWhereItCannotBeCreated) {
  const TempFolder folder;
  write_raw(folder / "file", "");
  EXPECT_THAT(error_of([&] { RunFolder::create(folder / "file" / "run", "", IfExists::kRefuse); }),
              HasSubstr("a part of the path is a file"));
  {
    const FullDisk full(1000);
    EXPECT_THROW(RunFolder::create(folder / "run", std::string(5000, 'x'), IfExists::kRefuse),
                 Error);
  }
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(RunFolder, AFullDiskLeavesTheRunThatWasToBeReplaced) {
  const TempFolder folder;
  RunFolder::create(folder / "run", "old", IfExists::kRefuse);
  {
    const FullDisk full(1000);
    EXPECT_THROW(RunFolder::create(folder / "run", std::string(5000, 'x'), IfExists::kReplace),
                 Error);
  }
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("run"));
}

TEST(RunFolder, TwoProcessesDoNotTrainInOne) {
  const TempFolder folder;
  {
    const RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
    EXPECT_THAT(error_of([&] { RunFolder::resume(folder / "run"); }), HasSubstr("is in use"));
    EXPECT_THAT(error_of([&] { RunFolder::create(folder / "run", "", IfExists::kReplace); }),
                HasSubstr("is in use"));
    EXPECT_EQ(RunFolder::open(folder / "run").path(), run.path());
  }
  EXPECT_EQ(RunFolder::resume(folder / "run").path(), folder / "run");
}

TEST(RunFolder, OnlyARunOfThisFormatIsOpened) {
  const TempFolder folder;
  EXPECT_THAT(error_of([&] { RunFolder::resume(folder / "none"); }), HasSubstr("no run folder"));
  EXPECT_THAT(error_of([&] { RunFolder::resume(folder.path()); }),
              HasSubstr("is not a run folder"));
  RunFolder::create(folder / "run", "", IfExists::kRefuse);
  write_raw(folder / "run" / "format", "kennel-run 2\n");
  EXPECT_THAT(error_of([&] { RunFolder::open(folder / "run"); }),
              HasSubstr("expected 'kennel-run 1', came 'kennel-run 2'"));
}

TEST(RunFolder, KeepsTheNewestCheckpointsAndTheBest) {
  const TempFolder folder;
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  for (std::int64_t step = 1; step <= 5; ++step) {
    write_checkpoint(run, step * 1000, "bytes " + std::to_string(step), step == 2, 2);
  }
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(2000, 4000, 5000));
  EXPECT_EQ(read_file(run.last_checkpoint()), "bytes 5");
  EXPECT_EQ(read_file(run.best_checkpoint()), "bytes 2");
  EXPECT_EQ(run.checkpoint(123).filename(), "step_000000123.ckpt");
}

TEST(RunFolder, FindsACheckpointByNameOrStep) {
  const TempFolder folder;
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  EXPECT_THAT(error_of([&] { run.find_checkpoint("last"); }), HasSubstr("the run has none yet"));
  write_checkpoint(run, 10, "ten", false, 3);
  EXPECT_EQ(read_file(run.find_checkpoint("10")), "ten");
  EXPECT_EQ(read_file(run.find_checkpoint("last")), "ten");
  EXPECT_THAT(error_of([&] { run.find_checkpoint("11"); }), HasSubstr("there are steps 10"));
  EXPECT_THAT(error_of([&] { run.find_checkpoint("best"); }), HasSubstr("no checkpoint 'best'"));
  EXPECT_THAT(error_of([&] { run.find_checkpoint("../../etc/passwd"); }),
              HasSubstr("expected a checkpoint last, best or a step number"));
}

TEST(RunFolder, AFullDiskLeavesTheOldCheckpoints) {
  const TempFolder folder;
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  write_checkpoint(run, 1, "one", true, 1);
  {
    const FullDisk full(1000);
    EXPECT_THROW(write_checkpoint(run, 2, std::string(5000, 'x'), true, 1), Error);
  }
  EXPECT_EQ(read_file(run.last_checkpoint()), "one");
  EXPECT_EQ(read_file(run.best_checkpoint()), "one");
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(1));
}

TEST(RunFolder, ResumingRemovesWhatAKilledProcessLeftHalfWritten) {
  const TempFolder folder;
  std::filesystem::path leftover;
  {
    RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
    write_checkpoint(run, 1, "one", true, 1);
    leftover = run.checkpoints() / ".step_000000002.ckpt.kennel-tmp-123";
    write_raw(leftover, "half");
  }
  RunFolder::resume(folder / "run");
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

TEST(RunFolder, TheDefaultNameIsANewOne) {
  const TempFolder folder;
  const auto first = default_run_path(folder.path());
  std::filesystem::create_directory(first);
  EXPECT_NE(default_run_path(folder.path()), first);
}

}  // namespace
}  // namespace kennel
