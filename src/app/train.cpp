// kennel train: everything is read and checked, then the run folder appears, then training starts.
#include "kennel/app/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "brought_model.h"
#include "finished_run.h"
#include "kennel/app/run_policy.h"
#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/checkpoint_links.h"
#include "kennel/io/run_folder.h"
#include "kennel/run/build_info.h"
#include "kennel/run/device.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/interrupt.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"
#include "kennel/run/run_config.h"
#include "kennel/run/train_loop.h"
#include "policy_export.h"
#include "simulation.h"

namespace kennel {
namespace {

constexpr const char* kRuns = "runs";  // where runs without --out go

void apply_flags(const TrainCommand& command, RunConfig& config) {
  if (!command.algorithm.empty()) config.train.algorithm = command.algorithm;
  if (!command.task.empty()) config.task.name = command.task;
  if (command.steps) config.train.steps = *command.steps;
  if (command.seed) config.train.seed = *command.seed;
  if (command.num_envs) config.train.num_envs = *command.num_envs;
  if (!command.robot.empty()) {
    config.robot.name = command.robot;
    config.robot.model.clear();
  }
  KENNEL_CHECK(
      small_task_of(config) == nullptr ||
          (command.robot.empty() && command.model.empty() && !command.edits.any()),
      "the task ", config.task.name,
      " has no robot; leave --robot, --model and its switches out, or choose another task");
}

/// Keeps a run's first diverged environment in a file and says so.
void keep_divergence(const VecEnv& env, const RunFolder& run) {
  if (std::filesystem::exists(run.divergence())) return;
  const std::optional<DivergenceDump> dump = env.first_divergence();
  if (!dump) return;
  write_file_atomically(run.divergence(), dump->file);
  const std::string file = shown(run.divergence());
  std::cerr << "kennel: warning: environment " << dump->env
            << " diverged and was reset; look at it with: kennel simulate --replay " << file
            << " --out trajectory.npy\n";
}

/// What the environments measured since the last call, and the learner in their place.
/// \param task  its name
std::vector<Scalar> checked_stats(const Simulation& simulation, const RunFolder& run,
                                  const std::string& task) {
  VecEnv& env = *simulation.env;
  std::vector<Scalar> scalars;
  for (const Stat& stat : env.drain_stats()) {
    if (stat.name == "env/diverged") {
      if (stat.value > 0.0) keep_divergence(env, run);
      check_diverged(stat.value, env.spec().num_envs, small::find_task(task) == nullptr);
    }
    scalars.emplace_back(stat.name, stat.value);
  }
  for (const Scalar& own : simulation.trainer->drain_stats())
    for (Scalar& scalar : scalars)
      if (scalar.first == own.first) scalar.second = own.second;
  scalars.emplace_back("env/fast_kernel", env.spec().kernel.why_not_fast.empty());
  return scalars;
}

const char* reason_text(StopReason reason) {
  switch (reason) {
    case StopReason::kMinutesOver:
      return " (--minutes are over)";
    case StopReason::kInterrupted:
      return " (interrupted)";
    case StopReason::kToldToStop:
      return " (told to stop)";
    default:
      return "";
  }
}

/// What the run's report says of the machine.
void note_machine(const RunFolder& run, const VecEnv& env, int threads) {
  const bool cuda = env.device().is_cuda();
  const BuildInfo& build = build_info();
  const nlohmann::ordered_json machine = {
      {"processor", cpu_name()},
      {"device", cuda ? find_gpu(env.device().index()).name : text("CPU, ", threads, " threads")},
      {"simulator", described(env.spec().kernel)},
      {"program", text(build.version, ", commit ", build.commit, ", ", build.compiler)}};
  write_file_atomically(run.machine(), machine.dump(2) + "\n");
}

Trained train(const TrainCommand& command, const RunConfig& config, Simulation& simulation,
              RunFolder& run, bool resumed) {
  note_machine(run, *simulation.env, command.threads > 0 ? command.threads : num_usable_cores());
  std::cerr << "simulator: " << described(simulation.env->spec().kernel) << '\n';
  const std::int64_t first_steps = simulation.trainer->env_steps();
  const auto start = std::chrono::steady_clock::now();
  TrainLoop loop{.learner = *simulation.trainer,
                 .run = run,
                 .drain_stats = [&] { return checked_stats(simulation, run, config.task.name); },
                 .config = config.train,
                 .config_text = recipe_text(config),
                 .resumed = resumed,
                 .interrupted = InterruptGuard::flag()};
  if (command.on_iteration)
    loop.on_iteration = [&](std::int64_t env_steps, const std::vector<Scalar>& scalars) {
      const double spent = static_cast<double>(env_steps) / static_cast<double>(config.train.steps);
      return command.on_iteration(env_steps, std::min(1.0, spent), scalars);
    };
  if (command.minutes) loop.max_minutes = *command.minutes;
  std::optional<InterruptGuard> guard(std::in_place);
  const StopReason reason = train_loop(loop);
  // Ctrl-C ends the judgement at once. Where a signal has ended the training, its repeats do not.
  if (reason != StopReason::kInterrupted) guard.reset();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto steps = static_cast<double>(simulation.trainer->env_steps() - first_steps);
  std::cerr << "trained " << count_text(steps) << " steps in " << duration_text(elapsed.count())
            << ", " << count_text(steps / elapsed.count()) << "/s" << reason_text(reason) << '\n';
  finish_run(simulation, config, run, command.threads, reason);
  return {run.path(), simulation.trainer->env_steps(), simulation.trainer->complaint()};
}

/// Says before training what cannot be mended after it.
void check_contract(const RunConfig& config) {
  const std::string warning = check_exportable(config);
  if (!warning.empty()) std::cerr << "kennel: warning: " << warning << '\n';
}

Trained resume(const TrainCommand& command) {
  RunFolder run = RunFolder::resume(command.resume);
  const std::string which = command.checkpoint ? std::to_string(*command.checkpoint) : "last";
  // Killed before its first checkpoint, it starts from the beginning.
  const bool has_checkpoint = command.checkpoint || !run.checkpoint_steps().empty();
  std::optional<CheckpointSummary> saved;
  if (has_checkpoint) saved = read_run_checkpoint(run, which);
  const RunConfig config = load_run_config(
      {.file = run.config()}, [&](RunConfig& resolved) { apply_flags(command, resolved); });
  if (!has_checkpoint) check_budget(config);
  check_contract(config);
  RunConfig before = config;
  if (saved) {
    before = parse_run_config(saved->config, run.find_checkpoint(which).string());
    check_resumable(before, config, run.config().string());
  }
  Simulation simulation = make_simulation(config, choose_device(command.device), command.threads);
  if (has_checkpoint) simulation.trainer->load(run.find_checkpoint(which));
  simulation.trainer->take_edits(before.learner);
  if (command.checkpoint) run.go_back_to(*command.checkpoint);
  const std::int64_t env_steps = simulation.trainer->env_steps();
  if (is_finished(run, env_steps, config)) {
    std::cerr << shown(run.path()) << " is complete: its " << env_steps << " steps"
              << (small_task_of(config) == nullptr ? ", policy and report" : " and policy")
              << " are there; train longer with kennel train --resume " << shown(run.path())
              << " --steps " << 2 * env_steps << '\n';
    return {run.path(), env_steps};
  }
  write_file_atomically(run.config(), recipe_text(config));
  if (env_steps >= config.train.steps) {  // killed after its last step
    std::cerr << shown(run.path()) << " has its " << env_steps
              << " steps; finishing what is missing\n";
    finish_run(simulation, config, run, command.threads, StopReason::kBudgetSpent);
    return {run.path(), env_steps};
  }
  return train(command, config, simulation, run, true);
}

/// The recipe of a new run, and the model that it brings along; none where the robot's own is
/// meant.
/// \param on_gpu  what trains it
std::pair<RunConfig, std::unique_ptr<BroughtModel>> read_recipe(const TrainCommand& command,
                                                                bool on_gpu) {
  // A model that only the recipe names is found by reading its section alone.
  std::unique_ptr<BroughtModel> model;
  const auto change = [&](RunConfig& resolved) {
    apply_flags(command, resolved);
    if (command.model.empty() && resolved.robot.model.empty()) {
      KENNEL_CHECK(!command.edits.any(), "the switches change a model: name it with --model");
      return;
    }
    if (!model)
      model = std::make_unique<BroughtModel>(
          command.model.empty() ? resolved.robot.file() : std::filesystem::path(command.model),
          command.edits);
    if (command.robot.empty() && !command.model.empty()) resolved.robot.name.clear();
    resolved.robot.model = kRobotFile;
    resolved.robot.folder = model->folder();
  };
  RecipeChoice choice = command.recipe;
  choice.on_gpu = on_gpu;
  RunConfig config = load_run_config(choice, change);
  return {std::move(config), std::move(model)};
}

Trained start(const TrainCommand& command) {
  const std::filesystem::path out =
      command.out.empty() ? default_run_path(kRuns) : std::filesystem::path(command.out);
  const IfExists if_exists = command.force ? IfExists::kReplace : IfExists::kRefuse;
  RunFolder::check_can_create(out, if_exists);
  const Device device = choose_device(command.device);
  auto [config, model] = read_recipe(command, device.cuda);
  check_budget(config);
  check_contract(config);
  Simulation simulation = make_simulation(config, device, command.threads);
  if (!command.init_from.empty()) simulation.trainer->load_networks(follow_link(command.init_from));
  RunFolder run = command.out.empty() ? RunFolder::create_new(kRuns, recipe_text(config))
                                      : RunFolder::create(out, recipe_text(config), if_exists);
  std::cerr << "run folder: " << shown(run.path()) << '\n';
  if (model) {
    model->write_to(run.path());
    config.robot.folder = run.path();
  }
  if (!has_symlinks(run.checkpoints()))
    std::cerr << "no symbolic links here: last.ckpt and best.ckpt are small files that name a "
                 "checkpoint\n";
  return train(command, config, simulation, run, false);
}

}  // namespace

Trained run_train(const TrainCommand& command) {
  return command.resume.empty() ? start(command) : resume(command);
}

}  // namespace kennel
