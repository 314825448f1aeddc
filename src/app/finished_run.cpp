#include "finished_run.h"

#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "kennel/app/run_policy.h"
#include "kennel/app/task_eval.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/judge/eval_command.h"
#include "kennel/report/report.h"
#include "kennel/run/env_policy.h"
#include "kennel/run/paths.h"

namespace kennel {
namespace {

/// What a run's file `finished` says when policy, judgement and report are those of its last step.
std::string finished_text(std::int64_t env_steps, const TrainConfig& config, StopReason reason) {
  return text("policy, judgement and report after ", env_steps, " steps, ", config.judge_episodes,
              " episodes", reason == StopReason::kMinutesOver ? ", --minutes over\n" : "\n");
}

/// What can be done with a run that is over.
std::string further_training(const std::string& folder, std::int64_t env_steps, bool ended) {
  return text("kennel train --resume ", folder,
              ended ? text(" --steps ", 2 * env_steps, "   (train longer)") : "   (go on)",
              "\n      tensorboard --logdir ", folder, "   (see the curves)\n");
}

/// Prints what the policy of a small task earns, and says what to do next.
void finish_small(const PolicyFile& policy, const RunConfig& config, const RunFolder& run,
                  StopReason reason) {
  const std::string file = shown(run.policy()), folder = shown(run.path());
  std::cerr << "policy: " << file << '\n';
  if (config.train.judge_episodes > 0) {
    TaskEvalCommand eval;
    eval.policies = {{file, policy}};
    eval.episodes = config.train.judge_episodes;
    run_task_eval(eval);
  }
  write_file_atomically(run.finished(), finished_text(*policy.env_steps, config.train, reason));
  std::cerr << "next: kennel eval " << folder
            << " --episodes 10000   (its return, to more digits)\n"
            << "      kennel compare default:" << config.train.algorithm << " --task "
            << config.task.name << "   (learning curves on a page, of several seeds and methods)\n"
            << "      kennel export " << folder << " --format c -o policy.h   (or onnx, json ...)\n"
            << "      "
            << further_training(folder, *policy.env_steps, *policy.env_steps >= config.train.steps);
}

}  // namespace

bool is_finished(const RunFolder& run, std::int64_t env_steps, const RunConfig& config) {
  std::error_code ignored;
  std::vector<std::filesystem::path> files = {run.policy(), run.finished()};
  if (small_task_of(config) == nullptr) files.push_back(run.report());
  for (const std::filesystem::path& file : files)
    if (!std::filesystem::exists(file, ignored)) return false;
  return env_steps >= config.train.steps &&
         read_file(run.finished()) ==
             finished_text(env_steps, config.train, StopReason::kBudgetSpent);
}

void finish_run(const Simulation& simulation, const RunConfig& config, const RunFolder& run,
                int threads, StopReason reason) {
  const bool ended = simulation.trainer->env_steps() >= config.train.steps;
  PolicyFile exported = policy_file(simulation.trainer->policy(), config);
  exported.env_steps = simulation.trainer->env_steps();
  write_policy(run.policy().string(), exported);
  if (!exported.has_robot()) return finish_small(exported, config, run, reason);
  const std::string folder = shown(run.path());
  const std::string page = shown(run.report());
  const std::string policy = shown(run.policy());
  std::cerr << "policy: " << policy << '\n';
  report::ReportOptions known{
      .judge_episodes = 0, .slow_episodes = 0, .sweep_episodes = 0, .threads = threads};
  if (config.train.judge_episodes > 0) {
    known.slow_episodes = report::ReportOptions{}.slow_episodes;
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
  report::write_report(report::subject_of(run, load_policy(run.policy().string())), run.report(),
                       known);
  write_file_atomically(run.finished(), finished_text(*exported.env_steps, config.train, reason));
  std::cerr << "report: " << page << "   (open it in a browser)\n"
            << "next: kennel play " << policy
            << "   (see it move; --video robot.mp4 without a display)\n"
            << "      kennel report " << folder << "   (the report with sweeps: where it breaks)\n"
            << "      " << further_training(folder, *exported.env_steps, ended);
}

}  // namespace kennel
