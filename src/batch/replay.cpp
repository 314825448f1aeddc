#include "kennel/batch/replay.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "kennel/batch/open_loop.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "kennel-replay 2";

/// The parameters by name, as spans of numbers; the one list for reading and writing.
/// \param points  of a leg
template <class Params, class Visit>
void visit_params(Params& p, std::size_t points, Visit&& visit) {
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
    visit(prefix + "friction", std::span(p.leg[leg].friction).first(points));
    visit(prefix + "hinge_weight", std::span(p.leg[leg].hinge_weight));
    visit(prefix + "sphere_weight", std::span(p.leg[leg].sphere_weight).first(points));
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
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = number(text('"', key, "\"[", i, "]"), value[i]);
  }

  /// \param place  of the number, for messages
  double number(const std::string& place, const Json& value) const {
    KENNEL_CHECK(value.is_number() && std::abs(value.get<double>()) <= kLargestState, where_, ": ",
                 place, ": expected a finite number of at most ", kLargestState, " in size, got ",
                 value.dump());
    return value.get<double>();
  }

  /// Numbers of which none may be negative, and none zero unless `may_be_zero`.
  void read_factors(const std::string& key, bool may_be_zero, std::span<double> numbers) const {
    read(key, numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      KENNEL_CHECK(may_be_zero ? numbers[i] >= 0 : numbers[i] > 0, where_, ": \"", key, "\"[", i,
                   "]: expected a number ", may_be_zero ? "of at least 0" : "above 0", ", got ",
                   numbers[i]);
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

std::string replay_text(const Replay& replay) {
  Json rows = Json::array(), params;
  for (std::size_t at = 0; at < replay.ctrl.size(); at += kNumJoints)
    rows.push_back(numbers(std::span(replay.ctrl).subspan(at, kNumJoints)));
  visit_params(replay.params, replay.points,
               [&](const std::string& name, auto values) { params[name] = numbers(values); });
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
  return file.dump(1) + '\n';
}

void write_replay(const std::filesystem::path& path, const Replay& replay) {
  write_file_atomically(path, replay_text(replay));
}

Replay read_replay(const std::filesystem::path& path) {
  return parse_replay(path.string(), read_file(path));
}

Replay parse_replay(const std::string& name, const std::string& bytes) {
  const Json file = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  KENNEL_CHECK(!file.is_discarded(), name, ": this is no JSON, or it was cut short");
  const Reader top(file, name);
  KENNEL_CHECK(top.at("format") == kFormat, name, ": format is ", top.at("format").dump(),
               "; this program reads \"", kFormat, "\"");
  Replay replay;
  replay.env = top.integer("env", 0);
  replay.control_step = top.integer("control_step", 0);
  replay.timestep = top.number("\"timestep\"", top.at("timestep"));
  replay.solver = {top.integer("iterations", 1), top.integer("ls_iterations", 1)};
  top.read("qpos", replay.qpos);
  top.read("qvel", replay.qvel);
  top.read("qacc_warmstart", replay.qacc);
  const Json& rows = top.at("ctrl");
  KENNEL_CHECK(rows.is_array() && !rows.empty(), name, ": \"ctrl\": expected an array of rows of ",
               kNumJoints, " joint targets");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Json& row = rows[r];
    KENNEL_CHECK(row.is_array() && row.size() == kNumJoints, name, ": \"ctrl\": expected rows of ",
                 kNumJoints, " joint targets, got ", row.dump());
    for (std::size_t k = 0; k < row.size(); ++k)
      replay.ctrl.push_back(top.number(text("\"ctrl\"[", r, "][", k, "]"), row[k]));
  }
  const Reader params(top.at("params"), name + ": params");
  if (params.at("leg0.friction").size() == kMaxPoints) replay.points = kMaxPoints;
  for (auto& leg : replay.params.leg) {
    leg.set_nominal_weights();
    std::fill(std::begin(leg.friction), std::end(leg.friction), 1.0);
  }
  visit_params(
      replay.params, replay.points, [&](const std::string& name, std::span<double> values) {
        // Masses, frictions and weights divide; the others scale a force.
        const bool divides = name.find("mass") != std::string::npos ||
                             name.find("inertia") != std::string::npos || name.starts_with("leg");
        if (name == "base_com_shift") {
          params.read(name, values);
        } else {
          params.read_factors(name, !divides, values);
        }
      });
  return replay;
}

}  // namespace kennel
