// kennel eval: the flags; src/judge has the judge.
#include <memory>

#include "command.h"
#include "eval_command.h"
#include "flags.h"
#include "kennel/io/policy_formats.h"
#include "paths.h"

namespace kennel {

using judge::Condition;
using judge::Physics;

RunCommand add_eval(CLI::App& app) {
  const auto command = std::make_shared<EvalCommand>();
  command->load = [](const std::string& path) { return read_policy(policy_of(path)); };
  app.add_option(
         "policy", command->policies,
         "policy files (the robot's JSON, ONNX, TorchScript) or folders of runs, side by side")
      ->required();
  app.add_option("--episodes", command->episodes,
                 "a policy and condition, default 96; of a sweep's value, 16; of a grid's cell, 4")
      ->check(number_from(1, 1000000));
  add_seed(app, command->seed, "of the commands and the randomisation");
  app.add_flag("--json", command->json, "print an object a line, not a table");
  add_threads(app, command->threads, "0: one for each core");
  app.add_option("--model", command->model, "MJCF to play in (default: the shipped Pupper v3)");
  add_choice(app, "--condition", "nominal, randomised or both", command->conditions,
             {{"nominal", {Condition::kNominal}},
              {"randomised", {Condition::kRandomised}},
              {"both", command->conditions}},
             "both");
  add_choice(app, "--physics",
             "mujoco; kennel: the same episodes in the training simulator, in float, with its "
             "solver iterations and nominal inverse weights; exact: the same in double with exact "
             "weights; both: mujoco and kennel; all",
             command->physics,
             {{"mujoco", {Physics::kMujoco}},
              {"kennel", {Physics::kKennel}},
              {"exact", {Physics::kExact}},
              {"both", {Physics::kMujoco, Physics::kKennel}},
              {"all", {Physics::kMujoco, Physics::kExact, Physics::kKennel}}},
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
