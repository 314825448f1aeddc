// What a sweep's file asks for.
#include "src/app/sweep_file.h"

#include <gmock/gmock.h>

#include <cmath>

#include "../io/temp_folder.h"
#include "kennel/core/check.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SweepFile read(const std::string& content) {
  const TempFolder folder;
  write_raw(folder / "sweep.toml", content);
  return read_sweep_file(folder / "sweep.toml");
}

std::string problem(const std::string& content) {
  try {
    read(content);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

SweepFile random(const std::string& keys, int settings, int seed = 1) {
  return read(text("[sweep]\nmethod = \"random\"\nsettings = ", settings, "\nsample_seed = ", seed,
                   "\n[sweep.keys]\n", keys));
}

TEST(SweepFile, AGridHasEveryCombinationInTheOrderOfTheFile) {
  const SweepFile file = read(
      "recipe = \"fast\"\n[sweep]\nseeds = [3, 4]\n[sweep.keys]\n"
      "\"ppo.gamma\" = [0.9, 0.97]\nppo.actor_hidden = [[8], [16, 8]]\n");
  EXPECT_EQ(file.base.recipe, "fast");
  EXPECT_THAT(file.plan.seeds, ElementsAre(3, 4));
  EXPECT_THAT(file.settings, ElementsAre(Setting{"0.9", "[8]"}, Setting{"0.9", "[16, 8]"},
                                         Setting{"0.97", "[8]"}, Setting{"0.97", "[16, 8]"}));
  EXPECT_EQ(file.label_of(file.settings[1]), "gamma = 0.9, actor_hidden = [16, 8]");
}

TEST(SweepFile, AKeyIsOnItsLineOfTheRecipeSoThatMessagesNameIt) {
  const SweepFile file = read("[sweep.keys]\n\nppo.gamma = [1e-5, 2.0]\nenv.history = [1]\n");
  EXPECT_EQ(file.recipe_of(file.settings[0]), "\n\nppo.gamma = 1e-05\nenv.history = 1\n");
  EXPECT_EQ(file.recipe_of(file.settings[1]), "\n\nppo.gamma = 2.0\nenv.history = 1\n");
  const SweepFile dense = read("[sweep]\nkeys = {\"a.x\" = [1], \"b.x\" = [2]}\n");
  EXPECT_EQ(dense.recipe_of(dense.settings[0]), "\na.x = 1\nb.x = 2\n");
  EXPECT_EQ(dense.label_of(dense.settings[0]), "a.x = 1, b.x = 2");  // x alone would be either
}

TEST(SweepFile, WithoutKeysTheRecipeItselfIsTheOnlySetting) {
  const SweepFile file = read("[sweep]\nseeds = [1, 2]\n");
  ASSERT_EQ(file.settings.size(), 1u);
  EXPECT_EQ(file.label_of(file.settings[0]), "the recipe");
}

TEST(SweepFile, WhatIsDrawnFillsItsRange) {
  const SweepFile file = random(
      "a.rate = {min = 1e-4, max = 1e-2, log = true}\na.share = {min = 0.0, max = 1.0}\n"
      "a.count = {min = 1, max = 3}\na.one = [\"x\", \"y\"]\n",
      400);
  ASSERT_EQ(file.settings.size(), 400u);
  int below = 0, low = 0, count[4] = {}, x = 0;
  for (const Setting& setting : file.settings) {
    const double rate = std::stod(setting[0]), share = std::stod(setting[1]);
    EXPECT_TRUE(rate >= 1e-4 && rate <= 1e-2 && share >= 0.0 && share <= 1.0);
    below += rate < 1e-3;  // half of them in the logarithm, a tenth otherwise
    low += share < 0.5;
    ++count[std::stoi(setting[2])];
    x += setting[3] == "\"x\"" || setting[3] == "'x'";
  }
  EXPECT_NEAR(below, 200, 40);
  EXPECT_NEAR(low, 200, 40);
  EXPECT_NEAR(x, 200, 40);
  for (const int k : {1, 2, 3}) EXPECT_NEAR(count[k], 133, 40) << k;
}

TEST(SweepFile, WhatIsDrawnStaysWhereMoreIsDrawnOrAnotherKeyComesIn) {
  const std::string key = "a.rate = {min = 0.0, max = 1.0}\n";
  const SweepFile few = random(key, 3), more = random(key, 9), other = random(key, 3, 2);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(few.settings[k], more.settings[k]);
  EXPECT_NE(few.settings, other.settings);
  const SweepFile two = random("a.count = {min = 1, max = 9}\n" + key, 3);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(few.settings[k][0], two.settings[k][1]);
}

TEST(SweepFile, WhatIsWrongIsSaidWithItsLine) {
  const auto grid = [](const std::string& key) { return problem("[sweep.keys]\n" + key); };
  const auto drawn = [](const std::string& key) {
    return problem("[sweep]\nmethod = \"random\"\nsettings = 4\n[sweep.keys]\n" + key);
  };
  EXPECT_THAT(problem("[sweep]\nsedes = [1]\n"), HasSubstr("did you mean seeds? ("));
  EXPECT_THAT(problem("[sweep]\nseeds = []\n"), HasSubstr("give at least one"));
  EXPECT_THAT(problem("[sweep]\nseeds = [2, 2]\n"), HasSubstr("2 is there twice"));
  EXPECT_THAT(problem("[sweep]\nmethod = \"bayes\"\n"), HasSubstr("expected grid, random"));
  EXPECT_THAT(problem("[sweep]\nmethod = \"random\"\nsettings = 3\n"), HasSubstr("needs keys"));
  EXPECT_THAT(problem("[sweep]\nmethod = \"random\"\n"), HasSubstr("needs settings"));
  EXPECT_THAT(problem("[sweep]\nsettings = 3\n"), HasSubstr("a grid has all of them"));
  EXPECT_THAT(problem("[sweep]\njudge_seed = 1000\n"), HasSubstr("by which nothing is chosen"));
  EXPECT_EQ(problem("[sweep]\njudge_seed = 1000\npublished_seed = true\n"), "");
  EXPECT_THAT(problem("[sweep]\nkeys = 3\n"), HasSubstr("expected a section [sweep.keys]"));
  EXPECT_THAT(problem("[sweep]\nsteps = 9\n[sweep.keys]\ntrain.steps = [1, 2]\n"),
              HasSubstr("leave [sweep] steps out"));
  EXPECT_THAT(grid("a.b = 3\n"), HasSubstr("a.b: expected a list of values"));
  EXPECT_THAT(grid("a.b = [1, 1]\n"), HasSubstr("1 is there twice"));
  EXPECT_THAT(grid("a.b = [1]\n\"a.b\" = [2]\n"), HasSubstr("a.b is there twice"));
  EXPECT_THAT(grid("a.b = {min = 1, max = 2}\n"), HasSubstr("a range is for method"));
  EXPECT_THAT(grid("train.seed = [1]\n"), HasSubstr("[sweep] seeds"));
  EXPECT_THAT(grid("robot.name = [\"go1\"]\n"), HasSubstr("of one robot and task"));
  EXPECT_THAT(grid("a.b = [1]\n\na.c = 3\n"), HasSubstr("sweep.toml:4)"));
  EXPECT_THAT(drawn("a.b = {min = 2, max = 1}\n"), HasSubstr("min must be below max"));
  EXPECT_THAT(drawn("a.b = {min = 0, max = 1, log = true}\n"), HasSubstr("min must be above 0"));
  EXPECT_THAT(drawn("a.b = {min = 0, mox = 1}\n"),
              HasSubstr("expected min, max and log, came mox"));
  EXPECT_THAT(drawn("a.b = {min = 1, max = 2}\n"), HasSubstr("take fewer"));
  std::string wide;
  for (int key = 0; key < 5; ++key) wide += text("a.k", key, " = [1, 2, 3, 4, 5, 6, 7]\n");
  EXPECT_THAT(grid(wide), HasSubstr("more than 10000 settings"));
}

}  // namespace
}  // namespace kennel
