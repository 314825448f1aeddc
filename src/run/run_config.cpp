#include "kennel/run/run_config.h"

#include <sstream>

#include "envs/generic/any_robot.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/run/derivatives.h"
#include "kennel/run/shipped_recipes.h"

namespace kennel {
namespace {

/// A recipe while it is read: which method learns is not known before its end.
struct Draft {
  RunConfig config;                   // but for the method and its section
  const small::TaskRow* small;        // its task, where that has no robot
  std::vector<ConfigBlock> learners;  // a section a method
};

/// A section whose best numbers depend on the kind of device, and what it changes on a GPU.
template <class Config>
void read_by_device(Recipe& recipe, const std::string& section, bool on_gpu, Config& config) {
  recipe.read(section, config);
  Config elsewhere = config;
  recipe.read(section + ".gpu", on_gpu ? config : elsewhere);
}

/// A recipe that speaks of a robot is meant for another task.
void refuse_robot(Recipe& recipe, const small::TaskRow& task) {
  for (const char* section : {"robot", "env"}) {
    if (!recipe.has(section)) continue;
    recipe.leave_out(section);
    recipe.report(section, text("[", section, "]: the task ", task.name,
                                " has no robot; leave the section out, or choose another task"));
  }
}

void read_sections(Recipe& recipe, bool on_gpu, Draft& draft) {
  read_by_device(recipe, "train", on_gpu, draft.config.train);
  recipe.read("task", draft.config.task);
  for (ConfigBlock& learner : draft.learners)
    read_by_device(recipe, learner.section(), on_gpu, learner);
  if (draft.small != nullptr) return refuse_robot(recipe, *draft.small);
  recipe.read("robot", draft.config.robot);
  visit_sections(draft.config.env,
                 [&](const char* section, auto& part) { recipe.read(section, part); });
}

/// The robot and the task that a recipe and what changes it mean.
std::pair<RobotChoice, TaskChoice> chosen(Recipe& recipe, Recipe& keys, const std::string& name,
                                          const ConfigOverride& change) {
  RunConfig config;
  std::filesystem::path folder = std::filesystem::path(name).parent_path();
  if (folder.filename() == "checkpoints") folder = folder.parent_path();
  config.robot.folder = folder;
  for (Recipe* each : {&recipe, &keys}) {
    each->read("robot", config.robot);
    each->read("task", config.task);
  }
  if (change) change(config);
  return {config.robot, config.task};
}

void read_file_of(const ShippedRecipe& shipped, bool on_gpu, Draft& draft) {
  Recipe recipe = Recipe::load(shipped.file);
  read_sections(recipe, on_gpu, draft);
  recipe.finish();
}

/// What a recipe of this robot and task changes: the robot's own, or the general one scaled to it.
/// \param choice  of which the name counts and the kind of device; no name: the first of them
Draft shipped(const RobotChoice& robot, const TaskChoice& task, const RecipeChoice& choice,
              std::span<const LearnerEntry> methods) {
  const std::string& name = choice.shipped;
  const ShippedRecipes recipes = shipped_recipes(robot, task.name);
  Draft draft{{}, small::find_task(task.name), {}};
  if (draft.small == nullptr)
    draft.config.env = quadruped::EnvConfig(quadruped::task_index(task.name));
  for (const LearnerEntry& method : methods) draft.learners.push_back(method.config());
  read_file_of(recipes.first(), choice.on_gpu, draft);
  if (!name.empty() && name != recipes.first().name)
    read_file_of(recipes.named(name), choice.on_gpu, draft);
  draft.config.robot = robot;
  draft.config.task = task;
  bool symmetric = draft.small == nullptr;  // a small task has no left and right
  if (recipes.of_any_robot) {
    const Anatomy anatomy = anatomy_of(robot);
    draft.config.env = generic::scaled(draft.config.env, anatomy);
    symmetric = anatomy.symmetric;
  }
  if (!symmetric)
    for (std::size_t k = 0; k < methods.size(); ++k) methods[k].drop_symmetry(draft.learners[k]);
  return draft;
}

std::string unknown_task(const std::string& name) {
  std::string known = quadruped::unknown_task(name);
  for (const small::TaskRow* task : small::kTasks) known += text(", ", task->name);
  return known;
}

std::string unknown_method(const std::string& name, std::span<const LearnerEntry> methods) {
  const std::vector<std::string> known = names_of(methods);
  const std::string near = nearest_name(name, known);
  std::string listed;
  for (const std::string& one : known) listed += (listed.empty() ? "" : ", ") + one;
  return text("train.algorithm = \"", name, "\" is unknown; ",
              near.empty() ? "" : text("did you mean ", near, "? "), "known: ", listed);
}

/// Gives the recipe the method that it names.
/// \param keys  what changes `recipe`
void choose_method(Draft& draft, std::span<const LearnerEntry> methods, Recipe& recipe,
                   Recipe& keys) {
  RunConfig& config = draft.config;
  const auto report = [&](const std::string& path, const std::string& problem) {
    (keys.has(path) ? keys : recipe).report(path, problem);
  };
  const LearnerEntry* method = find_learner(config.train.algorithm, methods);
  if (method == nullptr)
    return report("train.algorithm", unknown_method(config.train.algorithm, methods));
  config.method = method;
  config.learner = draft.learners[static_cast<std::size_t>(method - methods.data())];
  for (const std::string& problem : config.learner.problems(config.train.num_envs))
    report(problem.substr(0, problem.find(' ')), problem);  // they start with "section.key"
}

/// \param text  of the choice's file, whose name is `name`
RunConfig resolve(const RecipeChoice& choice, std::string_view text, const std::string& name,
                  const ConfigOverride& change, std::span<const LearnerEntry> methods) {
  Recipe recipe = Recipe::parse(text, name);
  Recipe keys = Recipe::parse(choice.keys, choice.keys_from);
  const auto [robot, task] = chosen(recipe, keys, name, change);
  KENNEL_CHECK(quadruped::find_task(task.name) >= 0 || small::find_task(task.name) != nullptr,
               unknown_task(task.name), " (", name, ")");
  Draft draft = shipped(robot, task, choice, methods);
  read_sections(recipe, choice.on_gpu, draft);
  read_sections(keys, choice.on_gpu, draft);
  if (change) change(draft.config);
  choose_method(draft, methods, recipe, keys);
  recipe.finish();
  keys.finish();
  return draft.config;
}

}  // namespace

std::string name_of(const RecipeChoice& choice) {
  std::string name = choice.shipped;
  const auto add = [&](const std::string& more) { name += (name.empty() ? "" : ", ") + more; };
  if (!choice.file.empty()) add(choice.file.string());
  if (name.empty()) name = kFirstTask;
  std::istringstream lines(choice.keys);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) add(line);
  return name;
}

RunConfig load_run_config(const RecipeChoice& choice, const ConfigOverride& change,
                          std::span<const LearnerEntry> methods) {
  if (choice.file.empty()) return resolve(choice, "", "the shipped recipe", change, methods);
  return resolve(choice, read_file(choice.file), choice.file.string(), change, methods);
}

RunConfig parse_run_config(std::string_view text, const std::string& name,
                           const ConfigOverride& change, std::span<const LearnerEntry> methods) {
  return resolve({}, text, name, change, methods);
}

void check_budget(const RunConfig& config) {
  if (config.method->least_steps == nullptr) return;
  const int num_envs = config.train.num_envs;
  const auto least_of = [&](int envs) {
    return config.method->least_steps(config.learner, envs, differentiated_steps(config));
  };
  const std::int64_t least = least_of(num_envs);
  if (config.train.steps >= least) return;
  const std::string so_far = text("train.steps = ", config.train.steps, " is less than ",
                                  config.method->name, " takes to learn once, ", least);
  // A method that steps no environment has nothing from fewer.
  if (least_of(1) == least) fail(so_far, " control steps; try --steps ", least);
  fail(so_far, " control steps of all ", num_envs, " environments together; try --steps ", least,
       ", or fewer environments (train.num_envs)");
}

void check_has_robot(const RunConfig& config, const std::string& command) {
  const small::TaskRow* task = small_task_of(config);
  if (task == nullptr) return;
  std::string others;
  for (const quadruped::TaskRow* row : quadruped::kTasks)
    others += (others.empty() ? "" : ", ") + std::string(row->name);
  fail("the task ", task->name, " has no robot, which ", command,
       " is about; tasks that have one: ", others);
}

std::string recipe_text(const RunConfig& config) {
  RecipeWriter writer;
  writer.comment("Everything that decides this run. kennel train --config takes it back.");
  visit_sections(config,
                 [&](const char* section, const auto& part) { writer.section(section, part); });
  return writer.text();
}

}  // namespace kennel
