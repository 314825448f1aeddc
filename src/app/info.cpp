// kennel info: the device, the build, and the tables that the environment is made of; or the
// learning methods; or how Kennel understands a robot's description.
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "command.h"
#include "envs/quadruped/state.h"
#include "envs/robots.h"
#include "envs/small/rows.h"
#include "flags.h"
#include "info_print.h"
#include "info_ranks.h"
#include "kennel/batch/cpu_batch.h"
#include "kennel/batch/folded_fit.h"
#include "kennel/batch/plain_fit.h"
#include "kennel/core/usable_cores.h"
#include "kennel/lanes/vectors.h"
#include "kennel/learners/learners.h"
#include "kennel/run/build_info.h"
#include "kennel/run/device.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/paths.h"
#include "kennel/run/run_config.h"
#include "kennel/run/shipped_recipes.h"
#include "kennel/sim/env_spec.h"
#include "kennel/sim/make_env.h"
#include "model_flags.h"
#include "model_info.h"
#include "recipe_flags.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

/// Collects a section's fields: name -> value and doc.
struct FieldTable {
  Json fields = Json::object();

  template <class Value>
  void field(const char* name, const Value& value, Bounds, const char* doc) {
    fields[name] = {{"value", value}, {"doc", doc}};
  }
  void field(const char* name, float value, Bounds, const char* doc) {
    fields[name] = {{"value", as_written(value)}, {"doc", doc}};
  }
  void field(const char* name, const Range& range, Bounds, const char* doc) {
    fields[name] = {{"value", {as_written(range.low), as_written(range.high)}}, {"doc", doc}};
  }

  /// 0.1f is 0.1 to a reader, not 0.10000000149.
  static double as_written(float value) {
    std::ostringstream out;
    out << std::setprecision(7) << value;
    return std::stod(out.str());
  }
};

Json json_of(const std::vector<BoundedTerm>& table) {
  Json terms = Json::array();
  int offset = 0;
  for (const BoundedTerm& term : table) {
    terms.push_back({{"name", term.name},
                     {"offset", offset},
                     {"size", term.size},
                     {"scale", FieldTable::as_written(term.scale)},
                     {"unit", term.unit}});
    if (std::isfinite(term.bounds.low)) terms.back()["low"] = term.bounds.low;
    if (std::isfinite(term.bounds.high)) terms.back()["high"] = term.bounds.high;
    offset += term.size;
  }
  return terms;
}

/// What would step the environments of a recipe.
Json kernels_for(const RunConfig& config, const Robot& robot) {
  const quadruped::Task task =
      quadruped::make_task(config.env, robot.traits, to_float(robot.loaded.model), 0);
  const std::string why_not = why_not_folded(task);
  return {{"cpu", cpu_kernel_name()}, {"gpu", described({cuda_kernel_name(task), why_not})}};
}

/// What of the recipe is otherwise where a GPU trains.
Json differing_on_gpu(const RunConfig& config, const RunConfig& on_gpu) {
  Json keys = Json::object();
  for (const EditedKey& key : edited_keys(config, on_gpu)) keys[key.path] = key.now;
  return keys;
}

/// What a robot's recipe is about.
void add_robot(const RunConfig& config, Json& info) {
  const Robot robot = load_robot(config.robot);
  info["simulator"] = kernels_for(config, robot);
  const bool many = has_many_points(robot.loaded.model);
  const quadruped::EnvBytes bytes =
      quadruped::bytes_per_env(config.env, many ? kMaxPoints : kFewPoints);
  info["bytes_per_environment"] = {{"kept", bytes.kept}, {"output", bytes.output}};
  info["observation_frame"] = json_of(frame_terms(config.env.row()));
  info["critic_sees_besides"] = json_of(terms_of(quadruped::kPrivileged));
}

/// What a small task's recipe is about.
void add_small_task(const small::TaskRow& task, Json& info) {
  std::vector<BoundedTerm> terms;
  for (const small::ObsRow& row : task.obs)
    terms.push_back({{row.name, row.size, 1.0f, row.unit}, row.bounds});
  info["observation"] = json_of(terms);
  info["task"] = {{"action", task.action_doc},
                  {"action_bounds", {task.action_bounds.low, task.action_bounds.high}},
                  {"control_dt", task.control_dt},
                  {"episode_steps", task.episode_steps},
                  {"best_return", task.best_return},
                  {"best_from", task.best_from}};
}

Json collect(const RunConfig& config, const RunConfig& on_gpu) {
  const BuildInfo& build = build_info();
  const GpuStatus gpu = find_gpu();
  Json info;
  info["device"] = {{"cpu", cpu_name()},
                    {"cores", num_usable_cores()},
                    {"simd_bits", simd_bits()},
                    {"gpu", gpu.name.empty() ? Json() : Json(gpu.name)}};
  if (gpu.name.empty()) info["device"]["no_gpu_because"] = gpu.why_not;
  info["build"] = {{"version", build.version},
                   {"commit", build.commit},
                   {"compiler", build.compiler},
                   {"flags", build.flags},
                   {"cuda_archs", build.cuda_archs}};
  for (const quadruped::RobotTraits* robot : kRobots)
    info["robots"][robot->name] = shown(robot_model(robot->name));
  for (const quadruped::TaskRow* task : quadruped::kTasks)
    info["tasks"][task->name] = task->summary;
  for (const small::TaskRow* task : small::kTasks) info["small_tasks"][task->name] = task->summary;
  for (const ShippedRecipe& recipe : shipped_recipes(config.robot, config.task.name).all)
    info["recipes"][recipe.name] = recipe.summary;
  const small::TaskRow* task = small_task_of(config);
  if (task != nullptr) {
    add_small_task(*task, info);
  } else {
    add_robot(config, info);
  }
  visit_sections(config, [&](const char* section, const auto& part) {
    FieldTable table;
    visit_fields(part, table);
    info["recipe"][section] = std::move(table.fields);
  });
  info["recipe_on_gpu"] = differing_on_gpu(config, on_gpu);
  return info;
}

void print_algorithms(bool json) {
  Json table = Json::array();
  for (const LearnerEntry& method : kLearners)
    table.push_back({{"name", method.name},
                     {"section", method.config().section()},
                     {"summary", method.summary},
                     {"policy", method.policy},
                     {"cannot", method.cannot}});
  if (json) {
    std::cout << table.dump(2) << '\n';
    return;
  }
  for (const Json& row : table) {
    const auto word = [&](const char* key) { return row[key].get<std::string>(); };
    std::cout << std::left << std::setw(16) << word("name") << std::setw(16)
              << text('[', word("section"), ']') << word("summary") << '\n';
    const std::string policy = word("policy"), cannot = word("cannot");
    if (policy.empty()) continue;
    std::cout << std::setw(32) << ""
              << "policy: " << policy << (cannot.empty() ? "" : "; not for: " + cannot) << '\n';
  }
}

struct InfoFlags {
  bool json = false;
  bool algorithms = false;
  RecipeChoice recipe;
  std::string robot, task;
  ModelInfoCommand model;
  RankInfoCommand ranks;
};

}  // namespace

RunCommand add_info(CLI::App& app) {
  const auto flags = std::make_shared<InfoFlags>();
  app.add_flag("--json", flags->json, "print one object");
  const auto [recipe, config, keys] = add_recipe(app, flags->recipe);
  CLI::Option* robot = app.add_option("--robot", flags->robot,
                                      "one that ships: show its recipe (default: the recipe's)");
  CLI::Option* task =
      app.add_option("--task", flags->task, "show that task's recipe (default: the recipe's)");
  CLI::Option* model =
      app.add_option("--model", flags->model.model,
                     "MJCF or URDF: show how Kennel understands it, instead of all this")
          ->excludes(recipe)
          ->excludes(config)
          ->excludes(keys)
          ->excludes(robot)
          ->excludes(task);
  app.add_flag("--algorithms", flags->algorithms,
               "list the learning methods for train.algorithm, with their sections of a recipe")
      ->excludes(recipe)
      ->excludes(config)
      ->excludes(keys)
      ->excludes(model);
  CLI::Option* ranks =
      app.add_option("--ranks", flags->ranks.ranks,
                     "show who trains together under a launcher, and what a sum over all ranks "
                     "costs; with a number: of so many that this command starts")
          ->expected(0, 1)
          ->check(number_from(2, 4096))
          ->excludes(recipe)
          ->excludes(config)
          ->excludes(keys)
          ->excludes(model);
  app.add_option("--write", flags->model.write,
                 "MJCF to write: the model as Kennel steps it, after the switches below")
      ->needs(model);
  add_model_edits(app, flags->model.edits);
  add_servo_gains(app, flags->model.edits);
  return [flags, ranks] {
    if (ranks->count() > 0) {
      flags->ranks.json = flags->json;
      return run_rank_info(flags->ranks);
    }
    if (!flags->model.model.empty()) {
      flags->model.json = flags->json;
      return run_model_info(flags->model);
    }
    if (flags->algorithms) {
      print_algorithms(flags->json);
      return 0;
    }
    const auto resolve = [&](bool on_gpu) {
      RecipeChoice choice = flags->recipe;
      choice.on_gpu = on_gpu;
      return load_run_config(choice, [&](RunConfig& resolved) {
        if (!flags->robot.empty()) resolved.robot.name = flags->robot;
        if (!flags->task.empty()) resolved.task.name = flags->task;
        if (!flags->robot.empty()) check_has_robot(resolved, "--robot");
      });
    };
    const Json info = collect(resolve(false), resolve(true));
    if (flags->json) {
      std::cout << info.dump(2) << '\n';
    } else {
      print_info(info);
    }
    return 0;
  };
}

}  // namespace kennel
