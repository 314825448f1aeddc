// What becomes of a sweep's runs in its tables.
#include "src/app/sweep_results.h"

#include <gmock/gmock.h>

#include <cmath>

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;

const std::vector<SweepFigure> kFigures = {{"velocity", "nominal", "velocity", "m/s", 3},
                                           {"seconds", "", "training", "s", 1}};

SweepFile file_of(int settings) {
  SweepFile file;
  file.keys.push_back({.path = "ppo.gamma", .line = 1});
  for (int k = 0; k < settings; ++k) file.settings.push_back({std::to_string(k)});
  return file;
}

SweepRun judged(std::size_t setting, int seed, bool walks, bool obeys, Json velocity) {
  SweepRun run{.setting = setting, .seed = seed};
  run.judgement = {{"env_steps", 10},
                   {"judge_seed", 7},
                   {"judge_episodes", 4},
                   {"walks", walks},
                   {"obeys", obeys},
                   {"missed", ""},
                   {"figures", {{"velocity", velocity}, {"seconds", 10.0 * seed}}}};
  return run;
}

std::vector<std::size_t> order(const SweepFile& file, const std::vector<SweepRun>& runs) {
  std::vector<std::size_t> settings;
  for (const SettingResult& result : ranked(file, runs, kFigures, 0))
    settings.push_back(result.setting);
  return settings;
}

TEST(SweepResults, WhatObeysComesBeforeWhatWalksAndTheSmallerFigureFirst) {
  const std::vector<SweepRun> runs = {
      judged(0, 1, false, false, 0.01),  judged(1, 1, true, false, 0.3),
      judged(2, 1, true, true, 0.9),     judged(3, 1, true, false, 0.2),
      SweepRun{.setting = 4, .seed = 1}, judged(5, 1, false, false, Json())};
  EXPECT_THAT(order(file_of(6), runs), ElementsAre(2, 3, 1, 0, 5, 4));
}

TEST(SweepResults, ARowHasMediansOfTheSeedsThatAreJudged) {
  const std::vector<SweepRun> runs = {judged(0, 1, true, false, 0.1), judged(0, 2, true, true, 0.5),
                                      judged(0, 3, false, false, 0.2),
                                      SweepRun{.setting = 0, .seed = 4}};
  const SettingResult row = ranked(file_of(1), runs, kFigures, 0).front();
  EXPECT_EQ(row.seeds, 4);
  EXPECT_EQ(row.judged, 3);
  EXPECT_EQ(row.walks, 2);
  EXPECT_EQ(row.obeys, 1);
  EXPECT_THAT(row.figures, ElementsAre(0.2, 20.0));
  const SweepRun two[] = {judged(0, 1, true, true, 0.1), judged(0, 2, true, true, 0.3)};
  EXPECT_DOUBLE_EQ(ranked(file_of(1), {two[0], two[1]}, kFigures, 0).front().figures[0], 0.2);
  // A seed without the figure counts as worse than all others.
  const SweepRun none = judged(0, 3, true, true, Json());
  EXPECT_EQ(ranked(file_of(1), {two[0], two[1], none}, kFigures, 0).front().figures[0], 0.3);
  EXPECT_TRUE(std::isinf(ranked(file_of(1), {none}, kFigures, 0).front().figures[0]));
}

TEST(SweepResults, ALineHasEverythingOfARun) {
  const SweepFile file = file_of(2);
  SweepRun run = judged(1, 3, true, false, 0.25);
  run.name = "gamma=1,seed=3";
  const Json json = Json::parse(sweep_line(file, run));
  EXPECT_EQ(json["setting"], (Json{{"ppo.gamma", 1}}));
  EXPECT_EQ(json["state"], "complete");
  EXPECT_EQ(json["run"], "runs/gamma=1,seed=3");
  EXPECT_EQ(json["velocity"], 0.25);
  EXPECT_EQ(json["seed_use"], "tuning");
  run.judgement = Json();
  EXPECT_EQ(Json::parse(sweep_line(file, run))["state"], "incomplete");
  run.error = "no space";
  EXPECT_EQ(Json::parse(sweep_line(file, run))["state"], "failed");
}

}  // namespace
}  // namespace kennel
