// kennel bench walk: the training of one seed, which stands still until it is told to go on.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench_walk.h"
#include "kennel/core/usable_cores.h"
#include "kennel/run/env_policy.h"
#include "simulation.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

bool told_to_go_on() {
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

void answer(const std::string& line) { std::cout << line << std::endl; }

class PacedTraining {
 public:
  PacedTraining(const WalkCommand& command, const RunConfig& config)
      : config_(config),
        check_every_(command.check_every.value_or((config.train.steps + 99) / 100)),
        simulation_(make_simulation(config, command.device, command.threads)) {}

  const VecEnv& env() const { return *simulation_.env; }

  /// Trains up to the next multiple of `check_every`, or to the end.
  /// \return the policy of then, in the host's memory
  PolicyNetwork advance() {
    const std::int64_t next = std::min(
        config_.train.steps, (simulation_.trainer->env_steps() / check_every_ + 1) * check_every_);
    while (simulation_.trainer->env_steps() < next) iterate();
    return simulation_.trainer->policy();
  }

  Json state() const {
    return {{"env_steps", simulation_.trainer->env_steps()},
            {"seconds", {{"simulator", simulator_}, {"policy", policy_}, {"update", update_}}},
            {"ended", ended()}};
  }

  bool ended() const { return simulation_.trainer->env_steps() >= config_.train.steps; }

  /// As in a run's policy.json.
  std::string file(const PolicyNetwork& network) const {
    PolicyFile policy = policy_file(network, config_);
    policy.env_steps = simulation_.trainer->env_steps();
    return policy_json("the policy of this recipe", policy);
  }

 private:
  /// As `train_loop` does it.
  void iterate() {
    Learner& learner = *simulation_.trainer;
    learner.set_progress(static_cast<double>(learner.env_steps()) /
                         static_cast<double>(config_.train.steps));
    const IterationReport report = learner.iterate();
    simulator_ += report.simulator_seconds;
    policy_ += report.policy_seconds;
    update_ += report.update_seconds;
    for (const Stat& stat : simulation_.env->drain_stats())
      if (stat.name == "env/diverged") check_diverged(stat.value, env().spec().num_envs);
  }

  const RunConfig& config_;
  std::int64_t check_every_;
  Simulation simulation_;
  double simulator_ = 0.0, policy_ = 0.0, update_ = 0.0;  // seconds
};

}  // namespace

int run_paced_training(const WalkCommand& command) {
  if (!told_to_go_on()) return 0;
  const RunConfig config = walk_config(command);
  PacedTraining training(command, config);
  const int threads = command.threads > 0 ? command.threads : num_usable_cores();
  const Json ready = {{"threads", threads}, {"simulator", described(training.env().spec().kernel)}};
  answer(ready.dump());
  while (!training.ended() && told_to_go_on()) {
    const PolicyNetwork policy = training.advance();
    answer(training.state().dump());
    if (!told_to_go_on()) break;
    answer(training.file(policy));
  }
  return 0;
}

}  // namespace kennel
