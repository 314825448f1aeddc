// kennel._train: what needs LibTorch, for Python. It is loaded after torch; what people use is the
// Python beside it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "kennel/app/run_policy.h"
#include "kennel/app/run_report.h"
#include "kennel/app/task_eval.h"
#include "kennel/app/train.h"
#include "kennel/core/check.h"
#include "kennel/export/policy_formats.h"
#include "signals.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace kennel::python {
namespace {

/// Asks `told` of an iteration whether to go on: not when it says False.
bool go_on(const nb::handle& told, std::int64_t env_steps, double progress,
           const std::vector<Scalar>& scalars) {
  raise_signals();
  const nb::gil_scoped_acquire acquire;
  nb::dict stats;
  stats["steps"] = env_steps;
  stats["progress"] = progress;
  for (const Scalar& scalar : scalars) {
    if (scalar.first == "train/mean_reward") stats["reward"] = scalar.second;
    stats[scalar.first.c_str()] = scalar.second;
  }
  return !told(stats).is(nb::bool_(false));
}

nb::dict train(nb::object told, const std::string& robot, const std::string& task,
               const std::string& algorithm, const std::string& recipe,
               const std::filesystem::path& config, const std::string& overrides,
               const std::string& model, const std::string& out, const std::string& resume,
               bool force, std::optional<std::int64_t> steps, std::optional<double> minutes,
               std::optional<std::int64_t> seed, std::optional<int> num_envs, int num_threads) {
  TrainCommand command;
  command.recipe.shipped = recipe;
  command.recipe.file = config;
  command.recipe.keys = overrides;
  command.recipe.keys_from = "overrides";
  command.robot = robot;
  command.task = task;
  command.algorithm = algorithm;
  command.model = model;
  command.out = out;
  command.resume = resume;
  command.force = force;
  command.steps = steps;
  command.minutes = minutes;
  command.seed = seed;
  command.num_envs = num_envs;
  command.threads = num_threads;
  command.device = "cpu";
  command.on_iteration = [&](std::int64_t env_steps, double progress,
                             const std::vector<Scalar>& scalars) {
    return go_on(told, env_steps, progress, scalars);
  };
  Trained trained;
  {
    const nb::gil_scoped_release release;
    trained = run_train(command);
  }
  nb::dict result;
  result["run"] = trained.run.string();
  result["steps"] = trained.env_steps;
  result["complaint"] = trained.complaint;
  return result;
}

std::string policy_text(const std::string& path, const std::string& checkpoint) {
  const nb::gil_scoped_release release;
  if (checkpoint == "last") return policy_json(path, load_named_policy(path));
  const RunFolder run = RunFolder::open(path);
  const std::string file = run.find_checkpoint(checkpoint).string();
  return policy_json(file, policy_of_checkpoint(read_run_checkpoint(run, checkpoint), file));
}

void write_policy(const std::string& path, const std::string& json, const std::string& format,
                  const std::string& out) {
  const nb::gil_scoped_release release;
  write_policy_as(policy_format(format), out, policy_from_json(path, json));
}

std::string judge_task(const std::string& path, const std::string& json, int episodes,
                       std::uint64_t seed) {
  const nb::gil_scoped_release release;
  const NamedPolicy named{path, policy_from_json(path, json)};
  return task_json(named, episodes, seed, task_return(named, episodes, seed));
}

std::filesystem::path report(const std::filesystem::path& run, const std::filesystem::path& out,
                             int episodes, std::uint64_t seed, bool sweeps, int num_threads) {
  const nb::gil_scoped_release release;
  report::ReportOptions options;
  options.judge_episodes = episodes;
  options.seed = seed;
  options.threads = num_threads;
  if (!sweeps) options.sweep_episodes = 0;
  options.on_progress = [](const std::string&, int) { raise_signals(); };
  return write_report_of(run, out, std::move(options));
}

}  // namespace

NB_MODULE(_train, m) {
  m.doc() = "Kennel's learners, checkpoints and reports: what needs LibTorch.";
  // The same class as the other module's.
  static const nb::handle error =
      nb::object(nb::module_::import_("kennel._core").attr("Error")).release();
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& e) {
      PyErr_SetString(error.ptr(), e.what());
    }
  });
  m.def("train", &train, "told"_a, "robot"_a = "", "task"_a = "", "algorithm"_a = "",
        "recipe"_a = "", "config"_a = "", "overrides"_a = "", "model"_a = "", "out"_a = "",
        "resume"_a = "", "force"_a = false, "steps"_a = nb::none(), "minutes"_a = nb::none(),
        "seed"_a = nb::none(), "num_envs"_a = nb::none(), "num_threads"_a = 0,
        "Trains, exports, judges, without the GIL but for told(statistics) after each iteration.");
  m.def("policy_json", &policy_text, "path"_a, "checkpoint"_a,
        "The robot's JSON of a policy file of any format, or of a run's checkpoint.");
  m.def("write_policy", &write_policy, "path"_a, "json"_a, "format"_a, "out"_a,
        "Writes a policy in any format.");
  m.def("judge_task", &judge_task, "path"_a, "json"_a, "episodes"_a, "seed"_a,
        "The return of a policy without a robot, as JSON.");
  m.def("report", &report, "run"_a, "out"_a, "episodes"_a, "seed"_a, "sweeps"_a, "num_threads"_a,
        "Writes the page of a run or a policy; returns its path.");
}

}  // namespace kennel::python
