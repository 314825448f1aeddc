// Where a command's recipe comes from.
#pragma once

#include <CLI/CLI.hpp>

#include "kennel/run/run_config.h"

namespace kennel {

struct RecipeFlags {
  CLI::Option *recipe, *config, *keys;
};

inline RecipeFlags add_recipe(CLI::App& app, RecipeChoice& choice) {
  return {
      app.add_option("--recipe", choice.shipped,
                     "one that ships for the robot and task, by name; kennel info lists them "
                     "(without it: default)"),
      app.add_option("--config", choice.file, "recipe of your own, which changes the shipped one"),
      app.add_option_function<std::vector<std::string>>(
             "--set",
             [&choice](const std::vector<std::string>& all) {
               choice.keys_from = "--set";
               for (const std::string& key : all) choice.keys += key + '\n';
             },
             "a key of the recipe and its value, as in a file: --set ppo.gamma=0.97; may be "
             "repeated")
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->type_name("KEY=VALUE")};
}

}  // namespace kennel
