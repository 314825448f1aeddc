#include "kennel/run/run_config.h"

#include "kennel/core/resource.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/run/paths.h"

namespace kennel {
namespace {

void read_sections(Recipe& recipe, RunConfig& config) {
  visit_sections(config, [&](const char* section, auto& part) { recipe.read(section, part); });
}

/// What a recipe changes.
RunConfig shipped_config() {
  const std::filesystem::path file = default_recipe();
  Recipe recipe = Recipe::parse(read_file(file), file.string());
  RunConfig config;
  read_sections(recipe, config);
  recipe.finish();
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
  RunConfig config = shipped_config();
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
