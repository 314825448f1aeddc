#include "kennel/app/task_eval.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "envs/small/rows.h"
#include "kennel/core/check.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

const small::TaskRow& task_of(const NamedPolicy& named) {
  const small::TaskRow* task = small::find_task(named.policy.task);
  KENNEL_CHECK(task != nullptr, named.name, " is a policy of the task ", named.policy.task,
               ", which this program does not have; kennel info lists the tasks");
  const PolicyNetwork& network = named.policy.network;
  KENNEL_CHECK(
      network.input_size() == task->obs_size() && network.output_size() == task->action_size,
      named.name, ": a policy from ", network.input_size(), " numbers to ", network.output_size(),
      "; the task ", task->name, " takes one from ", task->obs_size(), " to ", task->action_size);
  return *task;
}

/// A row an environment.
void act(const PolicyNetwork& network, const torch::Tensor& obs, torch::Tensor& action) {
  const auto in = static_cast<std::size_t>(network.input_size());
  const auto out = static_cast<std::size_t>(network.output_size());
  const float* row = obs.const_data_ptr<float>();
  float* to = action.mutable_data_ptr<float>();
  for (std::int64_t env = 0; env < obs.size(0); ++env, row += in, to += out)
    std::ranges::copy(forward(network, std::span(row, in)), to);
}

}  // namespace

TaskReturn task_return(const NamedPolicy& named, int episodes, std::uint64_t seed) {
  const small::TaskRow& task = task_of(named);
  EnvOptions options;
  options.num_envs = episodes;
  options.seed = seed;
  options.device = "cpu";
  const std::unique_ptr<VecEnv> env = make_small_env(task, options);
  env->reset();
  torch::Tensor action = torch::zeros({episodes, task.action_size});
  torch::Tensor sum = torch::zeros({episodes}, torch::kFloat64);
  torch::Tensor running = torch::ones({episodes});  // 1 until the first episode's end
  for (int step = 0; step < task.episode_steps; ++step) {
    act(named.policy.network, env->buffers().obs, action);
    env->step(action);
    const StepBuffers& now = env->buffers();
    sum += (now.reward * running).to(torch::kFloat64);
    running *= 1 - now.terminated - now.truncated;
  }
  const double error = episodes > 1 ? sum.std().item<double>() / std::sqrt(episodes) : 0.0;
  return {sum.mean().item<double>(), error};
}

std::string task_json(const NamedPolicy& named, int episodes, std::uint64_t seed,
                      const TaskReturn& earned) {
  const small::TaskRow& task = task_of(named);
  const nlohmann::ordered_json line = {{"policy", named.name},
                                       {"task", task.name},
                                       {"episodes", episodes},
                                       {"seed", seed},
                                       {"return", earned.mean},
                                       {"standard_error", earned.standard_error},
                                       {"best_return", task.best_return},
                                       {"best_from", task.best_from}};
  return line.dump();
}

int run_task_eval(const TaskEvalCommand& command) {
  std::size_t width = std::string("policy").size();
  for (const NamedPolicy& named : command.policies) {
    task_of(named);  // every policy is checked before the first is played
    width = std::max(width, named.name.size());
  }
  const int columns = static_cast<int>(width);
  if (!command.json)
    std::printf("%-*s  %-9s %8s %12s %9s %12s\n", columns, "policy", "task", "episodes", "return",
                "+-", "best");
  for (const NamedPolicy& named : command.policies) {
    const small::TaskRow& task = task_of(named);
    const TaskReturn earned = task_return(named, command.episodes, command.seed);
    if (command.json) {
      std::puts(task_json(named, command.episodes, command.seed, earned).c_str());
    } else {
      std::printf("%-*s  %-9s %8d %12.5g %9.2g %12.7g  (%s)\n", columns, named.name.c_str(),
                  task.name, command.episodes, earned.mean, earned.standard_error, task.best_return,
                  task.best_from);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace kennel
