// kennel eval: the flags; src/judge has the judge.
#include <memory>

#include "command.h"
#include "eval_command.h"
#include "flags.h"

namespace kennel {

RunCommand add_eval(CLI::App& app) {
  const auto command = std::make_shared<EvalCommand>();
  app.add_option("policy", command->policies, "policy files (JSON), scored side by side")
      ->required();
  app.add_option("--episodes", command->episodes, "episodes a policy and condition")
      ->check(number_from(1, 1000000))
      ->capture_default_str();
  app.add_option("--seed", command->seed, "of the commands and the randomisation")
      ->capture_default_str();
  app.add_flag("--json", command->json, "print an object a policy and condition, not a table");
  add_threads(app, command->threads, "0: one for each core");
  app.add_option("--model", command->model, "MJCF to play in (default: the shipped Pupper v3)");
  const std::map<std::string, std::vector<judge::Condition>> conditions = {
      {"nominal", {judge::Condition::kNominal}},
      {"randomised", {judge::Condition::kRandomised}},
      {"both", command->conditions}};
  app.add_option_function<std::string>(
         "--condition",
         [command, conditions](const std::string& name) {
           command->conditions = conditions.at(name);
         },
         "nominal, randomised or both")
      ->check(one_of({"nominal", "randomised", "both"}))
      ->default_str("both");
  return [command] { return run_eval(*command); };
}

}  // namespace kennel
