// kennel gradient: the flags and the table; src/gradient has the rest, gradient_output.h the files.
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "envs/robots.h"
#include "flags.h"
#include "gradient_output.h"
#include "kennel/core/check.h"
#include "kennel/gradient/gait_return.h"
#include "kennel/gradient/study.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/run/build_info.h"
#include "kennel/sim/robot.h"

namespace kennel {
namespace {

using gradient::Case;
using gradient::Study;

struct GradientFlags {
  std::string task;
  std::vector<double> sigmas, steps_ms{4, 2, 1}, command{0.4, 0, 0};
  std::vector<int> horizons{1, 4, 16, 64};
  int samples = 0, truth_samples = 0;
  std::uint64_t seed = 0;
  double gamma = 0;
  bool json = false;
  std::filesystem::path out, markdown;  // empty: none
  std::vector<const CLI::Option*> of_robots;
};

/// \throws Error for what is neither a small system nor a robot
void check_task(const std::string& task) {
  std::vector<std::string> names;
  for (const auto& known : gradient::small_tasks()) names.push_back(known.name);
  for (const auto* robot : kRobots) names.push_back(robot->name);
  std::string shown;
  for (const std::string& name : names) {
    if (name == task) return;
    shown += (shown.empty() ? "" : ", ") + name;
  }
  const std::string near = nearest_name(task, names);
  fail("task ", task, " is unknown; expected ", shown,
       near.empty() ? "" : "; did you mean " + near + "?");
}

/// \throws Error for a flag that a small system would not heed
void check_no_robots_flag(const GradientFlags& flags) {
  for (const CLI::Option* option : flags.of_robots)
    KENNEL_CHECK(option->count() == 0, option->get_name(), " is about a robot's gait, and ",
                 flags.task, " is a small system; leave it out");
}

/// Returns of a gait: a case for each physics step and horizon.
std::vector<Case> robot_cases(const GradientFlags& flags) {
  RobotChoice choice;
  choice.name = flags.task;
  const Robot robot = load_robot(choice);
  gradient::GaitSetup setup{.model = robot.loaded.model,
                            .pose = robot.traits.pose,
                            .stance_height = robot.traits.stance_height,
                            .command = {flags.command[0], flags.command[1], flags.command[2]}};
  std::vector<Case> out;
  for (const double ms : flags.steps_ms)
    for (const int horizon : flags.horizons) {
      setup.physics_dt = ms / 1000;
      setup.horizon = horizon;
      gradient::Function f = gradient::gait_return(setup);
      const std::vector<double> start(f.dim, 0.0);
      out.push_back(
          {text("physics step ", ms, " ms"), horizon, std::move(f), start, false, {.gamma = 1}});
    }
  return out;
}

void print_header() {
  std::cout << std::left << std::setw(22) << "setting" << std::right << std::setw(8) << "horizon"
            << std::setw(8) << "sigma" << std::left << "  " << std::setw(17) << "estimate"
            << std::right;
  for (const char* column : {"truth", "+-", "mean", "bias", "+-", "variance", "cosine", "alpha"})
    std::cout << std::setw(11) << column;
  std::cout << '\n';
}

void print_rows(const Case& c, double sigma, const Study& study) {
  for (const auto& e : study.estimates) {
    std::cout << std::left << std::setw(22) << c.setting << std::right << std::setw(8) << c.horizon
              << std::setw(8) << sigma << std::left << "  " << std::setw(17) << e.name << std::right
              << std::setprecision(4);
    for (const double x :
         {study.truth, study.truth_error, e.mean, e.bias, e.error, e.variance, e.cosine, e.alpha})
      std::cout << std::setw(11) << x;
    std::cout << '\n';
  }
  std::cout << std::flush;
}

void print_json(const std::string& task, const Case& c, double sigma, int samples,
                const Study& study) {
  for (const auto& e : study.estimates)
    std::cout << nlohmann::ordered_json{{"task", task},         {"setting", c.setting},
                                        {"horizon", c.horizon}, {"sigma", sigma},
                                        {"estimate", e.name},   {"samples", samples},
                                        {"truth", study.truth}, {"truth_error", study.truth_error},
                                        {"mean", e.mean},       {"bias", e.bias},
                                        {"error", e.error},     {"variance", e.variance},
                                        {"cosine", e.cosine},   {"alpha", e.alpha}}
                     .dump()
              << '\n';
  std::cout << std::flush;
}

template <class Number>
std::string listed(const std::vector<Number>& numbers) {
  std::string all;
  for (const Number number : numbers) all += (all.empty() ? "" : ",") + text(number);
  return all;
}

/// What made the numbers. No machine is among it: none changes more than their rounding.
StudyHead head_of(const GradientFlags& flags, bool robot, const gradient::StudyOptions& options,
                  const std::vector<double>& sigmas) {
  std::string command =
      text("kennel gradient ", flags.task, " --sigma ", listed(sigmas), " --samples ",
           options.samples, " --truth ", options.truth_samples, " --seed ", options.seed);
  if (flags.gamma > 0) command += text(" --gamma ", flags.gamma);
  if (robot)
    command += text(" --horizon ", listed(flags.horizons), " --step-ms ", listed(flags.steps_ms),
                    " --command ", flags.command[0], ' ', flags.command[1], ' ', flags.command[2]);
  const BuildInfo& build = build_info();
  return {{"command", command},
          {"program", text(build.version, ", commit ", build.commit)},
          {"samples of an estimate", std::to_string(options.samples)},
          {"samples of the truth", std::to_string(options.truth_samples)},
          {"noise", text("seed ", options.seed)}};
}

/// Anew after each study, so that one that is interrupted leaves what it found.
void write_files(const GradientFlags& flags, const StudyHead& head,
                 const std::vector<StudiedCase>& found) {
  if (!flags.out.empty()) write_picture(flags.task, head, found, flags.out);
  if (!flags.markdown.empty())
    write_file_atomically(flags.markdown, gradient_markdown(flags.task, head, found));
}

int run(const GradientFlags& flags) {
  check_task(flags.task);
  if (!flags.out.empty()) check_picture_file(flags.out);
  if (!flags.markdown.empty()) check_folder_of(flags.markdown);
  std::vector<Case> cases;
  gradient::StudyOptions options{.samples = 1000, .truth_samples = 20000, .seed = flags.seed};
  std::vector<double> sigmas = flags.sigmas;
  for (const auto& task : gradient::small_tasks())
    if (flags.task == task.name) {
      check_no_robots_flag(flags);
      cases = task.cases();
      if (sigmas.empty()) sigmas = {task.sigma};
    }
  const bool robot = cases.empty();
  if (robot) {
    cases = robot_cases(flags);
    options.samples = 64;
    if (sigmas.empty()) sigmas = {0.1, 0.3};
  }
  if (flags.samples > 0) options.samples = flags.samples;
  if (flags.truth_samples > 0) options.truth_samples = flags.truth_samples;
  const StudyHead head = head_of(flags, robot, options, sigmas);
  std::vector<StudiedCase> found;
  if (!flags.json) print_header();
  for (Case& c : cases) {
    if (flags.gamma > 0) c.rule.gamma = flags.gamma;
    for (const double sigma : sigmas) {
      options.sigma = sigma;
      const Study& last =
          found.emplace_back(StudiedCase{c.setting, c.horizon, sigma, study(c, options)}).study;
      if (flags.json)
        print_json(flags.task, c, sigma, options.samples, last);
      else
        print_rows(c, sigma, last);
      write_files(flags, head, found);
    }
  }
  return 0;
}

}  // namespace

RunCommand add_gradient(CLI::App& app) {
  const auto flags = std::make_shared<GradientFlags>();
  std::string tasks;
  for (const auto& task : gradient::small_tasks()) tasks += text("\n", task.name, ": ", task.doc);
  app.add_option("task", flags->task,
                 text("a small system or a robot's name, for the return of its gait:", tasks, "\n",
                      kDefaultRobot))
      ->required();
  app.add_option("--sigma", flags->sigmas,
                 "of the noise on the parameters, of a gait in its numbers' units (default: the "
                 "system's; 0.1 0.3)")
      ->delimiter(',')
      ->check(number_from(1e-6, 10.0));
  app.add_option("--samples", flags->samples, "of each estimate (default: 1000; a robot's 64)")
      ->check(number_from(2, 10000000));
  app.add_option("--truth", flags->truth_samples,
                 "samples of what counts as the truth, where that is not known otherwise (default: "
                 "20000)")
      ->check(number_from(2, 100000000));
  app.add_option("--gamma", flags->gamma,
                 "bias that the alpha order allows (default: the system's; 1)")
      ->check(number_from(1e-12, 1e12));
  CLI::Option* const horizon =
      app.add_option("--horizon", flags->horizons, "of a robot: control steps that count")
          ->delimiter(',')
          ->check(number_from(1, 1000))
          ->capture_default_str();
  CLI::Option* const step =
      app.add_option("--step-ms", flags->steps_ms, "of a robot: physics steps")
          ->delimiter(',')
          ->check(number_from(0.1, 20.0))
          ->capture_default_str();
  CLI::Option* const command =
      app.add_option("--command", flags->command, "of a robot: vx vy [m/s], yaw rate [rad/s]")
          ->expected(3)
          ->check(number_from(-3.0, 3.0))
          ->capture_default_str();
  flags->of_robots = {horizon, step, command};
  add_seed(app, flags->seed, "of the noise");
  app.add_option(
      "--out", flags->out,
      "plots as well: a page, FILE.html, or a picture, FILE.svg; written anew after each "
      "study");
  app.add_option("--markdown", flags->markdown, "the table as well, as Markdown, in this file");
  app.add_flag("--json", flags->json, "a line of JSON for each row instead of the table");
  return [flags] { return run(*flags); };
}

}  // namespace kennel
