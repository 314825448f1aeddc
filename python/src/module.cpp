// kennel._core: the simulator for Python, without LibTorch. What people use is the Python beside
// it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "kennel/core/check.h"
#include "make.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace kennel::python {
namespace {

/// A term as (name, size, scale, unit, low, high).
nb::list terms_of(const std::vector<BoundedTerm>& terms) {
  nb::list out;
  for (const BoundedTerm& term : terms)
    out.append(nb::make_tuple(term.name, term.size, term.scale, term.unit, term.bounds.low,
                              term.bounds.high));
  return out;
}

/// A field as (name, shape, unit, is a parameter, can be written).
nb::list fields_of(const Simulator& simulator) {
  nb::list out;
  for (const StateField& field : simulator.fields()) {
    nb::list shape;
    for (const int length : field.shape) shape.append(length);
    out.append(nb::make_tuple(field.name, nb::tuple(shape), field.unit, field.parameter,
                              field.writable()));
  }
  return out;
}

nb::dict spec_of(const Simulator& simulator) {
  const EnvSpec& spec = simulator.spec();
  nb::dict out;
  out["num_envs"] = spec.num_envs;
  out["obs_size"] = spec.obs_size;
  out["privileged_obs_size"] = spec.privileged_obs_size;
  out["num_actions"] = spec.action_size;
  out["control_dt"] = spec.control_dt;
  out["bfloat16_obs"] = spec.bfloat16_obs;
  out["kernel"] = described(spec.kernel);
  out["action_low"] = spec.action_bounds.low;
  out["action_high"] = spec.action_bounds.high;
  out["max_episode_length"] = spec.episode_steps;
  out["obs_terms"] = terms_of(spec.obs_terms);
  out["privileged_obs_terms"] = terms_of(spec.privileged_obs_terms);
  return out;
}

nb::dict stats_of(Simulator& simulator) {
  nb::dict out;
  for (const Stat& stat : simulator.drain_stats()) out[stat.name.c_str()] = stat.value;
  return out;
}

nb::bytes state_of(Simulator& simulator) {
  const std::vector<std::byte> state = simulator.save_state();
  return nb::bytes(state.data(), state.size());
}

int step(Simulator& simulator, nb::handle actions) {
  const EnvSpec& spec = simulator.spec();
  const Given given(actions, "actions", Kind::kFloat, {spec.num_envs, spec.action_size});
  const nb::gil_scoped_release release;
  return simulator.step(static_cast<const float*>(given.data()));
}

int reset_masked(Simulator& simulator, nb::handle mask) {
  const Given given(mask, "mask", Kind::kBool, {simulator.spec().num_envs});
  const nb::gil_scoped_release release;
  return simulator.reset(static_cast<const std::uint8_t*>(given.data()));
}

int reset_all(Simulator& simulator, std::optional<std::uint64_t> seed) {
  const nb::gil_scoped_release release;
  return seed ? simulator.reset(*seed) : simulator.reset(nullptr);
}

void set_clocks(Simulator& simulator, nb::handle steps) {
  const Given given(steps, "episode_length", Kind::kInt64, {simulator.spec().num_envs});
  simulator.set_clocks(static_cast<const std::int64_t*>(given.data()));
}

nb::tuple make_environments(const std::string& robot, const std::string& task,
                            const std::string& recipe, const std::filesystem::path& config,
                            const std::filesystem::path& model, const std::string& overrides,
                            std::optional<int> num_envs, std::optional<std::uint64_t> seed,
                            int num_threads) {
  Asked asked{robot, task, recipe, config, model, overrides, num_envs, seed, num_threads};
  std::optional<Made> made;
  {
    const nb::gil_scoped_release release;
    made.emplace(make(asked));
  }
  const bool small = small_task_of(made->recipe) != nullptr;
  return nb::make_tuple(nb::cast(made->simulator.release(), nb::rv_policy::take_ownership),
                        small ? std::string() : made->recipe.robot.name, made->recipe.task.name,
                        recipe_text(made->recipe));
}

std::vector<std::string> edit_model(const std::filesystem::path& model,
                                    const std::filesystem::path& out, bool feet_only,
                                    bool pyramidal, bool add_servos, bool add_floor, bool bare_base,
                                    std::optional<double> kp, std::optional<double> kd) {
  return write_edited_model(model, {feet_only, pyramidal, add_servos, add_floor, bare_base, kp, kd},
                            out);
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "Kennel's simulator: batches of environments in memory that arrays share.";
  // One line each; the right type for "not like this" from a recipe, a name or a number.
  nb::exception<Error>(m, "Error", PyExc_ValueError);

  nb::class_<Simulator>(m, "Simulator", "A batch of environments; kennel.Env is made of it.")
      .def_prop_ro("spec", &spec_of, "Sizes, rate and terms.")
      .def_prop_ro("fields", &fields_of,
                   "(name, shape, unit, is_parameter, is_writable) of each named quantity.")
      .def("reset", &reset_all, "seed"_a = nb::none(),
           "Starts a new episode in every environment; returns the slot that was written.")
      .def("reset_masked", &reset_masked, "mask"_a.none(),
           "Starts a new episode where mask (num_envs) is True; returns the slot.")
      .def("step", &step, "actions"_a.none(),
           "Advances every environment by a control step, without the GIL; returns the slot.")
      .def("slot", &slot_arrays, "index"_a, "Arrays of a slot's memory by name.")
      .def("view", &view_array, "name"_a,
           "A quantity's array, current after every call from now on.")
      .def("clocks", &clock_array, "Control steps since the episodes' start, (num_envs) int64.")
      .def("set_clocks", &set_clocks, "steps"_a.none(),
           "Control steps since the episodes' start, (num_envs) int64.")
      .def("set_progress", &Simulator::set_progress, "fraction"_a,
           "How far training is, from 0 to 1.")
      .def("stats", &stats_of, "Means since the last call.")
      .def("save_state", &state_of, "All environments' state.")
      .def(
          "load_state",
          [](Simulator& simulator, const nb::bytes& state) {
            simulator.load_state({static_cast<const std::byte*>(state.data()), state.size()});
          },
          "state"_a, "Takes what save_state gave.")
      .def("close", &Simulator::close, nb::call_guard<nb::gil_scoped_release>(),
           "Gives environments and threads back.")
      .def_prop_ro("closed", &Simulator::closed);

  m.def("make", &make_environments, "robot"_a = "", "task"_a = "", "recipe"_a = "", "config"_a = "",
        "model"_a = "", "overrides"_a = "", "num_envs"_a = nb::none(), "seed"_a = nb::none(),
        "num_threads"_a = 0, "Returns (simulator, robot, task, recipe as TOML).");
  m.def("edit_model", &edit_model, "model"_a, "out"_a, "feet_only"_a = false, "pyramidal"_a = false,
        "add_servos"_a = false, "add_floor"_a = false, "bare_base"_a = false, "kp"_a = nb::none(),
        "kd"_a = nb::none(),
        "Writes any quadruped's model as MJCF that can be trained; returns what is doubtful.");
  m.def("robots", &robot_names, "Robots that ship.");
  m.def("robot_tasks", &robot_tasks, "Tasks of a robot.");
  m.def("small_tasks", &small_tasks, "Tasks without a robot.");
  m.def("recipes", &recipe_names, "robot"_a, "task"_a,
        "(name, what it is for) of the recipes that ship for a robot and task.");
}

}  // namespace kennel::python
