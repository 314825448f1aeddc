// kennel train: everything is read and checked, then the run folder appears, then training starts.
#include "train.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "build_info.h"
#include "device.h"
#include "eval_command.h"
#include "interrupt.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/rl/trainer.h"
#include "kennel/sim/make_env.h"
#include "policy_export.h"
#include "progress_line.h"
#include "report.h"
#include "run_config.h"
#include "train_loop.h"

namespace kennel {
namespace {

/// The environments and who learns from them.
struct Simulation {
  std::unique_ptr<VecEnv> env;
  std::unique_ptr<Trainer> trainer;
};

void apply_flags(const TrainCommand& command, RunConfig& config) {
  if (command.steps) config.train.steps = *command.steps;
  if (command.seed) config.train.seed = *command.seed;
  if (command.num_envs) config.train.num_envs = *command.num_envs;
}

Simulation make_simulation(const TrainCommand& command, const RunConfig& config, Device device) {
  const auto seed = static_cast<std::uint64_t>(config.train.seed);
  EnvOptions options;
  options.num_envs = config.train.num_envs;
  options.seed = seed;
  options.num_threads = command.threads > 0 ? command.threads : num_usable_cores();
  options.device = name_of(device);
  Simulation simulation;
  simulation.env = make_env(config.env, options);
  simulation.trainer =
      std::make_unique<Trainer>(*simulation.env, config.ppo, seed,
                                pupper_mirrors(config.env.task.history), options.num_threads);
  return simulation;
}

/// Keeps a run's first diverged environment in a file and says so.
void keep_divergence(const VecEnv& env, const RunFolder& run) {
  if (std::filesystem::exists(run.divergence())) return;
  const std::optional<Replay> replay = env.first_divergence();
  if (!replay) return;
  write_replay(run.divergence(), *replay);
  const std::string file = std::filesystem::relative(run.divergence()).string();
  std::cerr << "kennel: warning: environment " << replay->env
            << " diverged and was reset; look at it with: kennel simulate --replay " << file
            << " --out trajectory.npy\n";
}

/// Single environments that diverge are reset and counted; when many do, the recipe is at fault.
std::vector<Scalar> checked_stats(VecEnv& env, const RunFolder& run) {
  constexpr double kTolerated = 0.01;  // of the environments, in one iteration
  const int num_envs = env.spec().num_envs;
  std::vector<Scalar> scalars;
  for (const Stat& stat : env.drain_stats()) {
    if (stat.name == "env/diverged" && stat.value > 0.0) keep_divergence(env, run);
    KENNEL_CHECK(stat.name != "env/diverged" || stat.value <= std::max(1.0, kTolerated * num_envs),
                 stat.value, " of ", num_envs,
                 " environments diverged in one iteration; try more env.solver_iterations or "
                 "narrower ranges in [env.randomization]");
    scalars.emplace_back(stat.name, stat.value);
  }
  scalars.emplace_back("env/fast_kernel", env.spec().kernel.why_not_fast.empty());
  return scalars;
}

const char* reason_text(StopReason reason) {
  switch (reason) {
    case StopReason::kMinutesOver:
      return " (--minutes are over)";
    case StopReason::kInterrupted:
      return " (interrupted)";
    default:
      return "";
  }
}

/// Exports and judges the policy, and says what to do next.
void finish(const Simulation& simulation, const RunConfig& config, const RunFolder& run,
            int threads) {
  const bool ended = simulation.trainer->env_steps() >= config.train.steps;
  write_policy(run.policy().string(), policy_file(simulation.trainer->policy(), config.env));
  const std::string folder = std::filesystem::relative(run.path()).string();
  const std::string page = std::filesystem::relative(run.report()).string();
  const std::string policy = std::filesystem::relative(run.policy()).string();
  std::cerr << "policy: " << policy << '\n';
  report::ReportOptions known{.judge_episodes = 0, .sweep_episodes = 0, .threads = threads};
  if (config.train.judge_episodes > 0) {
    std::cerr << "judging it in MuJoCo, " << config.train.judge_episodes
              << " episodes nominal and randomised, and in its own simulator\n";
    EvalCommand eval;
    eval.policies = {policy};
    eval.episodes = config.train.judge_episodes;
    eval.threads = threads;
    eval.physics = {judge::Physics::kMujoco, judge::Physics::kKennel};
    eval.on_result = [&](auto condition, auto physics, const judge::EvalResult& result) {
      known.judged.push_back({condition, physics, result});
    };
    run_eval(eval);
  }
  report::write_report(report::subject_of(run), run.report(), known);
  std::cerr << "report: " << page << "   (open it in a browser)\n"
            << "next: kennel play " << policy
            << "   (see it walk; --video walk.mp4 without a display)\n"
            << "      kennel report " << folder << "   (the report with sweeps: where it breaks)\n"
            << "      kennel train --resume " << folder
            << (ended ? text(" --steps ", 2 * simulation.trainer->env_steps(), "   (train longer)")
                      : "   (go on)")
            << '\n'
            << "      tensorboard --logdir " << folder << "   (see the curves)\n";
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

int train(const TrainCommand& command, const RunConfig& config, Simulation& simulation,
          RunFolder& run, bool resumed) {
  note_machine(run, *simulation.env, command.threads > 0 ? command.threads : num_usable_cores());
  std::cerr << "simulator: " << described(simulation.env->spec().kernel) << '\n';
  const std::int64_t first_steps = simulation.trainer->env_steps();
  const auto start = std::chrono::steady_clock::now();
  TrainLoop loop{.learner = *simulation.trainer,
                 .run = run,
                 .drain_stats = [&] { return checked_stats(*simulation.env, run); },
                 .config = config.train,
                 .config_text = recipe_text(config),
                 .resumed = resumed,
                 .interrupted = InterruptGuard::flag()};
  if (command.minutes) loop.max_minutes = *command.minutes;
  std::optional<InterruptGuard> guard(
      std::in_place);  // afterwards Ctrl-C ends the judgement at once
  const StopReason reason = train_loop(loop);
  guard.reset();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const auto steps = static_cast<double>(simulation.trainer->env_steps() - first_steps);
  std::cerr << "trained " << count_text(steps) << " steps in " << duration_text(elapsed.count())
            << ", " << count_text(steps / elapsed.count()) << "/s" << reason_text(reason) << '\n';
  finish(simulation, config, run, command.threads);
  return 0;
}

int resume(const TrainCommand& command) {
  RunFolder run = RunFolder::resume(command.resume);
  const std::filesystem::path checkpoint = run.find_checkpoint("last");
  const RunConfig config =
      load_run_config(run.config(), [&](RunConfig& resolved) { apply_flags(command, resolved); });
  Simulation simulation = make_simulation(command, config, choose_device(command.device));
  simulation.trainer->load(checkpoint);
  KENNEL_CHECK(simulation.trainer->env_steps() < config.train.steps, run.path().string(),
               " has its ", simulation.trainer->env_steps(),
               " steps already; ask for more with --steps ", 2 * config.train.steps);
  write_file_atomically(run.config(), recipe_text(config));
  return train(command, config, simulation, run, true);
}

int start(const TrainCommand& command) {
  const std::filesystem::path out =
      command.out.empty() ? default_run_path("runs") : std::filesystem::path(command.out);
  const IfExists if_exists = command.force ? IfExists::kReplace : IfExists::kRefuse;
  const RunConfig config =
      load_run_config(command.config, [&](RunConfig& resolved) { apply_flags(command, resolved); });
  RunFolder::check_can_create(out, if_exists);
  Simulation simulation = make_simulation(command, config, choose_device(command.device));
  if (!command.init_from.empty()) simulation.trainer->load_networks(command.init_from);
  RunFolder run = RunFolder::create(out, recipe_text(config), if_exists);
  std::cerr << "run folder: " << std::filesystem::relative(run.path()).string() << '\n';
  return train(command, config, simulation, run, false);
}

}  // namespace

int run_train(const TrainCommand& command) {
  return command.resume.empty() ? start(command) : resume(command);
}

}  // namespace kennel
