// kennel eval: the flags; src/judge has the judge, task_eval.h what has no robot.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "command.h"
#include "flags.h"
#include "kennel/app/run_policy.h"
#include "kennel/app/task_eval.h"
#include "kennel/judge/eval_command.h"

namespace kennel {

using judge::Condition;
using judge::Physics;

namespace {

/// What of `kennel eval` is for policies without a robot.
int eval_small_tasks(const EvalCommand& command, std::vector<NamedPolicy> policies) {
  for (const NamedPolicy& named : policies)
    KENNEL_CHECK(!named.policy.has_robot(), named.name, " has a robot and ", policies.front().name,
                 " does not; judge them apart");
  const EvalCommand usual;
  KENNEL_CHECK(
      command.study == usual.study && command.physics == usual.physics &&
          command.conditions == usual.conditions && command.model.empty() && !command.told,
      policies.front().name, " is a policy of the task ", policies.front().policy.task,
      ", which has no robot; leave --study, --physics, --condition, --command and --model out");
  TaskEvalCommand eval{.policies = std::move(policies), .seed = command.seed, .json = command.json};
  eval.episodes = command.episodes.value_or(TaskEvalCommand::kEpisodes);
  return run_task_eval(eval);
}

/// Policies of robots and of small tasks are judged by what they are.
int eval(const EvalCommand& command) {
  std::vector<NamedPolicy> policies;
  for (const std::string& path : command.policies)
    policies.push_back({path, load_named_policy(path)});
  // The first without a robot in front, for the message.
  const auto has_none = [](const NamedPolicy& named) { return !named.policy.has_robot(); };
  const auto none = std::find_if(policies.begin(), policies.end(), has_none);
  if (none != policies.end()) {
    std::rotate(policies.begin(), none, none + 1);
    return eval_small_tasks(command, std::move(policies));
  }
  EvalCommand judged = command;
  judged.load = [&](const std::string& path) {
    for (const NamedPolicy& named : policies)
      if (named.name == path) return named.policy;
    return load_named_policy(path);
  };
  return run_eval(judged);
}

}  // namespace

RunCommand add_eval(CLI::App& app) {
  const auto command = std::make_shared<EvalCommand>();
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
  episodes_doc += text("; of a small task, default ", TaskEvalCommand::kEpisodes);
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
  app.add_option("--command", command->told,
                 "protocol: told all the time, in the place of random commands; of a walk vx, vy "
                 "[m/s] and yaw rate [rad/s], of another task what its policy is told")
      ->check(number_from(-10.0, 10.0));
  add_choice(app, "--study", study_doc, command->study, studies, "protocol");
  return [command] { return eval(*command); };
}

}  // namespace kennel
