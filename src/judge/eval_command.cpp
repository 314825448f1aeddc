#include "kennel/judge/eval_command.h"

#include <algorithm>
#include <cstdio>

#include "eval_print.h"
#include "kennel/core/check.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/progress.h"

namespace kennel {
namespace {

using judge::Condition;
using judge::Physics;

struct Named {
  std::string path;
  PolicyFile policy;
  std::string model;
};

judge::EvalOptions options_of(const EvalCommand& command, const Named& named, Physics physics) {
  judge::EvalOptions options;
  options.episodes = command.episodes.value_or(kStudies[static_cast<int>(command.study)].episodes);
  options.seed = command.seed;
  options.threads = command.threads;
  options.physics = physics;
  options.model = named.model;
  return options;
}

void run_protocol(const EvalCommand& command, const std::vector<Named>& policies) {
  std::size_t width = std::string("policy").size();
  for (const Named& named : policies) width = std::max(width, named.path.size());
  if (!command.json) print_protocol_head(policies[0].policy, width, command.seed, command.told);
  for (const Condition condition : command.conditions)
    for (const Named& named : policies)
      for (const Physics physics : command.physics) {
        judge::EvalOptions options = options_of(command, named, physics);
        options.condition = condition;
        options.command = command.told;
        judge::EvalResult result;
        {
          const EpisodeProgress progress;
          const std::string what = named.path + ", " + judge::name_of(condition);
          options.on_progress = [&](int done) {
            progress.show(text(what, ": episode ", done, " of ", options.episodes));
          };
          result = judge::evaluate(named.policy, options);
        }
        if (command.on_result) command.on_result(condition, physics, result);
        const EvalSubject subject{named.path, physics, command.seed, named.policy};
        if (command.json) {
          std::printf("%s\n", protocol_json(subject, condition, result, command.told).c_str());
        } else {
          print_protocol_row(subject, condition, result, width);
        }
        std::fflush(stdout);
      }
}

/// A study beside the protocol: its cells of one policy, and how they are printed.
/// \param what  said behind the policy's name while it runs
template <class Run, class Print>
void run_study(const EvalCommand& command, const std::vector<Named>& policies, Run&& run,
               Print&& print, const std::string& what = "") {
  for (const Named& named : policies)
    for (const Physics physics : command.physics) {
      judge::EvalOptions options = options_of(command, named, physics);
      std::optional<EpisodeProgress> progress(std::in_place);
      options.on_progress = [&](int done) { progress->show(named.path + what, done); };
      const auto cells = run(named.policy, options);
      progress.reset();
      print(EvalSubject{named.path, physics, command.seed, named.policy}, cells);
      std::fflush(stdout);
    }
}

/// Reads a policy and checks that its model can be played in.
/// \param warn  of what Kennel's physics leaves out of models that do not ship
Named read_policy(const EvalCommand& command, const std::string& path, bool warn) {
  Named named{path, command.load(path), command.model};
  if (named.model.empty()) named.model = judge::model_for(path, named.policy);
  const judge::JudgeModel model =
      judge::load_judge_model(options_of(command, named, Physics::kMujoco), named.policy);
  if (warn && !judge::is_shipped(named.model, named.policy))
    for (const std::string& warning : model.kennel.warnings)
      std::fprintf(stderr, "kennel: warning: %s\n", warning.c_str());
  return named;
}

/// A table has the columns of one task, and slow commands are for walks.
void check_tasks(const EvalCommand& command, const std::vector<Named>& policies) {
  for (const Named& named : policies) {
    if (command.study == Study::kSlow) {
      const std::string refusal = judge::slow_refusal(named.policy);
      KENNEL_CHECK(refusal.empty(), named.path, ": ", refusal);
    }
    const Named& first = policies.front();
    const std::string told = command_names(named.policy), told_first = command_names(first.policy);
    KENNEL_CHECK(command.study != Study::kProtocol || command.json || told == told_first,
                 named.path, " is told ", told, " and ", first.path, " ", told_first,
                 ", whose scores are not those of one table; judge them apart, or with --json");
  }
}

/// Warns of what a policy was never trained for.
void warn_of_untold(const EvalCommand& command, const std::vector<Named>& policies) {
  constexpr double kRounding = 1e-6;  // a range's bounds are floats
  for (const Named& named : policies)
    for (std::size_t at = 0; at < command.told->size(); ++at) {
      const CommandTerm& term = named.policy.command[at];
      const double told = (*command.told)[at];
      if (told >= term.range.low - kRounding && told <= term.range.high + kRounding) continue;
      const std::string warning =
          text(named.path, " is told ", term.name, " from ", term.range.low, " to ",
               term.range.high, ' ', term.unit, " by its own file, and ", told, " now");
      std::fprintf(stderr, "kennel: warning: %s\n", warning.c_str());
    }
}

}  // namespace

int run_eval(const EvalCommand& command) {
  KENNEL_CHECK(!command.policies.empty(), "eval needs at least one policy file");
  const bool in_kennel = std::any_of(command.physics.begin(), command.physics.end(),
                                     [](Physics physics) { return physics != Physics::kMujoco; });
  std::vector<Named> policies;
  for (const std::string& path : command.policies) {
    const bool again = !command.model.empty() && !policies.empty();  // the same model
    policies.push_back(read_policy(command, path, in_kennel && !again));
  }
  check_tasks(command, policies);
  KENNEL_CHECK(!command.told || command.study == Study::kProtocol,
               "the studies beside the protocol have commands of their own; leave out --study or "
               "the command");
  if (command.told) warn_of_untold(command, policies);
  switch (command.study) {
    case Study::kProtocol:
      run_protocol(command, policies);
      break;
    case Study::kSlow:
      run_study(command, policies, judge::run_slow, command.json ? print_slow_json : print_slow);
      break;
    case Study::kSweeps:
      run_study(command, policies, judge::run_sweeps,
                command.json ? print_sweeps_json : print_sweeps);
      break;
    case Study::kGrid:
      run_study(command, policies, judge::run_grid, command.json ? print_grid_json : print_grid);
      break;
    case Study::kFalls:
      for (const Condition condition : command.conditions)
        run_study(
            command, policies,
            [&](const PolicyFile& policy, judge::EvalOptions options) {
              options.condition = condition;
              return judge::run_falls(policy, options);
            },
            command.json ? print_falls_json : print_falls, text(", ", judge::name_of(condition)));
      break;
  }
  return 0;
}

}  // namespace kennel
