#include "compare_plan.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <string_view>
#include <variant>

#include "kennel/core/check.h"
#include "kennel/io/run_folder.h"
#include "kennel/learners/learners.h"
#include "kennel/report/report.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"
#include "policy_export.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// "my.toml:es" is a file and a method, "fast" one that ships.
ComparedRecipe recipe_of(const std::string& given) {
  ComparedRecipe recipe{.label = given};
  std::string name = given;
  if (const std::size_t colon = given.rfind(':'); colon != std::string::npos) {
    recipe.algorithm = given.substr(colon + 1);
    name = given.substr(0, colon);
    if (!find_learner(recipe.algorithm)) {
      std::string known;
      for (const std::string& one : names_of(kLearners)) known += (known.empty() ? "" : ", ") + one;
      fail(given, ": expected a method behind the colon, came \"", recipe.algorithm,
           "\"; there are: ", known);
    }
  }
  KENNEL_CHECK(!name.empty(), given,
               ": expected a recipe, by its file or the name of one that ships, before the colon; "
               "try default",
               given);
  if (!name.ends_with(".toml")) {
    recipe.shipped = name;
    return recipe;
  }
  std::error_code ignored;
  KENNEL_CHECK(fs::is_regular_file(name, ignored), "there is no recipe ", name,
               "; one that ships is named without .toml, kennel info lists them");
  recipe.file = name;
  recipe.label = recipe.file.stem().string();
  if (!recipe.algorithm.empty()) recipe.label += ':' + recipe.algorithm;
  return recipe;
}

/// Of letters that every file system takes.
std::string folder_name(const std::string& label) {
  std::string name;
  for (const char c : label)
    name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '_';
  return name;
}

RunConfig load(const ComparePlan& plan, const ComparedRecipe& recipe, std::int64_t seed) {
  const CompareRequest& request = plan.request;
  const RecipeChoice choice{recipe.shipped, recipe.file, "", "", request.on_gpu};
  return load_run_config(choice, [&](RunConfig& config) {
    if (!recipe.algorithm.empty()) config.train.algorithm = recipe.algorithm;
    if (!request.robot.empty()) {
      config.robot.name = request.robot;
      config.robot.model.clear();
    }
    if (!request.task.empty()) config.task.name = request.task;
    if (request.steps) config.train.steps = *request.steps;
    config.train.seed = seed;
    config.train.judge_episodes = 0;  // all by the same episodes, afterwards
  });
}

std::string robot_name(const RunConfig& config) {
  if (small_task_of(config) != nullptr) return "";
  return config.robot.model.empty() ? config.robot.name : config.robot.file().string();
}

/// Takes robot and task from the first recipe and refuses others.
void take_task(const std::string& label, const RunConfig& config, ComparePlan& plan) {
  const std::string robot = robot_name(config);
  if (plan.task.empty()) {
    plan.robot = robot;
    plan.task = config.task.name;
    plan.small = small_task_of(config);
    KENNEL_CHECK(plan.small == nullptr || plan.request.robot.empty(), "the task ", plan.task,
                 " has no robot; leave --robot out, or choose another task");
    if (plan.small == nullptr) plan.contract = contract_of(load_robot(config.robot), config.env);
  }
  const auto named = [](const std::string& task, const std::string& of) {
    return of.empty() ? task : text(task, " of ", of);
  };
  KENNEL_CHECK(plan.task == config.task.name && plan.robot == robot,
               "what is compared is of one robot and task: ", plan.recipes.front().label,
               " is for ", named(plan.task, plan.robot), ", ", label, " for ",
               named(config.task.name, robot), "; choose them for all by --task and --robot");
}

/// A search begins its episodes anew with each generation. Where a rollout is shorter than an
/// episode of a robot, all that ever end are those that fell early: their return says nothing of
/// the others.
bool has_whole_episodes(const ComparePlan& plan, const RunConfig& config) {
  if (!plan.contract) return true;
  ConfigBlock learner = config.learner;
  for (const AnyField& field : learner.fields())
    if (field.name == std::string_view("rollout_steps")) {
      const double control_dt = plan.contract->physics_dt * config.env.task.decimation;
      const double episode_steps = std::round(config.env.task.episode_seconds / control_dt);
      return *std::get<int*>(field.value) >= episode_steps;
    }
  return true;
}

void add_runs(std::size_t which, std::int64_t steps, const fs::path& out, ComparePlan& plan) {
  for (int seed = 1; seed <= plan.request.seeds; ++seed) {
    StudyRun run{.setting = which, .seed = seed};
    run.name = text(folder_name(plan.recipes[which].label), ",seed=", seed);
    run.folder = out / "runs" / run.name;
    run.log = out / "logs" / (run.name + ".log");
    run.steps = steps;
    run.minutes = plan.request.minutes.value_or(0.0);
    plan.runs.push_back(std::move(run));
  }
}

}  // namespace

std::string ComparePlan::budget() const {
  if (request.minutes) return duration_text(60.0 * *request.minutes) + " each";
  return count_text(static_cast<double>(runs.front().steps)) + " steps each";
}

ComparePlan plan_comparison(const CompareRequest& request, const fs::path& out) {
  ComparePlan plan{.request = request};
  std::set<std::string> names;
  for (const std::string& given : request.recipes) {
    plan.recipes.push_back(recipe_of(given));
    const std::string& label = plan.recipes.back().label;
    KENNEL_CHECK(names.insert(folder_name(label)).second, "two recipes would be called ", label,
                 "; name each once, and give files different names");
  }
  for (std::size_t k = 0; k < plan.recipes.size(); ++k) {
    const std::string& label = plan.recipes[k].label;
    try {
      const RunConfig config = load(plan, plan.recipes[k], 1);
      take_task(label, config, plan);
      check_budget(config);
      const std::string warning = check_exportable(config);
      if (!warning.empty()) plan.warnings.push_back(text(label, ": ", warning));
      plan.algorithms.push_back(config.train.algorithm);
      plan.whole_episodes.push_back(has_whole_episodes(plan, config));
      add_runs(k, config.train.steps, out, plan);
    } catch (const Error& error) {
      fail(label, ": ", error.what());
    }
  }
  for (const StudyRun& run : plan.runs)
    KENNEL_CHECK(request.minutes || run.steps == plan.runs.front().steps,
                 "the recipes' own budgets differ: ", plan.recipes.front().label, " has ",
                 plan.runs.front().steps, " steps, ", plan.recipes[run.setting].label, " ",
                 run.steps, "; give all of them the same by --steps or --minutes");
  return plan;
}

RunConfig config_of(const ComparePlan& plan, const StudyRun& run) {
  return load(plan, plan.recipes[run.setting], run.seed);
}

std::vector<std::string> train_arguments(const ComparePlan& plan, const StudyRun& run) {
  std::vector<std::string> line = {"train"};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line.insert(line.end(), {flag, value});
  };
  double minutes = run.minutes;
  if (RunFolder::is_run(run.folder)) {
    add("--resume", run.folder.string());
    // What comes after the last checkpoint is trained again.
    const double trained =
        report::trained_seconds(RunFolder::open(run.folder), newest_step(run)) / 60.0;
    minutes = std::max(0.0, minutes - trained);
  } else {
    const ComparedRecipe& recipe = plan.recipes[run.setting];
    add("--out", run.folder.string());
    add("--recipe", recipe.shipped);
    add("--config", recipe.file.string());
    add("--algorithm", recipe.algorithm);
    add("--robot", plan.request.robot);
    add("--task", plan.request.task);
    if (plan.request.steps) add("--steps", std::to_string(*plan.request.steps));
    add("--seed", std::to_string(run.seed));
    add("--set", "train.judge_episodes = 0");
  }
  if (plan.request.minutes) add("--minutes", std::to_string(minutes));
  return line;
}

void check_recipe(const ComparePlan& plan, const StudyRun& run) {
  if (!RunFolder::is_run(run.folder)) return;
  const RunConfig before = load_run_config({.file = RunFolder::open(run.folder).config()});
  for (const EditedKey& key : edited_keys(before, config_of(plan, run)))
    KENNEL_CHECK(key.path.starts_with("robot."), shown(run.folder), " was trained with ", key.path,
                 " = ", key.before, ", and ", plan.recipes[run.setting].label, " now makes that ",
                 key.now, "; take another --out, or remove that folder");
}

}  // namespace kennel
