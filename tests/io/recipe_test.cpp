#include "kennel/io/recipe.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kennel/io/atomic_file.h"
#include "temp_folder.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Walk {
  bool enabled = true;
  int num_legs = 4;
  std::int64_t steps = 1000;
  float gain = 0.1f;
  double rate = 50.0;
  std::string name = "walk";
  Range friction = {0.5f, 1.25f};
  std::vector<int> hidden = {96, 96};
  bool operator==(const Walk&) const = default;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, Walk> {
  v.field("enabled", c.enabled, Bounds{}, "on or off");
  v.field("num_legs", c.num_legs, Bounds{1, 8}, "legs");
  v.field("steps", c.steps, Bounds{0, 1e12}, "steps of training");
  v.field("gain", c.gain, Bounds{0.0, 1e30}, "gain [N m / rad]");
  v.field("rate", c.rate, Bounds{}, "rate [Hz]");
  v.field("name", c.name, Bounds{}, "a name");
  v.field("friction", c.friction, Bounds{0.05, 4.0}, "friction");
  v.field("hidden", c.hidden, Bounds{1, 1024}, "units");
}

struct Other {
  double weight = 1.0;
  float slope = 0.0f;
  Range tilt = {0.0f, 0.5f};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, Other> {
  v.field("weight", c.weight, Bounds{}, "a weight");
  v.field("slope", c.slope, Bounds{}, "a slope");
  v.field("tilt", c.tilt, Bounds{}, "a tilt");
}

/// The message for a text read as [walk] and [env.other].
std::string problems_of(const std::string& text) {
  return error_of([&] {
    Walk walk;
    Other other;
    Recipe recipe = Recipe::parse(text, "run.toml");
    recipe.read("walk", walk);
    recipe.read("env.other", other);
    recipe.finish();
  });
}

TEST(Recipe, FillsWhatTheFileSetsAndKeepsTheRest) {
  Walk walk;
  Recipe recipe = Recipe::parse(
      "[walk]\nenabled = false\nnum_legs = 6\nsteps = 60_000_000\ngain = 2\nname = 'x'\n"
      "friction = [1, 1.5]\nhidden = [8]\n",
      "run.toml");
  recipe.read("walk", walk);
  recipe.finish();
  EXPECT_EQ(walk, (Walk{false, 6, 60000000, 2.0f, 50.0, "x", {1.0f, 1.5f}, {8}}));
}

TEST(Recipe, ADottedSectionIsANestedTable) {
  Other other;
  Recipe recipe = Recipe::parse("[env]\nother = {weight = 3.5}\n", "run.toml");
  recipe.read("env.other", other);
  recipe.finish();
  EXPECT_EQ(other.weight, 3.5);
}

TEST(Recipe, WhatIsWrittenReadsBackToIdenticalValues) {
  Walk walk = {
      false,        8, 123456789012, std::nextafter(0.1f, 1.0f), 1.0 / 3.0, "a \"b\"\\\n\x01",
      {0.1f, 3.3f}, {}};
  for (const float gain : {0.0f, 1.0f, 1e-38f, 16777216.0f, 1e6f, 0.3f, 1e-45f}) {
    walk.gain = gain;
    RecipeWriter writer;
    writer.comment("kennel train --seed 1").section("walk", walk).section("env.other", Other{});
    Walk read;
    Other other;
    Recipe recipe = Recipe::parse(writer.text(), "resolved");
    recipe.read("walk", read);
    recipe.read("env.other", other);
    recipe.finish();
    EXPECT_EQ(read, walk) << writer.text();
  }
}

TEST(Recipe, EveryFieldIsWrittenWithItsDocumentation) {
  const std::string text = RecipeWriter().section("walk", Walk{}).text();
  EXPECT_THAT(text, HasSubstr("[walk]\n# on or off\nenabled = true\n"));
  EXPECT_THAT(text, HasSubstr("# gain [N m / rad]\ngain = 0.1\n"));
  EXPECT_THAT(text, HasSubstr("rate = 50.0\n"));
}

struct BadRecipe {
  const char* text;
  const char* message;
};

TEST(Recipe, EachProblemNamesTheKeyTheFileAndTheLine) {
  const BadRecipe table[] = {
      {"[walk]\n\ngian = 2\n", "unknown key walk.gian; did you mean gain? (run.toml:3)"},
      {"[walk]\nzzzzzzzzz = 2\n", "unknown key walk.zzzzzzzzz; known keys: enabled, num_legs"},
      {"[walk]\nweight = 2\n", "unknown key walk.weight; it belongs in [env.other] (run.toml:2)"},
      {"[wlak]\ngain = 2\n", "unknown section [wlak]; did you mean [walk]? (run.toml:1)"},
      {"[completely_else]\n", "unknown section [completely_else]; sections: env.other, walk"},
      {"gain = 1\n", "unknown key gain; it belongs in [walk] (run.toml:1)"},
      {"walk = 1\n", "walk = 1: expected a section [walk] (run.toml:1)"},
      {"[walk]\ngain = -1\n",
       "walk.gain = -1 is out of range: expected a number from 0 to 1e+30 (run.toml:2)"},
      {"[walk]\ngain = nan\n", "walk.gain = nan is out of range"},
      {"[walk]\ngain = 1e300\n", "walk.gain = 1e300 is out of range"},
      {"[walk]\nrate = inf\n", "walk.rate = inf is out of range: expected a finite number"},
      {"[walk]\nrate = -inf\n", "walk.rate = -inf is out of range"},
      {"[env.other]\nslope = 1e39\n",
       "env.other.slope = 1e39 is out of range: expected a number from -3.4"},
      {"[env.other]\ntilt = [0, 1e39]\n", "env.other.tilt = [0, 1e39] is out of range"},
      {"[walk]\ngain = 'big'\n", "walk.gain = 'big': expected a number (run.toml:2)"},
      {"[walk]\nnum_legs = 9\n",
       "walk.num_legs = 9 is out of range: expected a number from 1 to 8"},
      {"[walk]\nnum_legs = 4.0\n", "walk.num_legs = 4.0: expected a whole number (run.toml:2)"},
      {"[walk]\nnum_legs = 99999999999\n", "walk.num_legs = 99999999999 is out of range"},
      {"[walk]\nenabled = 1\n", "walk.enabled = 1: expected true or false"},
      {"[walk]\nname = 1\n", "walk.name = 1: expected a string in quotes"},
      {"[walk]\nfriction = 1\n", "walk.friction = 1: expected two numbers [low, high]"},
      {"[walk]\nfriction = [1, 2, 3]\n", "expected two numbers [low, high]"},
      {"[walk]\nfriction = [2, 1]\n", "expected the lower end first, [low, high] (run.toml:2)"},
      {"[walk]\nfriction = [0.01, 1]\n",
       "walk.friction = [0.01, 1] is out of range: expected a number from 0.05 to 4"},
      {"[walk]\nhidden = [8, 'x']\n", "expected a list of whole numbers"},
      {"[walk]\nhidden = [8, 0]\n", "walk.hidden = [8, 0] is out of range"},
      {"[walk]\ngain = \n", "not a valid recipe (TOML)"},
      {"[walk]\ngain = 1\ngain = 2\n", "(run.toml:3)"},
      {"\xff\xfe", "not a valid recipe (TOML)"},
  };
  for (const BadRecipe& bad : table) {
    const std::string message = problems_of(bad.text);
    EXPECT_THAT(message,
                AllOf(HasSubstr(bad.message), HasSubstr("(run.toml:"), Not(HasSubstr("\n"))))
        << bad.text;
  }
}

TEST(Recipe, AllProblemsAreReportedAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of("[walk]\ngian = 1\nrate = 'fast'\n[env.other]\nwieght = 1\nweight = []\n"),
            "4 problems in run.toml:\n"
            "  unknown key walk.gian; did you mean gain? (run.toml:2)\n"
            "  walk.rate = 'fast': expected a number (run.toml:3)\n"
            "  unknown key env.other.wieght; did you mean weight? (run.toml:5)\n"
            "  env.other.weight = []: expected a number (run.toml:6)");
}

TEST(Recipe, AWrongValueLeavesTheDefault) {
  Walk walk;
  Recipe recipe = Recipe::parse("[walk]\nnum_legs = 100\nhidden = [0]\nfriction = [3, 2]\n", "r");
  recipe.read("walk", walk);
  EXPECT_EQ(walk, Walk{});
  EXPECT_THROW(recipe.finish(), Error);
}

TEST(Recipe, TheCallerCanReportAProblemAtItsLine) {
  Walk walk;
  Recipe recipe = Recipe::parse("[walk]\n\nsteps = 7\n", "run.toml");
  recipe.read("walk", walk);
  recipe.report("walk.steps", "walk.steps = 7 does not divide 24; try 6");
  recipe.report("walk.hidden", "walk.hidden must be even");
  EXPECT_EQ(error_of([&] { recipe.finish(); }),
            "2 problems in run.toml:\n"
            "  walk.hidden must be even (run.toml:1)\n"
            "  walk.steps = 7 does not divide 24; try 6 (run.toml:3)");
}

TEST(Recipe, AMissingFileIsNamed) {
  const TempFolder folder;
  EXPECT_THAT(error_of([&] { Recipe::load(folder / "none.toml"); }),
              HasSubstr("none.toml: no such file"));
}

}  // namespace
}  // namespace kennel
