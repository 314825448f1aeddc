// kennel simulate: the flags.
#include <charconv>
#include <limits>
#include <memory>

#include "command.h"
#include "flags.h"
#include "kennel/core/check.h"
#include "kennel/io/recipe.h"
#include "model_flags.h"
#include "simulate.h"

namespace kennel {
namespace {

/// SimulateFlags whose text needs a second look.
struct SimulateFlags {
  SimulateCommand command;
  std::string precision;
  std::string device = "cpu";
  std::string solver_iterations;
  std::string invweight = "nominal";
  std::vector<std::string> set;
};

struct Override {
  const char* name;
  std::optional<double> ModelOverrides::*field;
  bool may_be_zero;
};

constexpr Override kOverrides[] = {
    {"kp", &ModelOverrides::kp, true},
    {"kd", &ModelOverrides::kd, true},
    {"friction", &ModelOverrides::friction, false},
    {"strength", &ModelOverrides::strength, true},
    {"base_mass_scale", &ModelOverrides::base_mass_scale, false},
};

template <class Number>
bool parse(std::string_view text, Number* number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc{} && rest == text.data() + text.size();
}

constexpr double kLargestFloat = std::numeric_limits<float>::max();

/// One `name=value` of --set.
void apply_override(const std::string& assignment, ModelOverrides& overrides) {
  const std::size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  std::vector<std::string> names;
  for (const Override& known : kOverrides) {
    names.push_back(known.name);
    if (name != known.name) continue;
    double number = 0.0;
    const bool valid = equals != std::string::npos && parse(assignment.substr(equals + 1), &number);
    KENNEL_CHECK(
        valid && number <= kLargestFloat && number >= 0.0 && (known.may_be_zero || number > 0.0),
        "--set ", assignment, ": expected ", name, "= a number ",
        known.may_be_zero ? "of at least 0" : "above 0", ", at most ", kLargestFloat);
    overrides.*known.field = number;
    return;
  }
  const std::string near = nearest_name(name, names);
  fail("--set ", assignment, ": expected kp, kd, friction, strength or base_mass_scale",
       near.empty() ? "" : "; did you mean " + near + "?");
}

SimulateCommand checked(const SimulateFlags& flags) {
  SimulateCommand command = flags.command;
  KENNEL_CHECK(!gpu_number(flags.device) || flags.precision != "double",
               "--device cuda computes in float only; use --precision float, or --device cpu");
  command.device = choose_device(flags.device);
  // A batch computes in float, and what went wrong there is to be seen again.
  const bool is_float = flags.precision == "float" || command.device.cuda ||
                        (flags.precision.empty() && !command.replay.empty());
  command.precision = is_float ? Precision::kFloat : Precision::kDouble;
  if (flags.solver_iterations == "converged") {
    command.solver = kConverged;
  } else if (!flags.solver_iterations.empty()) {
    int iterations = 0;
    KENNEL_CHECK(parse(flags.solver_iterations, &iterations) && iterations >= 1,
                 "--solver-iterations ", flags.solver_iterations,
                 ": expected a number of at least 1, or converged");
    command.solver = {iterations, SolverOptions{}.ls_iterations};
  }
  command.exact_invweight = flags.invweight == "exact";
  for (const std::string& assignment : flags.set) apply_override(assignment, command.set);
  return command;
}

}  // namespace

RunCommand add_simulate(CLI::App& app) {
  const auto flags = std::make_shared<SimulateFlags>();
  SimulateCommand& command = flags->command;
  app.add_option("--model", command.model, "MJCF (default: the shipped robot)");
  CLI::Option* ctrl = app.add_option("--ctrl", command.ctrl,
                                     ".npy (n, 12): MuJoCo's ctrl, of position servos targets "
                                     "[rad], a row a physics step");
  CLI::Option* init = app.add_option("--init", command.init, ".npy (37,): qpos, then qvel");
  CLI::Option* replay = app.add_option(
      "--replay", command.replay,
      "a run's diverged.json: start, targets, parameters and solver of an environment that "
      "diverged, instead of --ctrl, --init and --set");
  app.add_option(
         "--out", command.out,
         ".npy (n+1, 55) to write: qpos, qvel, qacc of each step; NaN in the last row's qacc")
      ->required();
  app.add_option("--precision", flags->precision,
                 "double or float (default: double on the CPU, float on a GPU or with --replay)")
      ->check(one_of({"double", "float"}));
  add_device(app, flags->device, /*automatic=*/false);
  app.add_option("--solver-iterations", flags->solver_iterations,
                 "Newton steps of the contact solver, or converged (default: converged, or the "
                 "replay's own)");
  CLI::Option* set = app.add_option(
      "--set", flags->set,
      "kp=5 kd=0.25 friction=0.8 strength=1 base_mass_scale=1: instead of the model's own");
  replay->excludes(ctrl)->excludes(init)->excludes(set);
  add_model_edits(app, command.set.edits);
  app.add_option("--invweight", flags->invweight,
                 "inverse weights of the constraints: nominal keeps the model file's, exact "
                 "recomputes them after --set")
      ->check(one_of({"nominal", "exact"}))
      ->capture_default_str();
  app.parse_complete_callback([&command] {
    if (command.replay.empty() && (command.ctrl.empty() || command.init.empty()))
      throw CLI::RequiredError("--ctrl with --init, or --replay,");
  });
  return [flags] { return run_simulate(checked(*flags)); };
}

}  // namespace kennel
