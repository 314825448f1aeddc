#include "kennel/run/env_recipe.h"

#include "envs/generic/any_robot.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/learners/sections.h"
#include "kennel/run/shipped_recipes.h"

namespace kennel {
namespace {

/// A recipe that speaks of a robot is meant for another task.
void refuse_robot(Recipe& recipe, const small::TaskRow& task) {
  for (const char* section : {"robot", "env"}) {
    if (!recipe.has(section)) continue;
    recipe.leave_out(section);
    recipe.report(section, text("[", section, "]: the task ", task.name,
                                " has no robot; leave the section out, or choose another task"));
  }
}

void read_file_of(const ShippedRecipe& shipped, bool on_gpu, const MethodSections& methods,
                  EnvRecipe& to) {
  Recipe recipe = Recipe::load(shipped.file);
  read_env_sections(recipe, on_gpu, to);
  methods(recipe);
  recipe.finish();
}

std::string unknown_task(const std::string& name) {
  std::string known = quadruped::unknown_task(name);
  std::vector<std::string> names;
  for (const quadruped::TaskRow* task : quadruped::kTasks) names.push_back(task->name);
  for (const small::TaskRow* task : small::kTasks) {
    names.push_back(task->name);
    known += text(", ", task->name);
  }
  const std::string near = nearest_name(name, names);
  return near.empty() ? known : text(known, "; did you mean ", near, "?");
}

}  // namespace

void check_task(const TaskChoice& task, const std::string& from) {
  KENNEL_CHECK(quadruped::find_task(task.name) >= 0 || small::find_task(task.name) != nullptr,
               unknown_task(task.name), " (", from, ")");
}

void leave_out_methods(Recipe& recipe) {
  for (const char* section : kLearnerSections) recipe.leave_out(section);
}

void read_env_sections(Recipe& recipe, bool on_gpu, EnvRecipe& to) {
  const small::TaskRow* small = small_task_of(to);  // the one that is meant, whatever this one says
  read_by_device(recipe, "train", on_gpu, to.train);
  recipe.read("task", to.task);
  if (small != nullptr) return refuse_robot(recipe, *small);
  recipe.read("robot", to.robot);
  visit_sections(to.env, [&](const char* section, auto& part) { recipe.read(section, part); });
}

ShippedEnv shipped_env(const RobotChoice& robot, const TaskChoice& task, const RecipeChoice& choice,
                       const MethodSections& methods) {
  const bool small = small::find_task(task.name) != nullptr;
  const ShippedRecipes recipes = shipped_recipes(robot, task.name);
  ShippedEnv shipped;
  EnvRecipe& recipe = shipped.recipe;
  recipe.task = task;
  if (!small) recipe.env = quadruped::EnvConfig(quadruped::task_index(task.name));
  read_file_of(recipes.first(), choice.on_gpu, methods, recipe);
  if (!choice.shipped.empty() && choice.shipped != recipes.first().name)
    read_file_of(recipes.named(choice.shipped), choice.on_gpu, methods, recipe);
  recipe.robot = robot;
  recipe.task = task;
  shipped.symmetric = !small;
  if (recipes.of_any_robot) {
    const Anatomy anatomy = anatomy_of(robot);
    recipe.env = generic::scaled(recipe.env, anatomy);
    shipped.symmetric = anatomy.symmetric;
  }
  return shipped;
}

ParsedChoice::ParsedChoice(const RecipeChoice& choice, std::string_view text,
                           const std::string& name)
    : recipe(Recipe::parse(text, name)),
      keys(Recipe::parse(choice.keys, choice.keys_from)),
      folder(std::filesystem::path(name).parent_path()) {
  if (folder.filename() == "checkpoints") folder = folder.parent_path();
}

void ParsedChoice::read_robot_and_task(RobotChoice& robot, TaskChoice& task) {
  robot.folder = folder;
  for (Recipe* each : {&recipe, &keys}) {
    each->read("robot", robot);
    each->read("task", task);
  }
}

void ParsedChoice::finish() {
  recipe.finish();
  keys.finish();
}

EnvRecipe load_env_recipe(const RecipeChoice& choice,
                          const std::function<void(EnvRecipe&)>& change) {
  const bool has_file = !choice.file.empty();
  const std::string name = has_file ? choice.file.string() : kShippedRecipe;
  ParsedChoice parsed(choice, has_file ? read_file(choice.file) : "", name);
  EnvRecipe asked;
  parsed.read_robot_and_task(asked.robot, asked.task);
  if (change) change(asked);
  check_task(asked.task, name);
  EnvRecipe recipe = shipped_env(asked.robot, asked.task, choice, leave_out_methods).recipe;
  for (Recipe* each : {&parsed.recipe, &parsed.keys}) {
    read_env_sections(*each, choice.on_gpu, recipe);
    leave_out_methods(*each);
  }
  if (change) change(recipe);
  parsed.finish();
  return recipe;
}

std::string recipe_text(const EnvRecipe& recipe) {
  RecipeWriter writer;
  writer.section("train", recipe.train);
  if (small_task_of(recipe) == nullptr) writer.section("robot", recipe.robot);
  writer.section("task", recipe.task);
  if (small_task_of(recipe) == nullptr)
    visit_sections(recipe.env,
                   [&](const char* section, const auto& part) { writer.section(section, part); });
  return writer.text();
}

}  // namespace kennel
