// kennel train: the flags.
#include <iostream>
#include <memory>

#include "command.h"
#include "envs/small/rows.h"
#include "envs/tasks/rows.h"
#include "flags.h"
#include "kennel/app/train.h"
#include "kennel/learners/learners.h"
#include "kennel/ranks/ranks.h"
#include "kennel/run/device.h"
#include "kennel/sim/limits.h"
#include "model_flags.h"
#include "rank_launch.h"
#include "recipe_flags.h"

namespace kennel {

namespace {

/// How many processes the user asks for.
struct RankStart {
  int ranks = 0;
  std::string gpus;
};

/// \return 0 where none are asked for
int ranks_wanted(const RankStart& start, TrainCommand& command) {
  if (start.gpus.empty()) return start.ranks == 1 ? 0 : start.ranks;
  command.device = "cuda";
  return static_cast<int>(choose_gpus(start.gpus).size());
}

int trained(const TrainCommand& command) {
  const std::string complaint = run_train(command).complaint;
  if (!complaint.empty()) std::cerr << "kennel: error: " << complaint << '\n';
  return complaint.empty() ? 0 : 1;
}

}  // namespace

RunCommand add_train(CLI::App& app) {
  const auto command = std::make_shared<TrainCommand>();
  const auto [recipe, config, keys] = add_recipe(app, command->recipe);
  CLI::Option* robot =
      app.add_option("--robot", command->robot, "one that ships (default: the recipe's)");
  CLI::Option* model = app.add_option(
      "--model", command->model,
      "MJCF or URDF of any quadruped; its recipe is scaled to it (kennel info --model shows how it "
      "is understood), unless --robot says which one it is");
  add_model_edits(app, command->edits);
  add_servo_gains(app, command->edits);
  CLI::Option* out =
      app.add_option("--out", command->out, "run folder to create (default: runs/<date and time>)");
  app.add_option("--steps", command->steps,
                 "budget: control steps of all environments together, since the start of the run")
      ->check(number_from(std::int64_t{1}, std::int64_t{1'000'000'000'000'000}));
  app.add_option("--minutes", command->minutes, "stop after this time at the latest")
      ->check(number_from(0.0, 1e9));
  CLI::Option* seed = app.add_option("--seed", command->seed, "same seed, same run")
                          ->check(number_from(std::int64_t{0}, std::int64_t{1} << 53));
  CLI::Option* num_envs =
      app.add_option("--num-envs", command->num_envs, "environments side by side")
          ->check(number_from(1, kMaxEnvs));
  add_threads(app, command->threads,
              "threads of the simulator; 0: one for each core. Results do not depend on it");
  add_device(app, command->device);
  const auto start = std::make_shared<RankStart>();
  CLI::Option* ranks =
      app.add_option("--ranks", start->ranks,
                     "train as so many processes of this machine, each with its part of the "
                     "environments; the policy does not depend on how many. Under torchrun, mpirun "
                     "or srun the processes that they start are the ranks")
          ->check(number_from(1, 4096));
  app.add_option("--gpus", start->gpus, "the same with a GPU each: a number, or all")
      ->excludes(ranks);
  CLI::Option* algorithm =
      app.add_option("--algorithm", command->algorithm, "learning method (default: the recipe's)")
          ->check(one_of(names_of(kLearners)));
  std::vector<std::string> tasks;
  for (const quadruped::TaskRow* task : quadruped::kTasks) tasks.push_back(task->name);
  for (const small::TaskRow* task : small::kTasks) tasks.push_back(task->name);
  CLI::Option* task =
      app.add_option("--task", command->task,
                     "what the robot is to do, or a small task without one (default: the recipe's)")
          ->check(one_of(tasks));
  CLI::Option* init_from = app.add_option("--init-from", command->init_from,
                                          "checkpoint whose networks the run starts with");
  CLI::Option* force =
      app.add_flag("--force", command->force, "replace the run folder that --out names");
  CLI::Option* resume =
      app.add_option("--resume", command->resume,
                     "go on with this run from its last checkpoint, with its own recipe and seed");
  app.add_option("--checkpoint", command->checkpoint,
                 "go on from the checkpoint after this number of steps, not from the last one; "
                 "later ones are set aside")
      ->check(number_from(std::int64_t{0}, std::int64_t{1'000'000'000'000'000}))
      ->needs(resume);
  for (CLI::Option* other :
       {recipe, config, keys, robot, model, out, seed, num_envs, algorithm, task, init_from, force})
    resume->excludes(other);
  return [command, start] {
    const int wanted = ranks_wanted(*start, *command);
    const RankPlace place = find_place();
    if (wanted > 0 && place.launcher.empty())
      return launch_ranks(own_command_without({"--ranks", "--gpus"}), wanted);
    KENNEL_CHECK(wanted == 0, "--ranks and --gpus start ranks of their own, and ", place.launcher,
                 " has started ", place.size, " already; leave the flag out");
    if (place.size == 1) return trained(*command);
    return together(place, [&](Ranks& all) {
      command->ranks = &all;
      return trained(*command);
    });
  };
}

}  // namespace kennel
