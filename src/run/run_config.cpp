#include "kennel/run/run_config.h"

#include "envs/generic/any_robot.h"
#include "kennel/core/resource.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/run/paths.h"

namespace kennel {
namespace {

void read_sections(Recipe& recipe, RunConfig& config) {
  visit_sections(config, [&](const char* section, auto& part) { recipe.read(section, part); });
}

/// The robot that a recipe and what changes it mean.
RobotChoice robot_of(Recipe& recipe, const std::string& name, const ConfigOverride& change) {
  RunConfig config;
  std::filesystem::path folder = std::filesystem::path(name).parent_path();
  if (folder.filename() == "checkpoints") folder = folder.parent_path();
  config.robot.folder = folder;
  recipe.read("robot", config.robot);
  if (change) change(config);
  return config.robot;
}

/// What a recipe of this robot changes.
RunConfig shipped_config(const RobotChoice& robot) {
  const bool ships = !robot.name.empty();
  const std::filesystem::path file = default_recipe(ships ? robot.name : kAnyRobot);
  Recipe recipe = Recipe::parse(read_file(file), file.string());
  RunConfig config;
  read_sections(recipe, config);
  recipe.finish();
  config.robot = robot;
  if (!ships) {
    const Anatomy anatomy = *load_robot(robot).anatomy;
    config.env = generic::scaled(config.env, anatomy);
    config.ppo.symmetric = config.ppo.symmetric && anatomy.symmetric;
  }
  return config;
}

}  // namespace

RunConfig load_run_config(const std::filesystem::path& path, const ConfigOverride& change) {
  const std::filesystem::path file = path.empty() ? default_recipe() : path;
  return parse_run_config(read_file(file), file.string(), change);
}

RunConfig parse_run_config(std::string_view text, const std::string& name,
                           const ConfigOverride& change) {
  Recipe recipe = Recipe::parse(text, name);
  RunConfig config = shipped_config(robot_of(recipe, name, change));
  read_sections(recipe, config);
  if (change) change(config);
  for (const std::string& problem : problems(config.ppo, config.train.num_envs)) {
    recipe.report(problem.substr(0, problem.find(' ')), problem);  // they start with "ppo.key"
  }
  recipe.finish();
  return config;
}

std::string recipe_text(const RunConfig& config) {
  RecipeWriter writer;
  writer.comment("Everything that decides this run. kennel train --config takes it back.");
  visit_sections(config,
                 [&](const char* section, const auto& part) { writer.section(section, part); });
  return writer.text();
}

}  // namespace kennel
