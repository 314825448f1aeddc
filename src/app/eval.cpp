// kennel eval: the flags; src/judge has the judge.
#include <memory>

#include "command.h"
#include "flags.h"
#include "kennel/judge/eval_command.h"
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
  std::string episodes_doc, study_doc;
  std::vector<std::pair<std::string, Study>> studies;
  for (const StudyInfo& study : kStudies) {
    episodes_doc += text(episodes_doc.empty() ? "" : "; ", study.name, ": ", study.each,
                         ", default ", study.episodes);
    study_doc += text(study_doc.empty() ? "" : "; ", study.name, ": ", study.doc);
    studies.emplace_back(study.name, study.study);
  }
  app.add_option("--episodes", command->episodes, episodes_doc)->check(number_from(1, 1000000));
  add_seed(app, command->seed,
           text("of the commands and the randomisation; below ", judge::kFirstPublishedSeed,
                " for tuning, from there on for published figures, by which nothing is chosen"));
  app.add_flag("--json", command->json, "print an object a line, not a table");
  add_threads(app, command->threads, "0: one for each core");
  app.add_option("--model", command->model,
                 "MJCF to play in (default: the run's robot.xml, or that of the policy's robot)");
  std::string condition_doc;
  std::vector<std::pair<std::string, std::vector<Condition>>> conditions;
  std::vector<Condition> all;
  for (const judge::ConditionInfo& condition : judge::kConditions) {
    condition_doc += text(condition.name, ": ", condition.doc, "; ");
    conditions.push_back({condition.name, {condition.condition}});
    all.push_back(condition.condition);
  }
  conditions.push_back({"both", command->conditions});
  conditions.push_back({"all", all});
  add_choice(app, "--condition", condition_doc + "both: nominal and randomised",
             command->conditions, conditions, "both");
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
  add_choice(app, "--study", study_doc, command->study, studies, "protocol");
  return [command] { return run_eval(*command); };
}

}  // namespace kennel
