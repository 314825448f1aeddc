#include "kennel/run/run_config.h"

#include <sstream>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/run/derivatives.h"

namespace kennel {
namespace {

/// Reads a section a method: which of them learns is not known before a recipe's end.
MethodSections reader_of(std::vector<ConfigBlock>& learners, bool on_gpu) {
  return [&learners, on_gpu](Recipe& recipe) {
    for (ConfigBlock& learner : learners)
      read_by_device(recipe, learner.section(), on_gpu, learner);
  };
}

std::string unknown_method(const std::string& name, std::span<const LearnerEntry> methods) {
  const std::vector<std::string> known = names_of(methods);
  const std::string near = nearest_name(name, known);
  std::string listed;
  for (const std::string& one : known) listed += (listed.empty() ? "" : ", ") + one;
  return text("train.algorithm = \"", name, "\" is unknown; ",
              near.empty() ? "" : text("did you mean ", near, "? "), "known: ", listed);
}

/// Gives a config the method that it names.
/// \param learners  a section a method
void choose_method(std::span<const LearnerEntry> methods, const std::vector<ConfigBlock>& learners,
                   ParsedChoice& parsed, RunConfig& config) {
  const auto report = [&](const std::string& path, const std::string& problem) {
    (parsed.keys.has(path) ? parsed.keys : parsed.recipe).report(path, problem);
  };
  const LearnerEntry* method = find_learner(config.train.algorithm, methods);
  if (method == nullptr)
    return report("train.algorithm", unknown_method(config.train.algorithm, methods));
  config.method = method;
  config.learner = learners[static_cast<std::size_t>(method - methods.data())];
  for (const std::string& problem : config.learner.problems(config.train.num_envs))
    report(problem.substr(0, problem.find(' ')), problem);  // they start with "section.key"
}

/// \param text  of the choice's file, whose name is `name`
RunConfig resolve(const RecipeChoice& choice, std::string_view text, const std::string& name,
                  const ConfigOverride& change, std::span<const LearnerEntry> methods) {
  ParsedChoice parsed(choice, text, name);
  RunConfig config;
  parsed.read_robot_and_task(config.robot, config.task);
  if (change) change(config);
  check_task(config.task, name);
  std::vector<ConfigBlock> learners;
  for (const LearnerEntry& method : methods) learners.push_back(method.config());
  const MethodSections read_methods = reader_of(learners, choice.on_gpu);
  const ShippedEnv shipped = shipped_env(config.robot, config.task, choice, read_methods);
  static_cast<EnvRecipe&>(config) = shipped.recipe;
  if (!shipped.symmetric)
    for (std::size_t k = 0; k < methods.size(); ++k) methods[k].drop_symmetry(learners[k]);
  for (Recipe* each : {&parsed.recipe, &parsed.keys}) {
    read_env_sections(*each, choice.on_gpu, config);
    read_methods(*each);
  }
  if (change) change(config);
  choose_method(methods, learners, parsed, config);
  parsed.finish();
  return config;
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
  if (choice.file.empty()) return resolve(choice, "", kShippedRecipe, change, methods);
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
