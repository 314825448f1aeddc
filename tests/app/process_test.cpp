// What shells, terminals and batch systems do to a training.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

class Process : public ::testing::Test {
 protected:
  Process() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 2048\ncheckpoint_every = 2\njudge_episodes = 0\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
              "actor_hidden = [8]\ncritic_hidden = [8]\n");
  }

  Outcome shell(const std::string& command) const { return run_shell(folder_.path(), command); }
  Outcome kennel(const std::vector<std::string>& arguments) const {
    return run_kennel(folder_.path(), arguments);
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  /// The rows of a run's metrics.csv that are not rows.
  std::string foreign_lines(const std::string& run) const {
    std::istringstream lines(read_file(folder_ / run / "metrics.csv"));
    std::string foreign, line;
    std::getline(lines, line);
    const auto columns = std::count(line.begin(), line.end(), ',');
    while (std::getline(lines, line))
      if (std::count(line.begin(), line.end(), ',') != columns) foreign += line + '\n';
    return foreign;
  }

  TempFolder folder_;
  const std::string train_ =
      "\"$KENNEL\" train --device cpu --threads 1 --config tiny.toml --out run";
  /// Waits until the run has rows; $pid is its process.
  const std::string wait_for_rows_ =
      "until [ -s run/metrics.csv ]; do sleep 0.05; kill -0 $pid || exit 99; done\n";
};

TEST_F(Process, ADeadPipeNeitherEndsATrainingNorChangesHowASignalEndsIt) {
  // The reader ends at once, as `tee` does at Ctrl-C.
  const Outcome outcome =
      shell("mkfifo pipe; true < pipe & " + train_ + " --steps 100000000 > pipe 2>&1 & pid=$!\n" +
            wait_for_rows_ + "sleep 0.3; kill -INT $pid; wait $pid");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(exists("run/policy.json"));
  EXPECT_TRUE(exists("run/report.html"));
  EXPECT_EQ(foreign_lines("run"), "");
}

TEST_F(Process, ClosedDescriptorsGoToNoFileOfTheRun) {
  const Outcome outcome = shell(train_ + " <&- >&- 2>&-");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(exists("run/report.html"));
  EXPECT_EQ(foreign_lines("run"), "");
  EXPECT_EQ(shell("\"$KENNEL\" info >&-").exit_code, 1);  // results that nobody gets
}

TEST_F(Process, OutputOnAFullDiskDoesNotEndATraining) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  EXPECT_EQ(shell(train_ + " > /dev/full 2>&1").exit_code, 0);
  EXPECT_TRUE(exists("run/report.html"));
}

TEST_F(Process, AReaderThatHasEnoughEndsACommandAsOnePipeEndsAnother) {
  EXPECT_EQ(shell("\"$KENNEL\" info | true; exit ${PIPESTATUS[0]}").exit_code, 128 + SIGPIPE);
}

TEST_F(Process, AFileSizeLimitIsAnErrorOfOneLine) {
  const Outcome outcome = shell("ulimit -f 1; " + train_);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("raise it (ulimit -f)"));
}

TEST_F(Process, SignalsOfTerminalsAndBatchSystemsEndItWithACheckpointAndAPolicy) {
  for (const char* sent : {"HUP", "XCPU", "TERM $pid; kill -TERM", "USR1 $pid; kill -HUP"}) {
    const Outcome outcome = shell("rm -rf run; " + train_ + " --steps 100000000 & pid=$!\n" +
                                  wait_for_rows_ + "kill -" + sent + " $pid; wait $pid");
    EXPECT_EQ(outcome.exit_code, 0) << sent << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("(interrupted)")) << sent;
    EXPECT_TRUE(exists("run/policy.json")) << sent;
  }
}

TEST_F(Process, SeveralTrainingsStartedAtOnceWithoutAFolderGetOneEach) {
  const Outcome outcome = shell(
      "for seed in 1 2 3; do \"$KENNEL\" train --device cpu --threads 1 --config tiny.toml "
      "--seed $seed & pids=\"$pids $!\"; done\nfor pid in $pids; do wait $pid || exit 1; done");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::filesystem::directory_iterator runs(folder_ / "runs");
  EXPECT_EQ(std::distance(begin(runs), end(runs)), 3);
}

TEST_F(Process, AnEmptyFolderIsTaken) { EXPECT_EQ(shell("mkdir run; " + train_).exit_code, 0); }

TEST_F(Process, AWorkingFolderThatIsDeletedMeanwhileIsSurvived) {
  const Outcome later = shell(
      "top=$PWD; mkdir gone; cd gone; \"$KENNEL\" train --device cpu --threads 1 "
      "--config ../tiny.toml --out $top/run --steps 100000000 & pid=$!; cd $top\n" +
      wait_for_rows_ + "rmdir gone; kill -INT $pid; wait $pid");
  EXPECT_EQ(later.exit_code, 0) << later.err;
  EXPECT_TRUE(exists("run/report.html"));
}

TEST_F(Process, ARunKilledAfterItsLastStepIsFinishedByResuming) {
  ASSERT_EQ(shell(train_).exit_code, 0);
  for (const char* missing : {"policy.json", "report.html", "finished"}) {
    std::filesystem::remove(folder_ / "run" / missing);
    const Outcome resumed = kennel({"train", "--resume", "run"});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("finishing what is missing"));
    EXPECT_TRUE(exists("run/" + std::string(missing))) << missing;
  }
  // Killed before its first checkpoint: from the beginning.
  std::filesystem::remove_all(folder_ / "run" / "checkpoints");
  std::filesystem::create_directory(folder_ / "run" / "checkpoints");
  EXPECT_EQ(kennel({"train", "--resume", "run"}).exit_code, 0);
  EXPECT_TRUE(exists("run/checkpoints/step_000002048.ckpt"));
}

TEST_F(Process, WhatARunHandsOutIsItsNewestPolicyAndSaysOfWhichStep) {
  ASSERT_EQ(shell(train_).exit_code, 0);
  const std::string old = read_file(folder_ / "run" / "policy.json");
  EXPECT_THAT(old, HasSubstr("\"env_steps\":2048"));
  ASSERT_EQ(kennel({"train", "--resume", "run", "--steps", "3072"}).exit_code, 0);
  write_raw(folder_ / "run" / "policy.json", old);  // killed before the policy was written again
  const std::vector<std::string> quick = {"--episodes", "1", "--condition", "nominal"};
  const auto eval = [&](const std::string& what) {
    return kennel({"eval", what, quick[0], quick[1], quick[2], quick[3]}).err;
  };
  EXPECT_THAT(eval("run"), HasSubstr("run: the policy after 3072 steps, of the newest checkpoint"));
  EXPECT_THAT(eval("run/policy.json"),
              HasSubstr("run/policy.json is the policy after 2048 steps; the run's newest is of"));
  const Outcome report = kennel({"report", "run", "--episodes", "0", "--no-sweeps"});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(read_file(folder_ / "run" / "report.html"),
              HasSubstr("[\"policy after\",\"3.07k steps\"]"));
}

TEST_F(Process, ADamagedLastCheckpointNamesAnOlderOneToGoOnFrom) {
  ASSERT_EQ(shell(train_).exit_code, 0);
  const auto last = folder_ / "run" / "checkpoints" / "step_000002048.ckpt";
  const std::string whole = read_file(last);
  write_raw(last, whole.substr(0, whole.size() / 2));
  const std::string advice = "kennel train --resume run --checkpoint 1024";
  const Outcome refused = kennel({"train", "--resume", "run"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr(advice));
  EXPECT_THAT(kennel({"export", "run", "-o", "p.json"}).err,
              HasSubstr("kennel export run --checkpoint 1024 -o policy.json"));
  EXPECT_EQ(kennel({"export", "run", "--checkpoint", "1024", "-o", "policy.json"}).exit_code, 0);
  const Outcome resumed = kennel({"train", "--resume", "run", "--checkpoint", "1024"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(last), whole);  // the same steps again
  EXPECT_TRUE(exists("run/checkpoints/step_000002048.ckpt.set-aside"));
}

TEST_F(Process, WithoutSymbolicLinksARunIsTrainedResumedAndExported) {
  const std::string without = "export LD_PRELOAD='" KENNEL_NO_SYMLINKS "'; ";
  const Outcome trained = shell(without + train_);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("no symbolic links here"));
  const auto last = folder_ / "run" / "checkpoints" / "last.ckpt";
  EXPECT_FALSE(std::filesystem::is_symlink(last));
  EXPECT_EQ(shell(without + "\"$KENNEL\" train --resume run --steps 3072").exit_code, 0);
  EXPECT_EQ(kennel({"export", "run", "-o", "p.json"}).exit_code, 0);
  const Outcome tuned = kennel({"train", "--config", "tiny.toml", "--out", "tuned", "--init-from",
                                "run/checkpoints/last.ckpt"});
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  std::filesystem::remove(last);  // lost on the way to another drive
  EXPECT_EQ(kennel({"export", "run", "-o", "p.json"}).exit_code, 0);
  EXPECT_EQ(kennel({"train", "--resume", "run"}).exit_code, 0);
}

TEST_F(Process, FilesThatWereSavedOnAnotherSystemAreRead) {
  ASSERT_EQ(shell(train_).exit_code, 0);
  const std::string run = (folder_ / "run").string() + "/", mark = "\xef\xbb\xbf";
  for (const char* name : {"config.toml", "policy.json", "metrics.csv", "machine.json"})
    write_raw(run + name, mark + read_file(run + name));
  EXPECT_EQ(shell("sed -i 's/$/\\r/' run/config.toml run/metrics.csv run/format").exit_code, 0);
  EXPECT_EQ(kennel({"eval", "run/policy.json", "--episodes", "1"}).exit_code, 0);
  const Outcome report = kennel({"report", "run", "--episodes", "0", "--no-sweeps"});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  const Outcome resumed = kennel({"train", "--resume", "run", "--steps", "3072"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(run + "metrics.csv").find('\r'), std::string::npos);
}

// Every piece of advice that a message gives, followed.
TEST_F(Process, WhatAMessageAdvisesWorks) {
  ASSERT_EQ(shell(train_).exit_code, 0);
  const std::string here = (folder_ / "run").string();
  const Outcome exists_already = shell(train_);
  EXPECT_THAT(exists_already.err, HasSubstr("choose another --out, go on with --resume " + here +
                                            ", or replace it with --force"));
  EXPECT_EQ(kennel({"train", "--resume", here}).exit_code, 0);
  EXPECT_EQ(shell(train_ + " --force").exit_code, 0);
  EXPECT_EQ(shell(train_ + "2").exit_code, 0);

  const Outcome complete = kennel({"train", "--resume", "run"});
  EXPECT_THAT(complete.err, HasSubstr("train longer with kennel train --resume run --steps 4096"));
  EXPECT_EQ(kennel({"train", "--resume", "run", "--steps", "4096"}).exit_code, 0);

  std::filesystem::remove(folder_ / "run" / "policy.json");
  const Outcome unchecked = kennel({"export", "--check", "run"});
  EXPECT_THAT(unchecked.err, HasSubstr("kennel export run -o " + here + "/policy.json"));
  EXPECT_EQ(kennel({"export", "run", "-o", here + "/policy.json"}).exit_code, 0);
  EXPECT_EQ(kennel({"export", "--check", "run"}).exit_code, 0);

  // A run without any checkpoint hands out nothing, and can be gone on with.
  std::filesystem::remove(folder_ / "run" / "policy.json");
  std::filesystem::remove_all(folder_ / "run" / "checkpoints");
  std::filesystem::create_directory(folder_ / "run" / "checkpoints");
  for (const char* command : {"eval", "play", "report"}) {
    const Outcome none = kennel({command, "run"});
    EXPECT_EQ(none.exit_code, 1);
    EXPECT_THAT(none.err, HasSubstr("train on with kennel train --resume run")) << command;
  }
  EXPECT_EQ(kennel({"train", "--resume", "run"}).exit_code, 0);
  EXPECT_EQ(kennel({"train", "--resume", "nowhere"}).exit_code, 1);
}

}  // namespace
}  // namespace kennel
