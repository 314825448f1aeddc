// kennel bench walk: the flags.
#include <memory>

#include "bench_walk.h"
#include "command.h"
#include "flags.h"
#include "recipe_flags.h"

namespace kennel {

RunCommand add_bench_walk(CLI::App& app) {
  const auto command = std::make_shared<WalkCommand>();
  const auto device = std::make_shared<std::string>("auto");
  std::string gates;
  std::vector<std::pair<std::string, judge::Gate>> choices;
  for (const judge::GateInfo& gate : judge::kGates) {
    gates += text("\n  ", gate.name, ": ", gate.doc, ". At most");
    const char* separator = " ";
    for (const judge::Limit& limit : judge::limits()) {
      if (limit.gate != gate.gate) continue;
      gates += text(separator, limit.study, " ", limit.name, " ", limit.at_most, " ", limit.unit);
      separator = ", ";
    }
    choices.emplace_back(gate.name, gate.gate);
  }
  app.footer(text(
      "Each seed trains in a process of its own. The clock runs from before that process starts "
      "(loading, environments and all) up to the first check whose policy passes in "
      "MuJoCo, and stands still while a policy is judged.",
      gates));
  constexpr std::int64_t kMost = 1'000'000'000'000'000;
  constexpr std::int64_t kLargestSeed = std::int64_t{1} << 53;
  app.add_flag("--json", command->json, "print an object a seed, not a table");
  app.add_option("--seeds", command->seeds, "trainings, one after the other")
      ->check(number_from(1, 10000))
      ->capture_default_str();
  app.add_option("--first-seed", command->first_seed, "of the training; the others follow")
      ->check(number_from(std::int64_t{0}, kLargestSeed - 10000))
      ->capture_default_str();
  add_recipe(app, command->recipe);
  app.add_option("--steps", command->steps,
                 "budget of each training, which the recipe's schedules follow (default: the "
                 "recipe's)")
      ->check(number_from(std::int64_t{1}, kMost));
  app.add_option("--minutes", command->max_minutes, "stop a training after this time of its clock")
      ->check(number_from(0.0, 1e9));
  app.add_option("--check-every", command->check_every,
                 "control steps between two policies that are judged (default: a hundredth of the "
                 "budget)")
      ->check(number_from(std::int64_t{1}, kMost));
  add_choice(app, "--until", "which gate ends a training", command->until, choices, "obeys");
  app.add_option("--judge-seed", command->judge_seed,
                 text("of the judge's commands and randomisation; below ",
                      judge::kFirstPublishedSeed, " for tuning"))
      ->check(number_from(std::int64_t{0}, kLargestSeed))
      ->capture_default_str();
  add_threads(app, command->threads, "of training and judge; 0: one for each core");
  add_device(app, *device);
  app.add_flag("--paced", command->paced,
               "what it starts for each seed: the training alone, which goes on for each line on "
               "standard input and answers with a line");
  return [command, device] {
    command->device = choose_device(*device);
    return command->paced ? run_paced_training(*command) : run_bench_walk(*command);
  };
}

}  // namespace kennel
