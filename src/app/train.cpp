// kennel train: everything is read and checked, then the run folder appears, then training starts.
#include "kennel/app/train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
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
#include "kennel/ranks/ranks.h"
#include "kennel/run/build_info.h"
#include "kennel/run/device.h"
#include "kennel/run/edited_recipe.h"
#include "kennel/run/interrupt.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"
#include "kennel/run/run_config.h"
#include "kennel/run/train_loop.h"
#include "policy_export.h"
#include "rank_device.h"
#include "simulation.h"

namespace kennel {
namespace {

constexpr const char* kRuns = "runs";  // where runs without --out go

Ranks& ranks_of(const TrainCommand& command) {
  static Ranks alone;
  return command.ranks != nullptr ? *command.ranks : alone;
}

Device device_of(const TrainCommand& command) {
  return device_of_rank(ranks_of(command), command.device);
}

/// \param from  the checkpoint that training starts from
/// \throws Error where ranks would train by different recipes, programs or checkpoints
void agree_on(const RunConfig& config, Ranks& ranks, const std::string& from) {
  if (ranks.size() == 1) return;
  const BuildInfo& build = build_info();
  ranks.meeting().agree("the program", text(build.version, " of commit ", build.commit, ", ",
                                            build.compiler, " ", build.flags));
  ranks.meeting().agree("the recipe", recipe_text(config));
  ranks.meeting().agree("the checkpoint", from);
}

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

/// What all ranks' environments measured since the last call, and the learner in their place.
/// \param run  null: another rank writes it
std::vector<Scalar> checked_stats(const Simulation& simulation, const RunFolder* run,
                                  const RunConfig& config, const Collective& all) {
  VecEnv& env = *simulation.env;
  std::vector<Scalar> scalars;
  const auto sum = [&](std::span<double> numbers) {
    torch::Tensor x = torch::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())},
                                       torch::kFloat64);
    all.sum(x);
  };
  for (const Stat& stat : env.drain_stats_of_all(sum)) {
    if (stat.name == "env/diverged") {
      if (stat.value > 0.0 && run != nullptr) keep_divergence(env, *run);
      check_diverged(stat.value, config.train.num_envs, small_task_of(config) == nullptr);
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
              RunFolder* run, bool resumed, InterruptGuard& guard) {
  Ranks& ranks = ranks_of(command);
  if (run != nullptr)
    note_machine(*run, *simulation.env, command.threads > 0 ? command.threads : num_usable_cores());
  std::cerr << "simulator: " << described(simulation.env->spec().kernel) << '\n';
  const std::int64_t first_steps = simulation.trainer->env_steps();
  const auto start = std::chrono::steady_clock::now();
  TrainLoop loop{
      .learner = *simulation.trainer,
      .run = run,
      .drain_stats = [&] { return checked_stats(simulation, run, config, ranks.collective()); },
      .config = config.train,
      .config_text = recipe_text(config),
      .resumed = resumed,
      .interrupted = InterruptGuard::flag(),
      .largest = [&](std::int64_t own) { return ranks.largest(own); },
      .now = [&](const char* doing) { ranks.collective().now(doing); }};
  if (command.on_iteration)
    loop.on_iteration = [&](std::int64_t env_steps, const std::vector<Scalar>& scalars) {
      const double spent = static_cast<double>(env_steps) / static_cast<double>(config.train.steps);
      return command.on_iteration(env_steps, std::min(1.0, spent), scalars);
    };
  if (command.minutes) loop.max_minutes = *command.minutes;
  guard.take(StopSignals::kAll);
  const StopReason reason = train_loop(loop);
  ranks.alone_from_now();
  // Ctrl-C ends the judgement at once. Where a signal has ended the training, its repeats do not.
  if (reason != StopReason::kInterrupted) guard.take(StopSignals::kWarnings);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto steps = static_cast<double>(simulation.trainer->env_steps() - first_steps);
  std::cerr << "trained " << count_text(steps) << " steps in " << duration_text(elapsed.count())
            << ", " << count_text(steps / elapsed.count()) << "/s" << reason_text(reason) << '\n';
  if (run == nullptr) return {{}, simulation.trainer->env_steps()};  // the rest is the first's
  finish_run(simulation, config, *run, command.threads, reason);
  return {run->path(), simulation.trainer->env_steps(), simulation.trainer->complaint()};
}

/// Says before training what cannot be mended after it.
void check_contract(const RunConfig& config) {
  const std::string warning = check_exportable(config);
  if (!warning.empty()) std::cerr << "kennel: warning: " << warning << '\n';
}

/// The checkpoint that a run goes on from: "last" or a step; none where it was killed before its
/// first.
std::optional<std::string> checkpoint_of(const TrainCommand& command, const RunFolder& run) {
  if (command.checkpoint) return std::to_string(*command.checkpoint);
  if (run.checkpoint_steps().empty()) return std::nullopt;
  return "last";
}

/// Whether all of a run is there; says so.
bool is_complete(const RunFolder& run, std::int64_t env_steps, const RunConfig& config) {
  if (!is_finished(run, env_steps, config)) return false;
  std::cerr << shown(run.path()) << " is complete: its " << env_steps << " steps"
            << (small_task_of(config) == nullptr ? ", policy and report" : " and policy")
            << " are there; train longer with kennel train --resume " << shown(run.path())
            << " --steps " << 2 * env_steps << '\n';
  return true;
}

Trained resume(const TrainCommand& command, InterruptGuard& guard) {
  Ranks& ranks = ranks_of(command);
  std::optional<RunFolder> written;
  if (ranks.first()) written.emplace(RunFolder::resume(command.resume));
  ranks.word_of_first("tidied up", "");  // the others read what the first one left
  const RunFolder run = RunFolder::open(command.resume);
  const std::optional<std::string> from = checkpoint_of(command, run);
  std::optional<CheckpointSummary> saved;
  if (from) saved = read_run_checkpoint(run, *from);
  const RunConfig config = load_run_config(
      {.file = run.config()}, [&](RunConfig& resolved) { apply_flags(command, resolved); });
  if (!from) check_budget(config);
  check_contract(config);
  RunConfig before = config;
  if (saved) {
    before = parse_run_config(saved->config, run.find_checkpoint(*from).string());
    check_resumable(before, config, run.config().string());
  }
  agree_on(config, ranks, saved ? text(saved->env_steps, " steps") : "none");
  Simulation simulation = make_simulation(config, device_of(command), command.threads, ranks);
  if (from) simulation.trainer->load(run.find_checkpoint(*from));
  simulation.trainer->take_edits(before.learner);
  const std::int64_t env_steps = simulation.trainer->env_steps();
  const bool complete = written && is_complete(*written, env_steps, config);
  const bool known = ranks.word_of_first("complete", complete ? "yes" : "no") == "yes";
  if (known || env_steps >= config.train.steps) ranks.alone_from_now();
  if (known) return {command.resume, env_steps};
  if (!written) {
    if (env_steps >= config.train.steps) return {command.resume, env_steps};
    return train(command, config, simulation, nullptr, true, guard);
  }
  if (command.checkpoint) written->go_back_to(*command.checkpoint);
  write_file_atomically(written->config(), recipe_text(config));
  if (env_steps >= config.train.steps) {  // killed after its last step
    std::cerr << shown(written->path()) << " has its " << env_steps
              << " steps; finishing what is missing\n";
    finish_run(simulation, config, *written, command.threads, StopReason::kBudgetSpent);
    return {written->path(), env_steps};
  }
  return train(command, config, simulation, &*written, true, guard);
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

Trained start(const TrainCommand& command, InterruptGuard& guard) {
  Ranks& ranks = ranks_of(command);
  const std::filesystem::path out =
      command.out.empty() ? default_run_path(kRuns) : std::filesystem::path(command.out);
  const IfExists if_exists = command.force ? IfExists::kReplace : IfExists::kRefuse;
  if (ranks.first()) RunFolder::check_can_create(out, if_exists);
  const Device device = device_of(command);
  auto [config, model] = read_recipe(command, device.cuda);
  check_budget(config);
  check_contract(config);
  agree_on(config, ranks, command.init_from);
  Simulation simulation = make_simulation(config, device, command.threads, ranks);
  if (!command.init_from.empty()) simulation.trainer->load_networks(follow_link(command.init_from));
  if (!ranks.first()) return train(command, config, simulation, nullptr, false, guard);
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
  return train(command, config, simulation, &run, false, guard);
}

}  // namespace

Trained run_train(const TrainCommand& command) {
  // A batch system may warn before the first iteration, which is then the only one, and during the
  // judgement, which goes on.
  InterruptGuard guard(StopSignals::kWarnings);
  return command.resume.empty() ? start(command, guard) : resume(command, guard);
}

}  // namespace kennel
