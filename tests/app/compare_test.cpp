// kennel compare, with trainings of small tasks and some too short to walk.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "compare_program.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

TEST_F(CompareProgram, ItsRunsAreThoseOfTrainWhateverTheJobs) {
  const Outcome one = compare("one", {"--jobs", "1"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out,
              AllOf(StartsWith("4.10k steps each, judged in their own task, 50 episodes "
                               "of seed 7 (tuning)"),
                    ContainsRegex("method +seeds +return +best"),
                    ContainsRegex("\ntiny:es +2/2 .*-6\\.632"), ContainsRegex("\ntiny:cem +2/2 ")));
  EXPECT_THAT(one.err, AllOf(HasSubstr("page: one/compare.html"),
                             ContainsRegex("warning: tiny:cem trained [0-9]+ steps, [0-9]+ % more "
                                           "than the 4096 of all: a training ends with a whole")));
  ASSERT_EQ(compare("many", {"--jobs", "3"}).exit_code, 0);
  const std::vector<Json> runs = runs_of("one");
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs, runs_of("many"));
  EXPECT_EQ(runs[3].at("recipe"), "tiny:cem");
  EXPECT_EQ(runs[3].at("algorithm"), "cem");
  EXPECT_EQ(runs[3].at("seed"), 2);
  EXPECT_EQ(runs[3].at("state"), "complete");
  EXPECT_EQ(runs[3].at("seed_use"), "tuning");
  EXPECT_EQ(runs[3].at("measure"), "episode/return");
  EXPECT_GE(runs[3].at("steps"), 4096);
  EXPECT_EQ(runs[3].at("reached").size(), 3u);

  const Outcome trained = run_kennel(
      folder_.path(), {"train", "--device", "cpu", "--config", "tiny.toml", "--algorithm", "cem",
                       "--seed", "2", "--set", "train.judge_episodes=0", "--out", "run"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(read_file(folder_ / "run" / "policy.json"),
            read_file(folder_ / "one" / "runs" / "tiny_cem,seed=2" / "policy.json"));
  const Outcome scored =
      run_kennel(folder_.path(), {"eval", "run", "--json", "--episodes", "50", "--seed", "7"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(Json::parse(scored.out).at("return"),
            runs[3].at("judgement").at("figures").at("return"));
  EXPECT_THAT(read_file(folder_ / "one" / "compare.html"),
              AllOf(HasSubstr("\"methods\":[\"tiny:es\",\"tiny:cem\"]"),
                    HasSubstr("\"name\":\"episode/return\""), HasSubstr("judged return")));
  EXPECT_THAT(
      read_file(folder_ / "one" / "compare.md"),
      AllOf(StartsWith("# one\n"),
            HasSubstr("| command | `kennel compare tiny.toml:es tiny.toml:cem --seeds 2 --jobs 1 "
                      "--device cpu --judge-seed 7 --judge-episodes 50 --out one` |\n"),
            HasSubstr("| device | CPU, "), HasSubstr(", commit "),
            HasSubstr("| training seeds | 1 to 2 |\n"), HasSubstr("50 episodes of seed 7 (tuning)"),
            HasSubstr("| runs complete | 4 of 4 |\n"), HasSubstr("\n| tiny:cem | 2/2 | ")));
}

TEST_F(CompareProgram, ItsOwnCommandLineHasEveryDigitOfAThreshold) {
  ASSERT_EQ(compare("out", {"--thresholds=-6.63165543,-8"}).exit_code, 0);
  EXPECT_THAT(read_file(folder_ / "out" / "compare.md"),
              HasSubstr(" --thresholds=-6.63165543,-8 "));
}

TEST_F(CompareProgram, ADryRunSaysWhatWouldBeTrainedAndTrainsNothing) {
  const Outcome dry = compare("out", {"--dry-run", "--jobs", "3", "--judge-seed", "1001"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(
      dry.out,
      AllOf(StartsWith("2 recipes, 2 seeds each, 4 runs of 4.10k steps each, 0 complete; 3 side by "
                       "side, "),
            HasSubstr(", on cpu\njudged in their own task, 50 episodes of seed 1001 (published)\n"),
            HasSubstr("\ntiny:es   (es)\ntiny:cem   (cem)\n")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  // Four runs by three take two turns.
  EXPECT_THAT(compare("out", {"--dry-run", "--jobs", "3", "--minutes", "10"}).out,
              AllOf(HasSubstr("4 runs of 10:00 each"), HasSubstr("at most 20:00 of training")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  ASSERT_EQ(compare("out").exit_code, 0);
  EXPECT_THAT(compare("out", {"--dry-run", "--seeds", "3"}).out,
              HasSubstr("6 runs of 4.10k steps each, 4 complete"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "runs" / "tiny_es,seed=3"));
}

TEST_F(CompareProgram, WhatIsCompleteIsNotRunAgainAndWhatIsNewIs) {
  ASSERT_EQ(compare("out").exit_code, 0);
  const auto log = folder_ / "out" / "logs" / "tiny_es,seed=1.log";
  const std::string before = read_file(log);
  EXPECT_THAT(compare("out").err, HasSubstr("4 of 4 runs complete"));
  EXPECT_EQ(read_file(log), before);
  // A seed more.
  EXPECT_THAT(compare("out", {"--seeds", "3"}).err, HasSubstr("4 of 6 runs complete"));
  EXPECT_EQ(read_file(log), before);
  // Another judge plays every policy, and trains none.
  EXPECT_THAT(compare("out", {"--judge-seed", "8"}).err, HasSubstr("0 of 4 runs complete"));
  EXPECT_EQ(read_file(log).find("trained ", before.size()), std::string::npos);
  EXPECT_EQ(runs_of("out").at(0).at("judgement").at("judge_seed"), 8);
  // Another budget is another comparison.
  const Outcome longer = compare("out", {"--steps", "8192"});
  EXPECT_EQ(longer.exit_code, 1);
  EXPECT_THAT(longer.err, AllOf(HasSubstr("was trained with train.steps = 4096"),
                                HasSubstr("take another --out")));
}

TEST_F(CompareProgram, InterruptedOrKilledItGoesOnBitForBit) {
  const std::vector<std::string> more = {"--steps", "2000000", "--jobs", "2"};
  ASSERT_EQ(compare("whole", more).exit_code, 0);
  const auto rows = [&]() -> std::uintmax_t {
    std::error_code none;
    const auto size = std::filesystem::file_size(
        folder_ / "out" / "runs" / "tiny_es,seed=1" / "metrics.csv", none);
    return none ? 0 : size;
  };
  for (const int sent : {SIGINT, SIGKILL}) {
    const std::uintmax_t first = rows();
    Subprocess process(folder_.path(), line("out", more));
    while (process.running() && rows() <= first)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    process.send(sent);
    const Outcome outcome = process.wait();
    if (sent == SIGINT && outcome.exit_code != 0) {
      EXPECT_THAT(outcome.err, HasSubstr("the same command goes on with the rest"));
    }
  }
  const Outcome rest = compare("out", more);
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_EQ(runs_of("out"), runs_of("whole"));
}

TEST_F(CompareProgram, ARobotsRunsAreJudgedInMujoco) {
  write_raw(folder_ / "robot.toml",
            "[train]\nnum_envs = 64\nsteps = 2048\ncheckpoint_every = 2\n"
            "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
            "actor_hidden = [8]\ncritic_hidden = [8]\n");
  const Outcome outcome =
      run_kennel(folder_.path(),
                 {"compare", "robot.toml", "--out", "out", "--device", "cpu", "--seeds", "2",
                  "--judge-episodes", "2", "--measure", "env/reward", "--thresholds", "0.01,1000"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<Json> runs = runs_of("out");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1].at("recipe"), "robot");
  EXPECT_TRUE(runs[1].at("judgement").at("figures").at("velocity").is_number());
  EXPECT_EQ(runs[1].at("measure"), "env/reward");
  EXPECT_EQ(runs[1].at("reached").at(1).at("threshold"), 1000);
  EXPECT_TRUE(runs[1].at("reached").at(1).at("steps").is_null());
  EXPECT_THAT(
      read_file(folder_ / "out" / "compare.html"),
      AllOf(HasSubstr("judged nominal velocity"), HasSubstr("\"name\":\"feet on the floor\"")));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("judged in MuJoCo, 2 episodes a condition of seed 7"),
                                 ContainsRegex("seeds +velocity +falls +falls +steps"),
                                 ContainsRegex("\nrobot +2/2 +[0-9.]+ \\[")));
  EXPECT_THAT(read_file(folder_ / "out" / "compare.md"),
              AllOf(HasSubstr("judged randomised yaw rad/s"), HasSubstr("| robot | 2/2 |"),
                    HasSubstr("judged nominal falls of 2 ")));
  // A file that somebody spoilt costs its picture alone.
  for (const char* run : {"robot,seed=1", "robot,seed=2"})
    write_raw(folder_ / "out" / "runs" / run / "occupancy.json", R"({"visited":[{"name":1}]})");
  const Outcome again =
      run_kennel(folder_.path(),
                 {"compare", "robot.toml", "--out", "out", "--device", "cpu", "--seeds", "2",
                  "--judge-episodes", "2", "--measure", "env/reward", "--thresholds", "0.01,1000"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(read_file(folder_ / "out" / "compare.html"),
              AllOf(HasSubstr("judged nominal velocity"),
                    Not(HasSubstr("\"name\":\"feet on the floor\""))));
}

TEST_F(CompareProgram, ARobotsSearchKnowsNoReturnOfWholeEpisodes) {
  write_raw(folder_ / "robot.toml",
            "[train]\nnum_envs = 64\nsteps = 12800\n[es]\npopulation = 16\nrollout_steps = 200\n");
  const std::vector<std::string> line = {
      "compare", "robot.toml:es",    "--device", "cpu", "--out", "out", "--seeds",
      "1",       "--judge-episodes", "2"};
  std::vector<std::string> by_return = line;
  by_return.insert(by_return.end(), {"--measure", "episode/return"});
  expect_refused(by_return, "the rollouts of robot:es are shorter than an episode");
  const Outcome outcome = run_kennel(folder_.path(), line);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(runs_of("out").at(0).at("last_return").is_null());
}

TEST_F(CompareProgram, WhatIsWrongIsOneLineBeforeAnythingIsCreated) {
  const auto refused = [&](std::vector<std::string> arguments, const std::string& message) {
    arguments.insert(arguments.begin(), "compare");
    arguments.insert(arguments.end(), {"--out", "out", "--device", "cpu"});
    expect_refused(arguments, message);
  };
  refused({}, "expected recipes to compare, came none");
  refused({"tiny.toml:ess"}, "expected a method behind the colon, came \"ess\"");
  refused({"none.toml"}, "there is no recipe none.toml");
  refused({"tiny.toml", "tiny.toml"}, "two recipes would be called tiny");
  refused({"tiny.toml", "default"}, "what is compared is of one robot and task: tiny is for lqr");
  refused({"nothing", "--task", "lqr"}, "no recipe named \"nothing\" ships");
  refused({"tiny.toml", "--robot", "go1"}, "has no robot");
  refused({"tiny.toml:es", "default:es", "--task", "lqr"}, "the recipes' own budgets differ");
  refused({"tiny.toml:es", "--measure", "episode/retrun"},
          "--measure episode/retrun: expected what the environments of lqr measure; did you mean "
          "episode/return? There are: env/reward, ");
  refused({"tiny.toml:es", "--measure", "episode/seconds"},
          "--measure episode/seconds: expected what is better for being more, or less; there are: "
          "env/reward, ");
  refused({"tiny.toml:es", "--measure", "train/sigma"}, "--measure train/sigma: expected what ");
  write_raw(folder_ / "mirrored.toml",
            "[task]\nname = \"lqr\"\n[train]\nsteps = 4096\n[ppo]\nsymmetric = true\n");
  refused({"tiny.toml:es", "mirrored.toml"}, "mirrored: ");
  std::filesystem::create_directory(folder_ / "mine");
  write_raw(folder_ / "mine" / "notes.txt", "somebody's");
  expect_refused({"compare", "tiny.toml:es", "--out", "mine", "--device", "cpu"},
                 "no comparison's folder; take another --out");
}

TEST_F(CompareProgram, AFlagOutOfRangeIsOneLineOfUsage) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& message) {
    const Outcome outcome = compare("out", more);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("kennel: "), HasSubstr(message)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  };
  refused({"--seeds", "0"}, "expected a whole number from 1 to 1000, came 0");
  refused({"--steps", "0"}, "expected a whole number from 1 to ");
  refused({"--minutes", "0"}, "expected a number from 0.001 to ");
  refused({"--steps", "4096", "--minutes", "1"}, "excludes --");
  refused({"--thresholds", "0.4,much"}, "expected a number from -1e+12 to 1e+12, came much");
  refused({"--thresholds", "0.4,nan"}, "expected a number from -1e+12 to 1e+12, came nan");
  refused({"--thresholds", "1e999"}, "expected a number from -1e+12 to 1e+12, came 1e999");
  refused({"--judge-episodes", "0"}, "expected a whole number from 1 to 1000000, came 0");
}

}  // namespace
}  // namespace kennel
