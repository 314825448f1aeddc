#include "make.h"

#include "envs/robots.h"
#include "envs/small/rows.h"
#include "envs/tasks/rows.h"
#include "kennel/core/check.h"
#include "kennel/learners/sections.h"
#include "kennel/model/anatomy.h"
#include "kennel/run/env_policy.h"
#include "kennel/run/shipped_recipes.h"
#include "kennel/sim/host_task.h"

namespace kennel::python {
namespace {

void check_robot(const std::string& name) {
  const std::vector<std::string> known = robot_names();
  for (const std::string& one : known)
    if (one == name) return;
  const std::string near = nearest_name(name, known);
  std::string listed;
  for (const std::string& one : known) listed += (listed.empty() ? "" : ", ") + one;
  fail("robot \"", name, "\" is unknown; ", near.empty() ? "" : text("did you mean ", near, "? "),
       "there are: ", listed);
}

/// What would change nothing here is not what was meant.
void refuse_method_keys(const std::string& overrides) {
  const Recipe keys = Recipe::parse(overrides, "overrides");
  for (const char* section : kLearnerSections)
    KENNEL_CHECK(!keys.has(section), "overrides: [", section,
                 "] is a learning method's section, which environments have not; leave it out");
}

void apply(const Asked& asked, EnvRecipe& recipe) {
  if (!asked.task.empty()) recipe.task.name = asked.task;
  if (asked.num_envs) recipe.train.num_envs = *asked.num_envs;
  if (asked.seed) recipe.train.seed = static_cast<std::int64_t>(*asked.seed);
  if (!asked.robot.empty()) {
    check_robot(asked.robot);
    recipe.robot.name = asked.robot;
    recipe.robot.model.clear();
  }
  const bool small = small_task_of(recipe) != nullptr;
  KENNEL_CHECK(!small || (asked.robot.empty() && asked.model.empty()), "the task ",
               recipe.task.name,
               " has no robot; leave robot and model out, or choose another task");
  if (asked.model.empty()) return;
  if (asked.robot.empty()) recipe.robot.name.clear();
  recipe.robot.folder = asked.model.parent_path();
  recipe.robot.model = asked.model.filename().string();
}

Made made_of(const EnvRecipe& recipe, const BatchOptions& options) {
  check_num_envs(options.num_envs);
  const auto seeded = [options](std::uint64_t seed) {
    BatchOptions own = options;
    own.seed = seed;
    return own;
  };
  const auto made = [&](MakeBatch batch, MakePolicy policy) {
    return Made{recipe, std::make_unique<Simulator>(std::move(batch), options.seed),
                std::move(policy)};
  };
  if (const small::TaskRow* task = small_task_of(recipe))
    return made([task, seeded](std::uint64_t seed) { return make_host_batch(*task, seeded(seed)); },
                [task](const PolicyNetwork& network) { return small_policy(*task, network); });
  const Robot robot = load_robot(recipe.robot);
  quadruped::Task task = make_checked_task(recipe.env, recipe.robot, robot, options.seed);
  return made(
      [task, seeded](std::uint64_t seed) {
        quadruped::Task own = task;
        own.seed = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
        return make_host_batch(own, seeded(seed));
      },
      [robot, env = recipe.env](const PolicyNetwork& network) {
        return robot_policy(network, robot, env);
      });
}

}  // namespace

Made make(const Asked& asked) {
  refuse_method_keys(asked.overrides);
  RecipeChoice choice;
  choice.shipped = asked.recipe;
  choice.file = asked.config;
  choice.keys = asked.overrides;
  choice.keys_from = "overrides";
  const EnvRecipe recipe = load_env_recipe(choice, [&](EnvRecipe& r) { apply(asked, r); });
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const BatchOptions options = {recipe.train.num_envs, seed, asked.num_threads, 0};
  return made_of(recipe, options);
}

std::vector<std::string> write_edited_model(const std::filesystem::path& model,
                                            const ModelEdits& edits,
                                            const std::filesystem::path& out) {
  EditedModel edited = compile_edited(model, edits);
  const Anatomy anatomy = describe(edited);
  check_accepted(anatomy);
  check_servos(anatomy);
  std::vector<std::string> told = edited.warnings;
  told.insert(told.end(), anatomy.doubts.begin(), anatomy.doubts.end());
  write_mjcf(edited, out);
  return told;
}

std::vector<std::string> robot_names() {
  std::vector<std::string> names;
  for (const quadruped::RobotTraits* robot : kRobots) names.push_back(robot->name);
  return names;
}

std::vector<std::string> robot_tasks() {
  std::vector<std::string> names;
  for (const quadruped::TaskRow* task : quadruped::kTasks) names.push_back(task->name);
  return names;
}

std::vector<std::string> small_tasks() {
  std::vector<std::string> names;
  for (const small::TaskRow* task : small::kTasks) names.push_back(task->name);
  return names;
}

std::vector<std::pair<std::string, std::string>> recipe_names(const std::string& robot,
                                                              const std::string& task) {
  RobotChoice choice;
  choice.name = robot;
  std::vector<std::pair<std::string, std::string>> names;
  for (const ShippedRecipe& recipe : shipped_recipes(choice, task).all)
    names.emplace_back(recipe.name, recipe.summary);
  return names;
}

}  // namespace kennel::python
