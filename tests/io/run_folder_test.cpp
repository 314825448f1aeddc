#include "kennel/io/run_folder.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "file_system.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/checkpoint_links.h"
#include "temp_folder.h"

namespace kennel {
namespace {

void write_checkpoint(RunFolder& run, std::int64_t step, const std::string& bytes, bool is_best,
                      int keep) {
  write_file_atomically(run.checkpoint(step), bytes);
  run.publish_checkpoint(step, is_best ? std::optional(0.5) : std::nullopt, keep);
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

TEST(RunFolder, AnEmptyFolderIsTakenAsItIs) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "given");
  const RunFolder run = RunFolder::create(folder / "given", "x = 1\n", IfExists::kRefuse);
  EXPECT_EQ(read_file(run.config()), "x = 1\n");
  std::filesystem::create_directory(folder / "full");
  std::filesystem::create_directory(folder / "full" / "lost+found");  // a new volume
  RunFolder::create(folder / "full", "", IfExists::kRefuse);
  EXPECT_TRUE(std::filesystem::exists(folder / "full" / "lost+found"));
}

TEST(RunFolder, WhatAKilledProcessBeganToCreateIsTaken) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "run" / "checkpoints");
  write_raw(folder / "run" / "lock", "");
  write_raw(folder / "run" / "config.toml", "half");
  RunFolder::create(folder / "run", "x = 1\n", IfExists::kRefuse);
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "x = 1\n");

  std::filesystem::create_directory(folder / "mine");
  write_raw(folder / "mine" / "config.toml", "a recipe of the user's");
  EXPECT_THROW(RunFolder::create(folder / "mine", "", IfExists::kRefuse), Error);
  EXPECT_EQ(read_file(folder / "mine" / "config.toml"), "a recipe of the user's");
}

TEST(RunFolder, ARunThatIsBeingWrittenIsNeitherReplacedNorOfferedForIt) {
  const TempFolder folder;
  const RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  for (const IfExists if_exists : {IfExists::kRefuse, IfExists::kReplace}) {
    const std::string message =
        error_of([&] { RunFolder::check_can_create(folder / "run", if_exists); });
    EXPECT_THAT(message, HasSubstr("is in use by another kennel train"));
    EXPECT_THAT(message, Not(HasSubstr("--force")));
    EXPECT_THAT(message, Not(HasSubstr("--resume")));
  }
}

TEST(RunFolder, SeveralProcessesThatStartAtOnceGetAFolderEach) {
  const TempFolder folder;
  constexpr int kProcesses = 6;
  std::vector<pid_t> children;
  for (int k = 0; k < kProcesses; ++k) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        RunFolder::create_new(folder / "runs", text("x = ", k, '\n'));
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::set<std::string> configs;
  for (const auto& run : std::filesystem::directory_iterator(folder / "runs"))
    configs.insert(read_file(run.path() / "config.toml"));
  EXPECT_EQ(configs.size(), static_cast<std::size_t>(kProcesses));
}

TEST(RunFolder, AProcessKilledWhileItReplacedARunLeavesOneOfBoth) {
  const TempFolder folder;
  RunFolder::create(folder / "run", "old", IfExists::kRefuse);
  std::filesystem::rename(folder / "run",
                          folder / ".run.old-999999999");  // killed between two renames
  std::filesystem::create_directories(folder / ".run.new-999999999" / "checkpoints");
  EXPECT_EQ(read_file(RunFolder::resume(folder / "run").config()), "old");
  EXPECT_THAT(folder.names(), ElementsAre("run"));

  std::filesystem::create_directories(folder /
                                      ".run.new-999999998");  // killed while it removed the old one
  write_raw(folder / ".run.new-999999998" / "format", "kennel-run 1\n");
  RunFolder::create(folder / "run", "new", IfExists::kReplace);
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "new");
  EXPECT_THAT(folder.names(), ElementsAre("run"));
}

TEST(RunFolder, AVolumeThatCannotBeRenamedIsReplacedInPlace) {
  const TempFolder folder;
  RunFolder::create(folder / "run", "old", IfExists::kRefuse);
  write_raw(folder / "run" / "metrics.csv", "step\n");
  const FileSystemWithout refusal(FileSystemWithout::kRunRenames);
  {
    const FullDisk full(1000);
    EXPECT_THROW(RunFolder::create(folder / "run", std::string(5000, 'x'), IfExists::kReplace),
                 Error);
  }
  EXPECT_EQ(read_file(folder / "run" / "config.toml"), "old");
  EXPECT_EQ(read_file(folder / "run" / "metrics.csv"), "step\n");
  {
    const RunFolder run = RunFolder::create(folder / "run", "new", IfExists::kReplace);
    EXPECT_EQ(read_file(run.config()), "new");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run" / "metrics.csv"));
  EXPECT_EQ(read_file(RunFolder::open(folder / "run").config()), "new");
  EXPECT_THAT(folder.names(), ElementsAre("run"));
}

TEST(RunFolder, WithoutSymbolicLinksLastAndBestAreSmallFiles) {
  const TempFolder folder;
  const FileSystemWithout refusal(FileSystemWithout::kSymlinks);
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  EXPECT_FALSE(has_symlinks(run.checkpoints()));
  for (std::int64_t step = 1; step <= 5; ++step)
    write_checkpoint(run, step, "bytes " + std::to_string(step), step == 2, 2);
  EXPECT_TRUE(std::filesystem::is_regular_file(run.last_checkpoint()));
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(2, 4, 5));
  EXPECT_EQ(read_file(run.find_checkpoint("last")), "bytes 5");
  EXPECT_EQ(read_file(run.find_checkpoint("best")), "bytes 2");
  EXPECT_EQ(follow_link(run.last_checkpoint()), run.checkpoint(5));
}

TEST(RunFolder, LostLinksAreKnownFromTheSteps) {
  const TempFolder folder;
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  for (std::int64_t step = 1; step <= 3; ++step)
    write_checkpoint(run, step, "bytes " + std::to_string(step), step == 2, 3);
  std::filesystem::remove(run.last_checkpoint());
  std::filesystem::remove(run.best_checkpoint());
  EXPECT_EQ(read_file(run.find_checkpoint("last")), "bytes 3");
  EXPECT_EQ(read_file(run.find_checkpoint("best")), "bytes 2");
  // Copied by a program that follows links: files of their own.
  write_raw(run.last_checkpoint(), "bytes 3");
  EXPECT_EQ(read_file(run.find_checkpoint("last")), "bytes 3");
}

TEST(RunFolder, ABestScoreThatWasWrittenBeforeItsLinkIsLinkedOnResuming) {
  const TempFolder folder;
  {
    RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
    write_checkpoint(run, 1, "one", true, 3);
    write_file_atomically(run.checkpoint(2), "two");
    write_file_atomically(run.checkpoints() / "best_score", "0.75 2\n");  // killed here
  }
  const RunFolder run = RunFolder::resume(folder / "run");
  EXPECT_EQ(run.best_score(), 0.75);
  EXPECT_EQ(read_file(run.best_checkpoint()), "two");
  EXPECT_EQ(read_file(run.last_checkpoint()), "one");
}

TEST(RunFolder, GoingBackSetsLaterCheckpointsAside) {
  const TempFolder folder;
  RunFolder run = RunFolder::create(folder / "run", "", IfExists::kRefuse);
  for (std::int64_t step = 1; step <= 4; ++step)
    write_checkpoint(run, step, "bytes " + std::to_string(step), step == 3, 9);
  run.go_back_to(2);
  EXPECT_THAT(run.checkpoint_steps(), ElementsAre(1, 2));
  EXPECT_EQ(read_file(run.find_checkpoint("last")), "bytes 2");
  EXPECT_EQ(run.best_score(), std::nullopt);
  EXPECT_EQ(read_file(run.checkpoint(4).string() + ".set-aside"), "bytes 4");
}

TEST(RunFolder, ARelativePathInADeletedFolderIsOneClearLine) {
  const pid_t child = ::fork();
  if (child == 0) {
    const TempFolder folder;
    const bool there = ::chdir(folder.path().c_str()) == 0 && ::rmdir(folder.path().c_str()) == 0;
    try {
      RunFolder::create("run", "", IfExists::kRefuse);
    } catch (const Error& error) {
      const std::string message = error.what();
      ::_exit(there && message.find("working directory") != std::string::npos ? 0 : 1);
    } catch (...) {
      ::_exit(2);
    }
    ::_exit(3);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RunFolder, TheDefaultNameIsANewOne) {
  const TempFolder folder;
  const auto first = default_run_path(folder.path());
  std::filesystem::create_directory(first);
  EXPECT_NE(default_run_path(folder.path()), first);
}

}  // namespace
}  // namespace kennel
