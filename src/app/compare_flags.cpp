// kennel compare: the flags.
#include <memory>

#include "command.h"
#include "compare.h"
#include "compare_judge.h"
#include "envs/tasks/rows.h"
#include "flags.h"
#include "kennel/judge/judge.h"

namespace kennel {

RunCommand add_compare(CLI::App& app) {
  const auto command = std::make_shared<CompareCommand>();
  const auto devices = std::make_shared<DeviceFlags>();
  const auto threads = std::make_shared<int>(0);
  const auto judges = std::make_shared<bool>(false);
  CompareRequest& request = command->request;
  app.add_option("recipes", request.recipes,
                 "recipes of one robot and task: names of those that ship, or files; RECIPE:METHOD "
                 "takes another learning method, default:es");
  app.add_option("--seeds", request.seeds, "of each recipe: 1 to this number")
      ->check(number_from(1, 1000))
      ->capture_default_str();
  CLI::Option* steps =
      app.add_option(
             "--steps", request.steps,
             "budget of each run, rounded up to a whole iteration (default: the recipes' own)")
          ->check(number_from(std::int64_t{1}, std::int64_t{1'000'000'000'000'000}));
  app.add_option("--minutes", request.minutes,
                 "the same in minutes of training; schedules follow the recipe's steps, and a "
                 "recipe that has no more of them ends sooner")
      ->check(number_from(1e-3, 1e9))
      ->excludes(steps);
  app.add_option("--robot", request.robot, "of all recipes, one that ships");
  std::vector<std::string> tasks;
  for (const quadruped::TaskRow* task : quadruped::kTasks) tasks.push_back(task->name);
  for (const small::TaskRow* task : small::kTasks) tasks.push_back(task->name);
  app.add_option("--task", request.task, "of all recipes")->check(one_of(tasks));
  app.add_option("--out", command->out,
                 "folder of the comparison (default: compare); where it is one already, what is "
                 "not complete goes on");
  app.add_option("--jobs", command->jobs,
                 "trainings side by side (default: one for each core, or one on each GPU)")
      ->check(number_from(1, 4096));
  add_devices(app, *devices);
  app.add_option("--measure", command->measure,
                 "column of metrics.csv that says how well it goes (default: the velocity error, "
                 "or what comes nearest to it)");
  app.add_option("--thresholds", command->thresholds,
                 "of the measure, with commas between them (default: 0.4,0.3,0.2 m/s, or a half, "
                 "0.9 and 0.99 of the way to the best)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(number_from(-1e12, 1e12));
  app.add_option("--judge-seed", command->judge_seed,
                 text("of the judge's episodes; below ", judge::kFirstPublishedSeed,
                      " for tuning, from there on for published figures"))
      ->check(number_from(std::int64_t{0}, std::int64_t{1} << 53))
      ->capture_default_str();
  app.add_option("--judge-episodes", command->judge_episodes,
                 "that judge a run (default: 96 a condition, 1000 of a small task)")
      ->check(number_from(1, 1000000));
  app.add_flag("--dry-run", command->dry_run, "check everything and say what would be trained");
  CLI::Option* judge =
      app.add_flag("--judge", *judges, "what it starts after each training: judges the run --out");
  app.add_option("--threads", *threads, "of --judge")->check(number_from(0, 4096))->needs(judge);
  return [command, devices, threads, judges] {
    if (*judges)
      return run_compare_judge(
          command->out, {command->judge_seed, command->judge_episodes.value_or(1), *threads});
    KENNEL_CHECK(!command->request.recipes.empty(),
                 "expected recipes to compare, came none; try kennel compare default:es "
                 "default:ppo --task lqr");
    command->devices = devices->chosen();
    command->request.on_gpu = command->devices.front().cuda;
    return run_compare(*command);
  };
}

}  // namespace kennel
