// kennel._core: the simulator for Python, without LibTorch. What people use is the Python beside
// it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "arrays.h"
#include "kennel/core/check.h"
#include "make.h"
#include "policy.h"
#include "signals.h"

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

/// How environments make policy files.
struct PolicyMaker {
  MakePolicy make;
};

using Numbers = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using Layer =
    std::tuple<Numbers, Numbers, std::string>;  // weights (in, out), bias (out), activation

DenseLayer dense(const Layer& layer) {
  const auto& [weights, bias, activation] = layer;
  if (weights.ndim() != 2 || bias.ndim() != 1)
    throw nb::value_error("a layer is weights (in, out), bias (out) and an activation's name");
  return {static_cast<int>(weights.shape(0)),
          static_cast<int>(weights.shape(1)),
          {weights.data(), weights.data() + weights.size()},
          {bias.data(), bias.data() + bias.size()},
          activation};
}

std::unique_ptr<Policy> policy_of_layers(const PolicyMaker& maker, const std::string& name,
                                         const std::vector<Layer>& layers,
                                         std::optional<std::int64_t> env_steps) {
  PolicyNetwork network;
  for (const Layer& layer : layers) network.layers.push_back(dense(layer));
  PolicyFile file = maker.make(network);
  file.env_steps = env_steps;
  return std::make_unique<Policy>(name, completed(name, file));
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
                        recipe_text(made->recipe), PolicyMaker{std::move(made->policy)});
}

std::vector<std::string> edit_model(const std::filesystem::path& model,
                                    const std::filesystem::path& out, bool feet_only,
                                    bool pyramidal, bool add_servos, bool add_floor, bool bare_base,
                                    std::optional<double> kp, std::optional<double> kd) {
  return write_edited_model(model, {feet_only, pyramidal, add_servos, add_floor, bare_base, kp, kd},
                            out);
}

/// The actions of observations (rows, obs_size), into actions (rows, num_actions).
void act(Policy& policy, nb::handle obs, nb::handle actions, int rows) {
  const PolicyNetwork& network = policy.file().network;
  const Given given(obs, "obs", Kind::kFloat, {rows, network.input_size()});
  const Given to(actions, "actions", Kind::kFloat, {rows, network.output_size()});
  const nb::gil_scoped_release release;
  // It is an array of the caller's own, made for this.
  policy.act(static_cast<const float*>(given.data()), rows,
             const_cast<float*>(static_cast<const float*>(to.data())));
}

std::unique_ptr<Policy> policy_of_text(const std::string& path, const std::string& json) {
  return std::make_unique<Policy>(path, policy_from_json(path, json));
}

std::string judge_policy(const Policy& policy, const std::string& condition,
                         const std::string& physics, int episodes, std::uint64_t seed, int threads,
                         const std::string& model,
                         std::optional<std::array<double, kCommandTerms>> command) {
  const nb::gil_scoped_release release;
  judge::EvalOptions options;
  options.episodes = episodes;
  options.seed = seed;
  options.threads = threads;
  options.model = model;
  options.command = command;
  options.on_progress = [](int) { raise_signals(); };
  return judged(policy, condition, physics, std::move(options));
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() =
      "Kennel without LibTorch: batches of environments in memory that arrays share, policies, the "
      "judge.";
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
        "num_threads"_a = 0, "Returns (simulator, robot, task, recipe as TOML, policy maker).");
  nb::class_<PolicyMaker>(m, "PolicyMaker", "Policy files of networks trained in environments.")
      .def("make", &policy_of_layers, "name"_a, "layers"_a, "env_steps"_a.none(),
           "The policy of layers (weights (in, out), bias (out), activation); name: for messages.");
  nb::class_<Policy>(m, "PolicyFile", "A policy file; kennel.Policy is made of it.")
      .def_prop_ro("path", &Policy::path)
      .def_prop_ro("obs_size", [](const Policy& p) { return p.file().network.input_size(); })
      .def_prop_ro("num_actions", [](const Policy& p) { return p.file().network.output_size(); })
      .def_prop_ro("robot", [](const Policy& p) { return p.file().robot; })
      .def_prop_ro("task", [](const Policy& p) { return p.file().task; })
      .def_prop_ro("control_dt", [](const Policy& p) { return p.file().control_dt; })
      .def_prop_ro("is_gait", [](const Policy& p) { return p.file().network.gait.has_value(); })
      .def_prop_ro("env_steps", [](const Policy& p) { return p.file().env_steps; })
      .def_prop_ro("golden_obs", [](const Policy& p) { return p.file().golden_obs; })
      .def_prop_ro("golden_action", [](const Policy& p) { return p.file().golden_action; })
      .def_prop_ro(
          "warning", [](const Policy& p) { return deployment_warning(p.file()); },
          "What the robot's own controller would do otherwise; empty: nothing.")
      .def("act", &act, "obs"_a.none(), "actions"_a.none(), "rows"_a,
           "Writes the actions of observations, without the GIL.")
      .def("reset", &Policy::reset, "The clocks of a gait begin anew.")
      .def(
          "json", [](const Policy& p) { return policy_json(p.path(), p.file()); },
          "The robot's JSON.")
      .def("write", &write, "path"_a, "format"_a, "Writes the policy as json or c.");
  m.def("is_readable", &is_readable, "path"_a,
        "Whether a policy is read without LibTorch: JSON, or a run's newest policy.json.");
  m.def("load_policy", &load, "path"_a, "Reads a policy's JSON, or a run's.");
  m.def("policy_of_text", &policy_of_text, "path"_a, "json"_a, "The policy of a file's text.");
  m.def("judge", &judge_policy, "policy"_a, "condition"_a, "physics"_a, "episodes"_a, "seed"_a,
        "num_threads"_a, "model"_a, "command"_a.none(),
        "Plays the judge's protocol; returns its result as JSON.");
  m.attr("built_for_torch") = KENNEL_TORCH_VERSION;  // of kennel._train; empty: it was not built
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
