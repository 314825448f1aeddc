// kennel bench walk, with trainings too short to walk.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class Walk : public ::testing::Test {
 protected:
  Walk() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 2048\njudge_episodes = 0\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
              "actor_hidden = [8]\ncritic_hidden = [8]\n");
  }

  Outcome walk(const std::vector<std::string>& more, const char* recipe = "tiny.toml") const {
    std::vector<std::string> line = {"bench", "walk", "--device", "cpu", "--config", recipe};
    line.insert(line.end(), more.begin(), more.end());
    return run_kennel(folder_.path(), line);
  }

  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  TempFolder folder_;
};

TEST_F(Walk, ASeedThatNeverWalksIsNullAndAnErrorOfOneLine) {
  const Outcome outcome =
      walk({"--seeds", "2", "--first-seed", "4", "--check-every", "1024", "--json"});
  EXPECT_EQ(outcome.exit_code, 1);
  const std::vector<std::string> lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 2u);
  for (int k = 0; k < 2; ++k) {
    const Json json = Json::parse(lines[static_cast<std::size_t>(k)]);
    EXPECT_EQ(json.at("seed"), 4 + k);
    for (const char* key : {"seconds", "samples", "phases", "judged", "obeys_seconds"})
      EXPECT_TRUE(json.at(key).is_null()) << key;
    EXPECT_EQ(json.at("trained_samples"), 2048);
    EXPECT_EQ(json.at("checks"), 2);
    EXPECT_EQ(json.at("judge_seed"), 1000);
    EXPECT_GT(json.at("trained_seconds"), 0.0);
    EXPECT_THAT(json.at("missed"), HasSubstr("nominal velocity"));
  }
  EXPECT_THAT(outcome.err, HasSubstr("kennel: seed 4 never walked: after "));
  EXPECT_THAT(outcome.err, HasSubstr("walks: median never, worst never of 2 seeds"));
}

TEST_F(Walk, ItsTrainingIsThatOfTrain) {
  const Outcome trained = run_kennel(folder_.path(), {"train", "--device", "cpu", "--config",
                                                      "tiny.toml", "--seed", "3", "--out", "run"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  // A line for a line: ready, a check and its policy, the last check and its policy.
  const Outcome paced = run_shell(
      folder_.path(),
      "printf '\\n\\n\\n\\n\\n' | \"$KENNEL\" bench walk --paced --device cpu --config tiny.toml "
      "--first-seed 3 --check-every 1500");
  ASSERT_EQ(paced.exit_code, 0) << paced.err;
  const std::vector<std::string> lines = lines_of(paced.out);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(Json::parse(lines[1]).at("env_steps"), 1536);  // whole iterations
  EXPECT_EQ(Json::parse(lines[1]).at("ended"), false);
  EXPECT_EQ(Json::parse(lines[3]).at("env_steps"), 2048);
  EXPECT_EQ(Json::parse(lines[3]).at("ended"), true);
  EXPECT_EQ(lines[4] + "\n", read_file(folder_ / "run" / "policy.json"));
  EXPECT_NE(lines[2], lines[4]);
}

TEST_F(Walk, TheClockIsCappedAndTheTableSaysWhatWasAskedFor) {
  const Outcome outcome =
      walk({"--seeds", "1", "--check-every", "512", "--minutes", "0.000001", "--until", "walks"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("walks   nominal     velocity        0.15 m/s\n"));
  EXPECT_EQ(outcome.out.find("obeys:"), std::string::npos);
  EXPECT_THAT(outcome.err, HasSubstr("after 0.0 s and 0 steps nothing was judged"));
}

TEST_F(Walk, WhatIsWrongIsOneLine) {
  write_raw(folder_ / "pose.toml", "[task]\nname = \"pose\"\n");
  EXPECT_THAT(lines_of(walk({}, "pose.toml").err),
              ElementsAre(HasSubstr("the recipe's task is pose")));
  EXPECT_THAT(lines_of(walk({"--sedes", "2"}).err),
              ElementsAre("kennel: unknown flag --sedes; did you mean --seeds? (see kennel bench "
                          "walk --help)"));
  EXPECT_EQ(run_kennel(folder_.path(), {"bench", "--json", "walk"}).exit_code, 2);
  // Where the training fails, it has said why.
  write_raw(folder_ / "wild.toml",
            "[train]\nnum_envs = 64\n[env.randomization]\nlink_mass = [0.1, 0.1]\n"
            "link_inertia = [0.1, 0.1]\narmature = [0.1, 0.1]\nkp = [5, 5]\nkd = [5, 5]\n"
            "strength = [5, 5]\n");
  const Outcome wild = walk({"--steps", "50000", "--seeds", "1"}, "wild.toml");
  EXPECT_EQ(wild.exit_code, 1);
  EXPECT_THAT(wild.err, HasSubstr("diverged in one iteration; try"));
  EXPECT_THAT(wild.err, HasSubstr("see its message above"));
}

}  // namespace
}  // namespace kennel
