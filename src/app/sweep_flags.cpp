// kennel sweep: the flags.
#include <memory>

#include "command.h"
#include "flags.h"
#include "sweep.h"
#include "sweep_file.h"
#include "sweep_judgement.h"

namespace kennel {
namespace {

/// The names and meanings of a section, for the help.
struct KeyList {
  std::string all;
  template <class Value>
  void field(const char* name, const Value&, Bounds, const char* doc) {
    all += text("\n  ", name, ": ", doc);
  }
};

std::string help() {
  KeyList base, plan;
  SweepBase no_base;
  SweepPlan no_plan;
  visit_fields(no_base, base);
  visit_fields(no_plan, plan);
  return text("The file is TOML. Above the first section, the recipe:", base.all,
              "\n[sweep]:", plan.all,
              "\n[sweep.keys], a line a key of the recipe:\n  \"ppo.entropy_coef\" = [0.005, 0.01]"
              "\n  \"ppo.gamma\" = {min = 0.9, max = 0.99, log = true}   (method random; whole "
              "numbers where both ends are)");
}

}  // namespace

RunCommand add_sweep(CLI::App& app) {
  const auto command = std::make_shared<SweepCommand>();
  const auto devices = std::make_shared<DeviceFlags>();
  const auto judge = std::make_shared<SweepJudge>();
  const auto judges = std::make_shared<bool>(false);
  app.footer(help());
  app.add_option("file", command->file, "what is to be tried (TOML)")->required();
  app.add_option("--out", command->out,
                 "folder of the sweep; where it is one already, what is not complete goes on")
      ->required();
  app.add_option("--jobs", command->jobs, "trainings side by side (default: the file's)")
      ->check(number_from(1, 4096));
  add_devices(app, *devices);
  app.add_flag("--dry-run", command->dry_run, "check everything and list the settings");
  CLI::Option* run =
      app.add_flag("--judge", *judges, "what it starts after each training: judges the run --out");
  app.add_option("--judge-seed", judge->seed, "of --judge")->needs(run);
  app.add_option("--judge-episodes", judge->episodes, "of --judge")->needs(run);
  app.add_option("--threads", judge->threads, "of --judge")->needs(run);
  return [command, devices, judge, judges] {
    if (*judges) return run_sweep_judge(command->out, *judge);
    command->devices = devices->chosen();
    return run_sweep(*command);
  };
}

}  // namespace kennel
