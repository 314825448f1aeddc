// kennel sweep, with trainings too short to walk.
#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class SweepProgram : public ::testing::Test {
 protected:
  SweepProgram() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 2048\ncheckpoint_every = 2\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
              "actor_hidden = [8]\ncritic_hidden = [8]\n");
    write_raw(folder_ / "sweep.toml", file("seeds = [1, 2]\n", "\"ppo.gamma\" = [0.9, 0.97]\n"));
  }

  static std::string file(const std::string& plan, const std::string& keys) {
    return "config = \"tiny.toml\"\n[sweep]\njudge_episodes = 2\n" + plan + "[sweep.keys]\n" + keys;
  }

  static std::vector<std::string> line(const std::string& out,
                                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> line = {"sweep", "sweep.toml", "--out", out, "--device", "cpu"};
    line.insert(line.end(), more.begin(), more.end());
    return line;
  }
  Outcome sweep(const std::string& out, const std::vector<std::string>& more = {}) const {
    return run_kennel(folder_.path(), line(out, more));
  }

  /// The lines of sweep.jsonl, without what a clock said.
  std::vector<Json> runs_of(const std::string& out) const {
    std::vector<Json> runs;
    std::istringstream lines(read_file(folder_ / out / "sweep.jsonl"));
    for (std::string one; std::getline(lines, one);) {
      runs.push_back(Json::parse(one));
      runs.back().erase("seconds");
    }
    return runs;
  }

  std::string policy(const std::string& out, const std::string& run) const {
    return read_file(folder_ / out / "runs" / run / "policy.json");
  }

  TempFolder folder_;
};

TEST_F(SweepProgram, ItsRunsAreThoseOfTrainWhateverTheJobs) {
  const Outcome one = sweep("one", {"--jobs", "1"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("seed 7 (tuning), 2 episodes"), HasSubstr("gamma"),
                             HasSubstr("2/2    0/2    0/2")));
  ASSERT_EQ(sweep("many", {"--jobs", "3"}).exit_code, 0);
  const std::vector<Json> runs = runs_of("one");
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs, runs_of("many"));
  EXPECT_EQ(runs[1].at("setting").at("ppo.gamma"), 0.9);
  EXPECT_EQ(runs[1].at("seed"), 2);
  EXPECT_EQ(runs[1].at("state"), "complete");
  EXPECT_EQ(runs[1].at("walks"), false);
  EXPECT_EQ(runs[1].at("env_steps"), 2048);

  const Outcome trained = run_kennel(
      folder_.path(), {"train", "--device", "cpu", "--config", "tiny.toml", "--seed", "2", "--set",
                       "ppo.gamma=0.97", "--set", "train.judge_episodes=0", "--out", "run"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(read_file(folder_ / "run" / "policy.json"), policy("one", "gamma=0.97,seed=2"));
  EXPECT_EQ(read_file(folder_ / "run" / "policy.json"), policy("many", "gamma=0.97,seed=2"));
  EXPECT_NE(policy("one", "gamma=0.97,seed=2"), policy("one", "gamma=0.9,seed=2"));
  EXPECT_THAT(
      read_file(folder_ / "one" / "sweep.html"),
      AllOf(HasSubstr("\"label\":\"gamma = 0.97\""), HasSubstr("\"env/velocity_error\":[")));
}

TEST_F(SweepProgram, WhatIsCompleteIsNotRunAgainAndWhatIsNewIs) {
  ASSERT_EQ(sweep("out").exit_code, 0);
  const auto log = folder_ / "out" / "logs" / "gamma=0.9,seed=1.log";
  const std::string before = read_file(log);
  const Outcome again = sweep("out");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("4 of 4 runs complete"));
  EXPECT_THAT(again.out, HasSubstr("0.97"));
  EXPECT_EQ(read_file(log), before);
  // A value more.
  write_raw(folder_ / "sweep.toml", file("seeds = [1, 2]\n", "\"ppo.gamma\" = [0.9, 0.97, 0.5]\n"));
  const Outcome more = sweep("out");
  EXPECT_EQ(more.exit_code, 0);
  EXPECT_THAT(more.err, HasSubstr("4 of 6 runs complete"));
  EXPECT_EQ(read_file(log), before);
  // Another judge plays every policy, and trains none.
  write_raw(folder_ / "sweep.toml", file("judge_seed = 8\n", "\"ppo.gamma\" = [0.9]\n"));
  EXPECT_THAT(sweep("out").err, HasSubstr("0 of 1 runs complete"));
  const std::string judged = read_file(log);
  EXPECT_EQ(judged.find("trained 2.05k", before.size()), std::string::npos);
  EXPECT_EQ(runs_of("out").at(0).at("judge_seed"), 8);
  // What was trained by another recipe is not what the file asks for.
  write_raw(folder_ / "sweep.toml", file("steps = 4096\n", "\"ppo.gamma\" = [0.9]\n"));
  const Outcome changed = sweep("out");
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.err, HasSubstr("out/runs/gamma=0.9,seed=1 was trained with train.steps = "
                                     "2048, and sweep.toml now makes that 4096; take another"));
}

TEST_F(SweepProgram, InterruptedOrKilledItGoesOnBitForBit) {
  write_raw(folder_ / "sweep.toml", file("steps = 60000\n", "\"ppo.gamma\" = [0.9, 0.97]\n"));
  ASSERT_EQ(sweep("whole").exit_code, 0);
  const auto rows = [&](const char* run) -> std::uintmax_t {
    std::error_code none;
    const auto size =
        std::filesystem::file_size(folder_ / "out" / "runs" / run / "metrics.csv", none);
    return none ? 0 : size;
  };
  for (const int sent : {SIGINT, SIGKILL}) {
    const std::uintmax_t first = rows("gamma=0.9,seed=1"), second = rows("gamma=0.97,seed=1");
    Subprocess process(folder_.path(), line("out", {"--jobs", "2"}));
    while (process.running() &&
           (rows("gamma=0.9,seed=1") <= first || rows("gamma=0.97,seed=1") <= second))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    process.send(sent);
    const Outcome outcome = process.wait();
    if (sent == SIGKILL) continue;
    ASSERT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("interrupted: 0 of 2 runs are complete"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "sweep.html"));
    // Nothing trains on: a run's lock is free.
    EXPECT_EQ(std::system(("flock -n '" + (folder_ / "out" / "runs").string() +
                           "/gamma=0.9,seed=1/lock' true")
                              .c_str()),
              0);
  }
  const Outcome rest = sweep("out");
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(runs_of("out"), runs_of("whole"));
  for (const char* run : {"gamma=0.9,seed=1", "gamma=0.97,seed=1"})
    EXPECT_EQ(policy("out", run), policy("whole", run));
}

TEST_F(SweepProgram, ARunThatFailsDoesNotEndTheOthers) {
  ASSERT_EQ(sweep("out").exit_code, 0);
  const auto run = folder_ / "out" / "runs" / "gamma=0.9,seed=1";
  std::filesystem::remove_all(run);
  std::filesystem::create_directory(run);
  write_raw(run / "notes.txt", "somebody's");
  std::filesystem::remove_all(folder_ / "out" / "runs" / "gamma=0.97,seed=2");
  const Outcome outcome = sweep("out");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("kennel: gamma=0.9,seed=1 failed: "));
  EXPECT_THAT(outcome.err, HasSubstr("3 of 4 runs are complete"));
  EXPECT_THAT(outcome.out, HasSubstr("1/2"));
  EXPECT_EQ(runs_of("out").at(0).at("state"), "failed");
  EXPECT_EQ(runs_of("out").at(3).at("state"), "complete");
  EXPECT_EQ(read_file(run / "notes.txt"), "somebody's");
}

TEST_F(SweepProgram, WhatIsWrongIsOneLineBeforeAnythingIsCreated) {
  const auto refused = [&](const std::string& plan, const std::string& keys) {
    write_raw(folder_ / "sweep.toml", file(plan, keys));
    const Outcome outcome = sweep("out");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
    return outcome.err;
  };
  EXPECT_EQ(refused("", "\"ppo.gama\" = [0.9, 0.97]\n"),
            "kennel: gama = 0.9: unknown key ppo.gama; did you mean gamma? (sweep.toml:5)\n");
  EXPECT_THAT(refused("", "\"ppo.gamma\" = [0.9, 2.0]\n"),
              AllOf(HasSubstr("kennel: gamma = 2.0: "), HasSubstr("out of range"),
                    HasSubstr("(sweep.toml:5)\n")));
  EXPECT_THAT(refused("sort_by = \"veloc\"\n", "\"ppo.gamma\" = [0.9]\n"),
              HasSubstr("expected one of velocity, yaw, falls, randomised_velocity"));
  EXPECT_THAT(refused("judge_seed = 1000\n", "\"ppo.gamma\" = [0.9]\n"),
              HasSubstr("by which nothing is chosen"));
  write_raw(folder_ / "sweep.toml", file("", "\"ppo.gamma\" = [0.9]\n"));
  EXPECT_THAT(sweep(".").err, HasSubstr("no sweep's folder; take another --out"));
  EXPECT_EQ(run_kennel(folder_.path(), {"sweep", "sweep.toml"}).exit_code, 2);
  const Outcome dry = sweep("out", {"--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_EQ(dry.out, "1 settings, 1 seeds each, 1 runs, 2048 steps in all\ngamma = 0.9\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
}

}  // namespace
}  // namespace kennel
