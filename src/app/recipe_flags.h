// Where a command's recipe comes from.
#pragma once

#include <CLI/CLI.hpp>

#include "kennel/run/run_config.h"

namespace kennel {

struct RecipeFlags {
  CLI::Option *recipe, *config;
};

inline RecipeFlags add_recipe(CLI::App& app, RecipeChoice& choice) {
  return {
      app.add_option("--recipe", choice.shipped,
                     "one that ships for the robot and task, by name; kennel info lists them "
                     "(without it: default)"),
      app.add_option("--config", choice.file, "recipe of your own, which changes the shipped one")};
}

}  // namespace kennel
