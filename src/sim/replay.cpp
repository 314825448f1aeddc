#include "kennel/sim/replay.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "kennel-replay 2";

/// The parameters by name, as spans of numbers; the one list for reading and writing.
template <class Params, class Visit>
void visit_params(Params& p, Visit&& visit) {
  visit("base_mass", std::span(&p.base_mass, 1));
  visit("base_inertia", std::span(&p.base_inertia, 1));
  visit("base_com_shift", std::span(&p.base_com_shift.x, 3));
  visit("strength", std::span(&p.strength, 1));
  visit("kp", std::span(&p.kp, 1));
  visit("kd", std::span(&p.kd, 1));
  visit("frictionloss", std::span(&p.frictionloss, 1));
  visit("damping", std::span(&p.damping, 1));
  visit("armature", std::span(&p.armature, 1));
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const std::string prefix = text("leg", leg, ".");
    visit(prefix + "mass", std::span(p.leg[leg].mass));
    visit(prefix + "inertia", std::span(p.leg[leg].inertia));
    visit(prefix + "friction", std::span(p.leg[leg].friction));
    visit(prefix + "hinge_weight", std::span(p.leg[leg].hinge_weight));
    visit(prefix + "sphere_weight", std::span(p.leg[leg].sphere_weight));
  }
}

/// A JSON object of a file, whose members are asked for by name.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    KENNEL_CHECK(object_.is_object(), where_, ": expected an object; this is no replay file");
  }

  const Json& at(const std::string& key) const {
    KENNEL_CHECK(object_.contains(key), where_, ": \"", key,
                 "\" is missing; expected a file that kennel train wrote");
    return object_.at(key);
  }

  void read(const std::string& key, std::span<double> numbers) const {
    const Json& value = at(key);
    KENNEL_CHECK(value.is_array() && value.size() == numbers.size(), where_, ": \"", key,
                 "\": expected an array of ", numbers.size(), " numbers");
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = number(key, value[i]);
  }

  double number(const std::string& key, const Json& value) const {
    KENNEL_CHECK(value.is_number() && std::isfinite(value.get<double>()), where_, ": \"", key,
                 "\": expected finite numbers, got ", value.dump());
    return value.get<double>();
  }

  int integer(const std::string& key, int least) const {
    const Json& value = at(key);
    const bool fits = value.is_number_integer() && value.get<std::int64_t>() >= least &&
                      value.get<std::int64_t>() <= std::numeric_limits<int>::max();
    KENNEL_CHECK(fits, where_, ": \"", key, "\": expected a whole number of at least ", least,
                 ", got ", value.dump());
    return value.get<int>();
  }

 private:
  const Json& object_;
  std::string where_;
};

Json numbers(std::span<const double> values) {
  return Json(std::vector(values.begin(), values.end()));
}

}  // namespace

void write_replay(const std::filesystem::path& path, const Replay& replay) {
  Json rows = Json::array(), params;
  for (std::size_t at = 0; at < replay.ctrl.size(); at += kNumJoints)
    rows.push_back(numbers(std::span(replay.ctrl).subspan(at, kNumJoints)));
  visit_params(replay.params, [&](const std::string& name, std::span<const double> values) {
    params[name] = numbers(values);
  });
  const Json file = {{"format", kFormat},
                     {"env", replay.env},
                     {"control_step", replay.control_step},
                     {"timestep", replay.timestep},
                     {"iterations", replay.solver.iterations},
                     {"ls_iterations", replay.solver.ls_iterations},
                     {"qpos", replay.qpos},
                     {"qvel", replay.qvel},
                     {"qacc_warmstart", replay.qacc},
                     {"ctrl", rows},
                     {"params", params}};
  write_file_atomically(path, file.dump(1) + '\n');
}

Replay read_replay(const std::filesystem::path& path) {
  const Json file = Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  KENNEL_CHECK(!file.is_discarded(), path.string(), ": this is no JSON, or it was cut short");
  const Reader top(file, path.string());
  KENNEL_CHECK(top.at("format") == kFormat, path.string(), ": format is ", top.at("format").dump(),
               "; this program reads \"", kFormat, "\"");
  Replay replay;
  replay.env = top.integer("env", 0);
  replay.control_step = top.integer("control_step", 0);
  replay.timestep = top.number("timestep", top.at("timestep"));
  replay.solver = {top.integer("iterations", 1), top.integer("ls_iterations", 1)};
  top.read("qpos", replay.qpos);
  top.read("qvel", replay.qvel);
  top.read("qacc_warmstart", replay.qacc);
  const Json& rows = top.at("ctrl");
  KENNEL_CHECK(rows.is_array() && !rows.empty(), path.string(),
               ": \"ctrl\": expected an array of rows of ", kNumJoints, " joint targets");
  for (const Json& row : rows) {
    KENNEL_CHECK(row.is_array() && row.size() == kNumJoints, path.string(),
                 ": \"ctrl\": expected rows of ", kNumJoints, " joint targets, got ", row.dump());
    for (const Json& value : row) replay.ctrl.push_back(top.number("ctrl", value));
  }
  const Reader params(top.at("params"), path.string() + ": params");
  visit_params(replay.params, [&](const std::string& name, std::span<double> values) {
    params.read(name, values);
  });
  return replay;
}

}  // namespace kennel
