// Short runs of the whole program, on the CPU and without a judgement.
#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

/// A tiny recipe: 64 environments of 8 steps are 512 steps an iteration.
class Train : public ::testing::Test {
 protected:
  Train() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 2048\ncheckpoint_every = 2\njudge_episodes = 0\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
              "actor_hidden = [8]\ncritic_hidden = [8]\n");
  }

  Outcome train(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train", "--device", "cpu"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_kennel(folder_.path(), arguments);
  }

  std::string checkpoint(const std::string& run) const {
    return read_file(folder_ / run / "checkpoints" / "last.ckpt");
  }

  TempFolder folder_;
};

TEST_F(Train, LeavesEverythingThatARunFolderHolds) {
  const Outcome outcome = train({"--config", "tiny.toml", "--out", "run"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");  // no judgement, no results
  EXPECT_THAT(outcome.err, HasSubstr("policy: run/policy.json"));
  EXPECT_THAT(outcome.err, HasSubstr("next: "));
  for (const char* name :
       {"format", "config.toml", "metrics.csv", "policy.json", "checkpoints/last.ckpt",
        "checkpoints/best.ckpt", "checkpoints/step_000002048.ckpt"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / name)) << name;
  }
  // The resolved recipe gives the same run again.
  ASSERT_EQ(train({"--config", "run/config.toml", "--out", "again"}).exit_code, 0);
  EXPECT_EQ(checkpoint("again"), checkpoint("run"));
}

TEST_F(Train, AnotherRateIsTrainedExportedJudgedAndReportedAndWarnedOf) {
  for (const int decimation : {4, 10}) {
    SCOPED_TRACE(decimation);
    const std::string name = "rate" + std::to_string(decimation);
    write_raw(folder_ / (name + ".toml"), read_file(folder_ / "tiny.toml") +
                                              "[env]\ndecimation = " + std::to_string(decimation) +
                                              "\n");
    const Outcome trained = train({"--config", name + ".toml", "--out", name});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr("kennel: warning: the policy acts every 0.0" +
                                       std::string(decimation == 4 ? "16" : "4") + " s"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / name / "report.html"));
    const std::string rate = decimation == 4 ? "62.5 Hz" : "25 Hz";
    EXPECT_THAT(read_file(folder_ / name / "report.html"), HasSubstr(rate));
    const Outcome exported =
        run_kennel(folder_.path(), {"export", name, "--format", "c", "-o", name + ".h"});
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    EXPECT_THAT(exported.err, HasSubstr("kennel: warning: the policy acts"));
    const Outcome judged = run_kennel(
        folder_.path(), {"eval", name, "--episodes", "2", "--physics", "both", "--json"});
    EXPECT_EQ(judged.exit_code, 0) << judged.err;
    EXPECT_THAT(judged.out, HasSubstr("\"condition\":\"randomised\""));
  }
}

TEST_F(Train, WhatCannotBeExportedIsNotTrained) {
  const std::string tiny = read_file(folder_ / "tiny.toml");
  write_raw(folder_ / "narrow.toml", tiny + "[env]\ntarget_margin = 0.45\n");
  const Outcome refused = train({"--config", "narrow.toml", "--out", "run"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("env.target_margin = 0.45: the default pose of joint "
                                     "leg_front_r_2 is 0.42 rad inside its range"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  write_raw(folder_ / "huge.toml", "[ppo]\nactor_hidden = [4096, 4096]\n");
  const Outcome huge = train({"--config", "huge.toml", "--out", "run"});
  EXPECT_EQ(huge.exit_code, 1);
  EXPECT_THAT(huge.err, HasSubstr("ppo.actor_hidden: a policy of 17.1 million weights makes a file "
                                  "of some 229 MiB; a policy file has at most 64 MiB"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  // The advice holds.
  write_raw(folder_ / "narrow.toml", tiny + "[env]\ntarget_margin = 0.41\n");
  EXPECT_EQ(train({"--config", "narrow.toml", "--out", "run"}).exit_code, 0);
}

TEST_F(Train, KeepsTheFirstDivergedEnvironmentForReplay) {
  // Feather-light links on strong servos: no integrator keeps up with that.
  write_raw(folder_ / "wild.toml",
            "[train]\nnum_envs = 64\n[env.randomization]\nlink_mass = [0.1, 0.1]\n"
            "link_inertia = [0.1, 0.1]\narmature = [0.1, 0.1]\nkp = [5, 5]\nkd = [5, 5]\n"
            "strength = [5, 5]\n");
  const Outcome outcome = train({"--config", "wild.toml", "--out", "run", "--steps", "50000"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("diverged in one iteration; try"));
  EXPECT_THAT(outcome.err, HasSubstr("kennel simulate --replay run/diverged.json"));
  const Outcome replay = run_kennel(
      folder_.path(), {"simulate", "--replay", "run/diverged.json", "--out", "trajectory.npy"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(replay.err, HasSubstr("simulated 5 steps"));
}

TEST_F(Train, SameSeedSameBitsWhateverTheNumberOfThreads) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "one", "--threads", "1"}).exit_code, 0);
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "two", "--threads", "2"}).exit_code, 0);
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "other", "--seed", "2"}).exit_code, 0);
  EXPECT_EQ(checkpoint("one"), checkpoint("two"));
  EXPECT_NE(checkpoint("one"), checkpoint("other"));
}

TEST_F(Train, ARunThatStoppedAndWentOnEqualsOneThatDidNot) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "whole"}).exit_code, 0);
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "parts", "--minutes", "0"}).exit_code, 0);
  const Outcome resumed = train({"--resume", "parts"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(checkpoint("parts"), checkpoint("whole"));

  const Outcome again = train({"--resume", "parts"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("is complete: its 2048 steps"));
  EXPECT_EQ(train({"--resume", "parts", "--steps", "3000"}).exit_code, 0);
}

TEST_F(Train, ByTheMethodThatAFlagNamesIsTheRecipesOwnWhereThatIsTheSame) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "one"}).exit_code, 0);
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "two", "--algorithm", "ppo"}).exit_code, 0);
  EXPECT_EQ(checkpoint("one"), checkpoint("two"));
  EXPECT_THAT(read_file(folder_ / "one" / "config.toml"), HasSubstr("\nalgorithm = \"ppo\"\n"));
}

TEST_F(Train, ARunThatKnowsNoMethodGoesOn) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  const auto file = folder_ / "run" / "config.toml";
  std::string recipe = read_file(file);
  const std::string key = "\nalgorithm = \"ppo\"\n";
  recipe.erase(recipe.find(key), key.size() - 1);
  write_raw(file, recipe);
  EXPECT_EQ(train({"--resume", "run", "--steps", "3000"}).exit_code, 0);
  EXPECT_THAT(read_file(file), HasSubstr(key));
}

TEST_F(Train, AShippedRecipeIsTakenByNameAndChangedByAFile) {
  std::string tiny = read_file(folder_ / "tiny.toml");
  tiny.erase(tiny.find("steps = 2048\n"), std::string("steps = 2048\n").size());
  write_raw(folder_ / "tiny.toml", tiny);
  ASSERT_EQ(train({"--recipe", "fast", "--config", "tiny.toml", "--minutes", "0", "--out", "run"})
                .exit_code,
            0);
  const std::string config = read_file(folder_ / "run" / "config.toml");
  EXPECT_THAT(config, HasSubstr("\nactor_hidden = [8]\n"));
  const Outcome shown = run_kennel(folder_.path(), {"info", "--recipe", "fast", "--json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  const auto info = nlohmann::json::parse(shown.out);
  EXPECT_THAT(config, HasSubstr("\nsteps = " + info["recipe"]["train"]["steps"]["value"].dump()));
  EXPECT_EQ(info["recipes"].size(), 4u);
  EXPECT_THAT(run_kennel(folder_.path(), {"info"}).out,
              HasSubstr("\n  fast            " + info["recipes"]["fast"].get<std::string>()));
}

TEST_F(Train, TheMethodsThereAreAreListed) {
  const Outcome listed = run_kennel(folder_.path(), {"info", "--algorithms"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out,
              HasSubstr("ppo             [ppo]           proximal policy optimisation"));
  const Outcome json = run_kennel(folder_.path(), {"info", "--algorithms", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"section\": \"ppo\""));
  EXPECT_THAT(listed.out,
              HasSubstr("\ncma-es          [cma_es]        covariance matrix adaptation"));
  EXPECT_THAT(listed.out, HasSubstr("\ntrpo            [trpo]          trust region policy"));
  EXPECT_THAT(listed.out, HasSubstr("\nppo-kl          [ppo_kl]        proximal policy"));
  EXPECT_THAT(listed.out, HasSubstr("\napg             [apg]           analytic policy gradient"));
}

TEST_F(Train, CtrlCEndsItWithACheckpointAndAPolicy) {
  Subprocess process(folder_.path(), {"train", "--device", "cpu", "--config", "tiny.toml", "--out",
                                      "run", "--steps", "1000000000"});
  const auto metrics = folder_ / "run" / "metrics.csv";
  while (process.running() && !std::filesystem::exists(metrics)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process.send(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("(interrupted)"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "checkpoints" / "last.ckpt"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "policy.json"));
}

TEST_F(Train, ExportGivesThePolicyOfTheRunAndEvalPlaysIt) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  const Outcome exported = run_kennel(folder_.path(), {"export", "run", "-o", "last.json"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_EQ(exported.out, "last.json\n");
  EXPECT_EQ(read_file(folder_ / "last.json"), read_file(folder_ / "run" / "policy.json"));

  EXPECT_EQ(run_kennel(folder_.path(), {"export", "run", "--checkpoint", "best", "-o", "b.json"})
                .exit_code,
            0);
  const Outcome missing =
      run_kennel(folder_.path(), {"export", "run", "--checkpoint", "77", "-o", "c.json"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("there are steps"));

  const Outcome judged = run_kennel(
      folder_.path(), {"eval", "last.json", "--episodes", "2", "--json", "--condition", "nominal"});
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("\"policy\":\"last.json\",\"condition\":\"nominal\""));
}

TEST_F(Train, ACheckpointStartsAnotherRunAndAnotherNetworkIsRefused) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  const std::string start = "run/checkpoints/last.ckpt";
  EXPECT_EQ(train({"--config", "tiny.toml", "--out", "tuned", "--init-from", start}).exit_code, 0);
  const Outcome refused = train({"--num-envs", "64", "--out", "wide", "--init-from", start});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("use the recipe it was trained with"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "wide"));

  const std::string whole = checkpoint("run");
  write_raw(folder_ / "half.ckpt", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(train({"--config", "tiny.toml", "--out", "half", "--init-from", "half.ckpt"}).exit_code,
            1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "half"));
}

TEST_F(Train, AFullDiskEndsItWithOneLineAndLeavesARunThatGoesOn) {
  ASSERT_EQ(train({"--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  const std::string before = checkpoint("run");
  Outcome outcome;
  {
    const FullDisk full(before.size() / 2);  // inherited by the program
    outcome = train({"--resume", "run", "--steps", "100000"});
  }
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("kennel: cannot write "));
  EXPECT_EQ(checkpoint("run"), before);
  EXPECT_EQ(train({"--resume", "run", "--steps", "4096"}).exit_code, 0);
}

}  // namespace
}  // namespace kennel
