// Several processes train one policy, as the program starts them: the result does not depend on
// how many they are, and whatever happens to one ends them all with one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/app/subprocess.h"
#include "tests/io/temp_folder.h"

namespace kennel {
namespace {

using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;
using namespace std::chrono_literals;

// Four shards, 20 iterations of the whole training, a checkpoint every five.
const Strings kRun = {"train",
                      "--recipe",
                      "fast",
                      "--num-envs",
                      "256",
                      "--steps",
                      "122880",
                      "--seed",
                      "3",
                      "--device",
                      "cpu",
                      "--set",
                      "train.judge_episodes=0",
                      "--set",
                      "train.checkpoint_every=5"};

Strings with(Strings line, const Strings& more) {
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

std::string last_checkpoint(const std::filesystem::path& run) {
  return read_file(run / "checkpoints" / "last.ckpt");
}

/// The processes that work for `parent`.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  std::ifstream file(text("/proc/", parent, "/task/", parent, "/children"));
  for (pid_t child; file >> child;) out.push_back(child);
  return out;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Starts ranks and waits until they train.
class Started {
 public:
  Started(const TempFolder& folder, int ranks)
      : process_(folder.path(),
                 {"train", "--recipe", "fast", "--num-envs", "256", "--seed", "3", "--device",
                  "cpu", "--set", "train.judge_episodes=0", "--set", "train.checkpoint_every=5",
                  "--ranks", std::to_string(ranks), "--out", "run"}) {
    const auto metrics = folder / "run" / "metrics.csv";
    for (int k = 0; k < 1200 && process_.running(); ++k) {
      std::error_code none;
      if (std::filesystem::file_size(metrics, none) > 4000 && !none) return;
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << "they do not train";
  }
  Subprocess& process() { return process_; }
  std::vector<pid_t> ranks() { return children_of(process_.id()); }

  /// How it ended, and whether within a minute.
  Outcome end() {
    const auto start = std::chrono::steady_clock::now();
    const Outcome outcome = process_.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 60s);
    return outcome;
  }

 private:
  Subprocess process_;
};

TEST(Ranks, OneToFourWriteTheSameCheckpointAlsoWhereOthersGoOn) {
  const TempFolder folder;
  const Outcome alone = run_kennel(folder.path(), with(kRun, {"--out", "one"}));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const std::string expected = last_checkpoint(folder / "one");
  for (const int ranks : {2, 3, 4}) {
    const std::string name = text("ranks", ranks);
    Outcome outcome =
        run_kennel(folder.path(), with(kRun, {"--ranks", std::to_string(ranks), "--out", name}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(last_checkpoint(folder / name), expected) << ranks << " ranks";
    EXPECT_EQ(read_file(folder / name / "policy.json"), read_file(folder / "one" / "policy.json"));
    // From the checkpoint in the middle, with another number.
    outcome = run_kennel(folder.path(), {"train", "--resume", name, "--checkpoint", "61440",
                                         "--ranks", std::to_string(5 - ranks)});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(last_checkpoint(folder / name), expected) << 5 - ranks << " ranks";
  }
}

TEST(Ranks, AskedToStopAllEndWithOneCheckpointAndGoOn) {
  const TempFolder folder;
  Started started(folder, 3);
  started.process().send(SIGTERM);
  const Outcome outcome = started.end();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("(interrupted)"));
  const Outcome more = run_kennel(folder.path(), {"train", "--resume", "run", "--minutes", "0.01"});
  EXPECT_EQ(more.exit_code, 0) << more.err;
}

TEST(Ranks, OneThatIsKilledOrHangsEndsTheOthersByNameAndTheRunGoesOn) {
  ::setenv("KENNEL_RANK_TIMEOUT", "12", 1);
  for (const int signal : {SIGKILL, SIGSTOP})
    for (const std::size_t victim : {0u, 2u}) {
      const TempFolder folder;
      Started started(folder, 3);
      const std::vector<pid_t> ranks = started.ranks();
      ASSERT_EQ(ranks.size(), 3u);
      ::kill(ranks[victim], signal);
      const Outcome outcome = started.end();
      EXPECT_NE(outcome.exit_code, 0);
      EXPECT_THAT(outcome.err, HasSubstr(text("lost rank ", victim)));
      EXPECT_THAT(outcome.err.substr(outcome.err.find("lost rank")), HasSubstr("\n"));
      EXPECT_EQ(lines_in(outcome.err.substr(outcome.err.find("lost rank"))), 1u) << outcome.err;
      const Outcome more =
          run_kennel(folder.path(), {"train", "--resume", "run", "--minutes", "0.01"});
      EXPECT_EQ(more.exit_code, 0) << more.err;
    }
}

TEST(Ranks, WhatIsWrongIsSaidOnce) {
  const TempFolder folder;
  const auto wrong = [&](const Strings& more, const char* says) {
    const Outcome outcome = run_kennel(folder.path(), with(kRun, more));
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_EQ(lines_in(outcome.err), 1u) << outcome.err;
  };
  wrong({"--ranks", "5", "--out", "run"}, "5 ranks share 256 environments");
  wrong({"--ranks", "2", "--out", "run", "--set", "ppo.gamma=7"}, "ppo.gamma");
  wrong({"--ranks", "2", "--out", "run", "--algorithm", "trpo"}, "trpo trains in one process");
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  wrong({"--gpus", "all", "--out", "run"}, "--gpus needs a GPU");
}

TEST(Ranks, AreThoseOfEveryLauncherThatIsInstalled) {
  const TempFolder folder;
  const Outcome alone = run_kennel(folder.path(), with(kRun, {"--out", "one"}));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const std::string expected = last_checkpoint(folder / "one");
  const std::pair<const char*, const char*> launchers[] = {
      {"torchrun",
       KENNEL_PYTHON_PATH " -m torch.distributed.run --no-python --standalone --nproc-per-node 2"},
      {"openmpi",
       "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun.openmpi --oversubscribe "
       "-n 3"},
      {"mpich", "mpiexec.hydra -n 3"}};
  std::string arguments;
  for (const std::string& argument : kRun) arguments += " " + quoted(argument);
  for (const auto& [name, line] : launchers) {
    const std::string installed =
        text("command -v ", name == std::string("torchrun")  ? KENNEL_PYTHON_PATH
                            : name == std::string("openmpi") ? "mpirun.openmpi"
                                                             : "mpiexec.hydra");
    if (run_shell(folder.path(), installed).exit_code != 0) {
      std::cout << name << " is not installed here: not tried\n";
      continue;
    }
    const Outcome outcome =
        run_shell(folder.path(), text(line, " \"$KENNEL\"", arguments, " --out ", name));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(last_checkpoint(folder / name), expected) << name;
  }
}

// In the place of Slurm: two tasks, with the variables that it sets, to which signals are passed
// on.
TEST(Ranks, TheJobOfSlurmGoesOnWhenItIsRequeued) {
  const TempFolder folder;
  const Outcome alone = run_kennel(folder.path(), with(kRun, {"--out", "one"}));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  std::filesystem::create_directory(folder / "bin");
  write_file_atomically(folder / "bin" / "srun", R"(#!/usr/bin/env bash
tasks=()
trap 'kill -USR1 "${tasks[@]}"' USR1
for r in 0 1; do
  SLURM_PROCID=$r SLURM_STEP_NUM_TASKS=2 SLURM_LOCALID=$r SLURM_STEP_TASKS_PER_NODE=2 \
    SLURM_STEP_NODELIST=localhost SLURM_STEP_ID=0 "$@" &
  tasks+=($!)
done
code=0
for task in "${tasks[@]}"; do
  while kill -0 "$task" 2>/dev/null; do wait "$task"; code=$?; done
done
exit "$code"
)");
  write_file_atomically(folder / "bin" / "scontrol",
                        "#!/usr/bin/env bash\necho \"$@\" >> scontrol.log\n");
  std::string train;
  for (std::size_t k = 1; k < kRun.size(); ++k) train += kRun[k] + " ";
  const std::string job =
      "chmod +x bin/*; export PATH=$PWD/bin:$PATH KENNEL RUN=run SLURM_JOB_NAME=walk "
      "SLURM_JOB_ID=7 TRAIN='" +
      train + "'; ";
  const std::string script = quoted(KENNEL_SOURCE_DIR "/examples/cluster/slurm.sh");
  const Outcome first =
      run_shell(folder.path(), job + script +
                                   " & job=$!; for k in {1..400}; do [ -s run/metrics.csv ] && "
                                   "break; sleep 0.05; done; kill -USR1 $job; wait $job");
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(read_file(folder / "scontrol.log"), "requeue 7\n") << first.err;
  const Outcome second = run_shell(folder.path(), job + script);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(read_file(folder / "scontrol.log"), "requeue 7\n") << "it is complete";
  EXPECT_EQ(last_checkpoint(folder / "run"), last_checkpoint(folder / "one"));
}

TEST(Ranks, ThoseOfALauncherMustAgree) {
  const TempFolder folder;
  const std::string line =
      "exec env RANK=$r WORLD_SIZE=2 LOCAL_RANK=$r LOCAL_WORLD_SIZE=2 "
      "KENNEL_RANK_TIMEOUT=20 \"$KENNEL\" train --recipe fast --num-envs 256 "
      "--steps 12288 --device cpu --set train.judge_episodes=0 --out run ";
  const Outcome outcome = run_shell(
      folder.path(), "(r=0; " + line + "--seed 1) & a=$!; (r=1; " + line +
                         "--seed 2) & b=$!; wait $a; x=$?; wait $b; exit $((x * 10 + $?))");
  EXPECT_EQ(outcome.exit_code, 11) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the recipe of rank 1"));
  EXPECT_THAT(outcome.err, HasSubstr("seed = 2"));
  EXPECT_EQ(lines_in(outcome.err), 1u) << outcome.err;
  const Outcome missing = run_shell(folder.path(), "RANK=1 \"$KENNEL\" train --out run");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("RANK is set and WORLD_SIZE is not"));
}

}  // namespace
}  // namespace kennel
