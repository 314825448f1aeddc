// kennel eval: the flags; src/judge has the judge.
#include <memory>

#include "command.h"
#include "eval_command.h"
#include "flags.h"
#include "run_policy.h"

namespace kennel {

using judge::Condition;
using judge::Physics;

RunCommand add_eval(CLI::App& app) {
  const auto command = std::make_shared<EvalCommand>();
  command->load = load_named_policy;
  app.add_option(
         "policy", command->policies,
         "policy files (the robot's JSON, ONNX, TorchScript) or folders of runs, side by side")
      ->required();
  app.add_option("--episodes", command->episodes,
                 "a policy and condition, default 96; of a sweep's value, 16; of a grid's cell, 4")
      ->check(number_from(1, 1000000));
  app.add_option("--seed", command->seed, "of the commands and the randomisation")
      ->capture_default_str();
  app.add_flag("--json", command->json, "print an object a line, not a table");
  add_threads(app, command->threads, "0: one for each core");
  app.add_option("--model", command->model, "MJCF to play in (default: the shipped Pupper v3)");
  add_choice(app, "--condition", "nominal, randomised or both", command->conditions,
             {{"nominal", {Condition::kNominal}},
              {"randomised", {Condition::kRandomised}},
              {"both", command->conditions}},
             "both");
  add_choice(app, "--physics",
             "mujoco; kennel: the same episodes in the training simulator; both: one beside the "
             "other",
             command->physics,
             {{"mujoco", {Physics::kMujoco}},
              {"kennel", {Physics::kKennel}},
              {"both", {Physics::kMujoco, Physics::kKennel}}},
             "mujoco");
  add_choice(app, "--study",
             "protocol: random commands; sweeps: one thing about robot or floor at a time; grid: "
             "every command by itself",
             command->study,
             {{"protocol", EvalCommand::Study::kProtocol},
              {"sweeps", EvalCommand::Study::kSweeps},
              {"grid", EvalCommand::Study::kGrid}},
             "protocol");
  return [command] { return run_eval(*command); };
}

}  // namespace kennel
