// kennel bench walk: a process a seed, which trains while the clock runs; between its checks the
// clock stands still and the judge plays.
#include "bench_walk.h"

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench_walk_print.h"
#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/judge/first_pass.h"
#include "kennel/run/progress_line.h"
#include "subprocess.h"

namespace kennel {
namespace {

using judge::Gate;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// How the process of a seed is started.
std::vector<std::string> paced_command(const WalkCommand& command, std::int64_t seed) {
  std::vector<std::string> line = {own_program(), "bench", "walk", "--paced"};
  const auto add = [&](const char* flag, const std::string& value) {
    line.insert(line.end(), {flag, value});
  };
  add("--first-seed", std::to_string(seed));
  add("--threads", std::to_string(command.threads));
  add("--device", name_of(command.device));
  if (!command.recipe.shipped.empty()) add("--recipe", command.recipe.shipped);
  if (!command.recipe.file.empty()) add("--config", command.recipe.file.string());
  if (!command.recipe.keys.empty()) add("--set", command.recipe.keys);
  if (command.steps) add("--steps", std::to_string(*command.steps));
  if (command.check_every) add("--check-every", std::to_string(*command.check_every));
  return line;
}

/// A training in a process of its own, and the clock that runs while it does.
class TimedTraining {
 public:
  TimedTraining(const WalkCommand& command, std::int64_t seed) {
    const Clock::time_point start = Clock::now();
    process_.emplace(paced_command(command, seed));
    const std::string answer = process_->ask();
    now_.start_up = now_.seconds = since(start);
    ready_ = Json::parse(answer);
  }

  const Json& ready() const { return ready_; }
  const Check& now() const { return now_; }

  /// Trains up to the next check.
  void advance() {
    const Clock::time_point start = Clock::now();
    const std::string answer = process_->ask();
    now_.seconds += since(start);
    const Json json = Json::parse(answer), &phases = json.at("seconds");
    now_.env_steps = json.at("env_steps");
    now_.simulator = phases.at("simulator");
    now_.policy = phases.at("policy");
    now_.update = phases.at("update");
    now_.ended = json.at("ended");
  }

  /// The policy of the last check; once a check.
  PolicyFile policy() { return policy_from_json("the policy of this check", process_->ask()); }

 private:
  static double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  std::optional<LineProcess> process_;
  Json ready_;
  Check now_;
};

std::string progress_text(const Check& now, const RunConfig& config) {
  return text(duration_text(now.seconds), ", ", count_text(static_cast<double>(now.env_steps)),
              " of ", count_text(static_cast<double>(config.train.steps)), " steps");
}

WalkTime time_to_walk(const WalkCommand& command, const RunConfig& config, std::int64_t seed) {
  WalkTime time{seed, {}, {}, {}};
  ProgressLine progress;
  progress.show(text("seed ", seed, ": starting"));
  TimedTraining training(command, seed);
  time.ready = training.ready();
  const auto next = [&]() -> std::optional<PolicyFile> {
    if (training.now().ended || training.now().seconds >= 60.0 * command.max_minutes) return {};
    training.advance();
    time.checks.push_back(training.now());
    return training.policy();
  };
  judge::EvalOptions options;
  options.seed = command.judge_seed;
  options.threads = command.threads;
  if (!config.robot.model.empty()) options.model = config.robot.file().string();
  const auto play = [&](Gate gate, const PolicyFile& policy, judge::Judgement& judgement) {
    judge::play_for(gate, policy, options, judgement);
    const std::string missed = judge::missed(gate, judgement, policy);
    if (missed.empty() || progress.is_due())
      progress.show(text("seed ", seed, ": ", progress_text(training.now(), config), ": ",
                         missed.empty() ? judge::kGates[static_cast<int>(gate)].name : missed));
  };
  time.passes = judge::first_passes({next, play}, command.until);
  return time;
}

}  // namespace

RunConfig walk_config(const WalkCommand& command) {
  RecipeChoice choice = command.recipe;
  choice.on_gpu = command.device.cuda;
  return load_run_config(choice, [&](RunConfig& config) {
    if (command.steps) config.train.steps = *command.steps;
    config.train.seed = command.first_seed;
  });
}

int run_bench_walk(const WalkCommand& command) {
  const RunConfig config = walk_config(command);
  KENNEL_CHECK(config.task.name == kWalkTask, "the recipe's task is ", config.task.name,
               "; bench walk measures how long it takes to learn to ", kWalkTask);
  check_budget(config);
  if (!command.json) print_walk_head(command);
  std::vector<WalkTime> all;
  bool passed = true;
  for (int k = 0; k < command.seeds; ++k) {
    const WalkTime& time = all.emplace_back(time_to_walk(command, config, command.first_seed + k));
    if (command.json) {
      std::cout << walk_json(command, config, time) << std::endl;
    } else {
      print_walk_row(command, time);
    }
    if (time.passes[command.until]) continue;
    passed = false;
    std::cerr << "kennel: " << walk_complaint(time) << '\n';
  }
  for (const judge::GateInfo& gate : judge::kGates)
    if (gate.gate <= command.until)
      (command.json ? std::cerr : std::cout) << walk_summary(all, gate.gate) << std::endl;
  return passed ? 0 : 1;
}

}  // namespace kennel
