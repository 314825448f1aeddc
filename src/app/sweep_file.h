// What a sweep's file says: which keys of a recipe take which values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kennel/core/fields.h"
#include "kennel/judge/judge.h"

namespace kennel {

/// Above the first section: the recipe that the keys change.
struct SweepBase {
  std::string recipe;  // that ships, by name
  std::string config;  // file of one's own; in the sweep's file from the folder of that
  std::string robot, task;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, SweepBase> {
  v.field("recipe", c.recipe, Bounds{}, "one that ships, by name");
  v.field("config", c.config, Bounds{}, "recipe of your own, from the folder of this file");
  v.field("robot", c.robot, Bounds{}, "one that ships");
  v.field("task", c.task, Bounds{}, "what the robot is to do");
}

/// [sweep].
struct SweepPlan {
  std::vector<int> seeds = {1};
  std::string method = "grid";
  int settings = 0;
  std::int64_t sample_seed = 1;
  int jobs = 0;
  std::int64_t steps = 0;
  std::int64_t judge_seed = 7;
  bool published_seed = false;
  int judge_episodes = 96;
  std::string sort_by;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, SweepPlan> {
  v.field("seeds", c.seeds, Bounds{0, 1e9}, "each setting is trained with each of them");
  v.field("method", c.method, Bounds{}, "grid or random");
  v.field("settings", c.settings, Bounds{1, 10000}, "how many are drawn, of method random");
  v.field("sample_seed", c.sample_seed, Bounds{0, 9007199254740992.0}, "of what is drawn");
  v.field("jobs", c.jobs, Bounds{0, 4096},
          "trainings side by side; 0: one for each core, or one on a GPU");
  v.field("steps", c.steps, Bounds{0, 1e15}, "of each training; 0: the recipe's");
  v.field("judge_seed", c.judge_seed, Bounds{0, 9007199254740992.0}, "of the judge");
  v.field("published_seed", c.published_seed, Bounds{},
          "whether judge_seed may be one for published figures");
  v.field("judge_episodes", c.judge_episodes, Bounds{1, 1e6}, "nominal and randomised each");
  v.field("sort_by", c.sort_by, Bounds{}, "figure that orders settings of which as many pass");
}

/// A key of the recipe and what it takes.
struct SweepKey {
  std::string path;                   // "ppo.gamma"
  int line = 0;                       // of the file
  std::vector<std::string> values{};  // TOML; empty for a range

  // Of a range.
  double min = 0.0, max = 0.0;
  bool log = false;    // uniform in the logarithm
  bool whole = false;  // whole numbers
};

/// A value for each key, TOML, in the order of the keys.
using Setting = std::vector<std::string>;

struct SweepFile {
  std::string name;
  SweepBase base{};
  SweepPlan plan{};
  std::vector<SweepKey> keys{};  // in the order of the file
  std::vector<Setting> settings{};
  bool on_gpu = false;  // what trains is a GPU, which recipes may tell apart

  /// A setting as the text of a recipe, each key on its line of the sweep's file, so that messages
  /// name it.
  std::string recipe_of(const Setting& setting) const;

  /// "gamma = 0.97, num_epochs = 4"; "the recipe" where nothing is swept.
  std::string label_of(const Setting& setting) const;

  /// The last part of a key's path where no other key ends in the same, else the whole.
  std::string short_name(const SweepKey& key) const;
};

/// Reads the file and draws its settings, which depend on nothing but what it says: with more
/// values or more settings those before stay.
/// \throws Error with every problem of the file that can be seen without the recipe
SweepFile read_sweep_file(const std::filesystem::path& file);

}  // namespace kennel
