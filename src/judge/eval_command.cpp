#include "kennel/judge/eval_command.h"

#include <algorithm>
#include <cstdio>

#include "eval_print.h"
#include "kennel/core/check.h"
#include "kennel/judge/judge_model.h"
#include "kennel/judge/progress.h"

namespace kennel {
namespace {

using judge::Condition;
using judge::Physics;

struct Named {
  std::string path;
  PolicyFile policy;
};

judge::EvalOptions options_of(const EvalCommand& command, Physics physics) {
  judge::EvalOptions options;
  options.episodes = command.episodes.value_or(kStudies[static_cast<int>(command.study)].episodes);
  options.seed = command.seed;
  options.threads = command.threads;
  options.physics = physics;
  options.model = command.model;
  return options;
}

void run_protocol(const EvalCommand& command, const std::vector<Named>& policies) {
  std::size_t width = std::string("policy").size();
  for (const Named& named : policies) width = std::max(width, named.path.size());
  if (!command.json) print_protocol_head(width, command.seed);
  for (const Condition condition : command.conditions)
    for (const Named& named : policies)
      for (const Physics physics : command.physics) {
        judge::EvalOptions options = options_of(command, physics);
        options.condition = condition;
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
        const EvalSubject subject{named.path, physics, command.seed};
        if (command.json) {
          print_protocol_json(subject, condition, result);
        } else {
          print_protocol_row(subject, condition, result, width);
        }
        std::fflush(stdout);
      }
}

/// A study beside the protocol: its cells of one policy, and how they are printed.
template <class Run, class Print>
void run_study(const EvalCommand& command, const std::vector<Named>& policies, Run&& run,
               Print&& print) {
  for (const Named& named : policies)
    for (const Physics physics : command.physics) {
      judge::EvalOptions options = options_of(command, physics);
      std::optional<EpisodeProgress> progress(std::in_place);
      options.on_progress = [&](int done) { progress->show(named.path, done); };
      const auto cells = run(named.policy, options);
      progress.reset();
      print(EvalSubject{named.path, physics, command.seed}, cells);
      std::fflush(stdout);
    }
}

}  // namespace

int run_eval(const EvalCommand& command) {
  KENNEL_CHECK(!command.policies.empty(), "eval needs at least one policy file");
  const bool in_kennel = std::any_of(command.physics.begin(), command.physics.end(),
                                     [](Physics physics) { return physics != Physics::kMujoco; });
  std::vector<Named> policies;
  for (const std::string& path : command.policies) policies.push_back({path, command.load(path)});
  if (!command.model.empty() && in_kennel)
    for (const std::string& warning :
         judge::load_judge_model(command.model, policies.front().policy).kennel.warnings)
      std::fprintf(stderr, "kennel: warning: %s\n", warning.c_str());
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
  }
  return 0;
}

}  // namespace kennel
