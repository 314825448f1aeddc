#include "sweep_runs.h"

#include <cctype>
#include <set>

#include "kennel/core/check.h"
#include "kennel/io/run_folder.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/paths.h"
#include "policy_export.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 160;

/// Changes what the file says beside its keys.
void apply(const SweepFile& file, std::int64_t seed, RunConfig& config) {
  if (!file.base.robot.empty()) {
    config.robot.name = file.base.robot;
    config.robot.model.clear();
  }
  if (!file.base.task.empty()) config.task.name = file.base.task;
  if (file.plan.steps > 0) config.train.steps = file.plan.steps;
  config.train.seed = seed;
  config.train.judge_episodes = 0;  // by seeds that nothing is chosen by
}

RunConfig load(const SweepFile& file, const std::string& keys, std::int64_t seed) {
  const RecipeChoice choice{file.base.recipe, file.base.config, keys, file.name, file.on_gpu};
  return load_run_config(choice, [&](RunConfig& config) { apply(file, seed, config); });
}

/// "gamma=0.97,num_epochs=4", of letters that every file system takes.
std::string folder_name(const SweepFile& file, const Setting& setting) {
  std::string name;
  for (std::size_t k = 0; k < file.keys.size(); ++k) {
    if (k > 0) name += ',';
    name += file.short_name(file.keys[k]) + '=';
    for (const char c : setting[k]) {
      if (c == ' ' || c == '"' || c == '\'') continue;
      name += std::isalnum(static_cast<unsigned char>(c)) ||
                      std::string("._-+[],").find(c) != std::string::npos
                  ? c
                  : '_';
    }
  }
  return name.empty() ? "recipe" : name.substr(0, kLongestName);
}

}  // namespace

RunConfig config_of(const SweepFile& file, const SweepRun& run) {
  return load(file, file.recipe_of(file.settings[run.setting]), run.seed);
}

Sweep plan_sweep(const fs::path& path, const fs::path& out, bool on_gpu) {
  Sweep sweep{.file = read_sweep_file(path)};
  sweep.file.on_gpu = on_gpu;
  const SweepFile& file = sweep.file;
  load(file, "", file.plan.seeds.front());  // its own problems are no setting's
  std::set<std::string> names;
  for (std::size_t k = 0; k < file.settings.size(); ++k) {
    std::string name = folder_name(file, file.settings[k]);
    if (!names.insert(name).second) names.insert(name += text(",setting=", k));
    std::int64_t steps = 0;
    try {
      const RunConfig config = config_of(file, {.setting = k, .seed = file.plan.seeds.front()});
      check_has_robot(config, "kennel sweep");
      check_budget(config);
      sweep.warning = check_exportable(config);
      steps = config.train.steps;
      if (k == 0) sweep.robot = contract_of(load_robot(config.robot), config.env);
    } catch (const Error& error) {
      fail(file.label_of(file.settings[k]), ": ", error.what());
    }
    for (const int seed : file.plan.seeds) {
      SweepRun run{.setting = k, .seed = seed, .name = text(name, ",seed=", seed)};
      run.folder = out / "runs" / run.name;
      run.log = out / "logs" / (run.name + ".log");
      run.steps = steps;
      sweep.runs.push_back(std::move(run));
    }
  }
  return sweep;
}

std::vector<std::string> train_arguments(const SweepFile& file, const SweepRun& run) {
  if (RunFolder::is_run(run.folder)) return {"train", "--resume", run.folder.string()};
  std::vector<std::string> line = {"train", "--out", run.folder.string()};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line.insert(line.end(), {flag, value});
  };
  add("--recipe", file.base.recipe);
  add("--config", file.base.config);
  add("--robot", file.base.robot);
  add("--task", file.base.task);
  if (file.plan.steps > 0) add("--steps", std::to_string(file.plan.steps));
  add("--seed", std::to_string(run.seed));
  for (std::size_t k = 0; k < file.keys.size(); ++k)
    add("--set", text(file.keys[k].path, " = ", file.settings[run.setting][k]));
  add("--set", "train.judge_episodes = 0");
  return line;
}

void check_recipe(const SweepFile& file, const SweepRun& run) {
  if (!RunFolder::is_run(run.folder)) return;
  const RunConfig before = load_run_config({.file = RunFolder::open(run.folder).config()});
  for (const EditedKey& key : edited_keys(before, config_of(file, run)))
    KENNEL_CHECK(key.path.starts_with("robot."), shown(run.folder), " was trained with ", key.path,
                 " = ", key.before, ", and ", file.name, " now makes that ", key.now,
                 "; take another --out, or remove that folder");
}

}  // namespace kennel
