// Reads the robot's policy file. Every complaint names the file and the place in it.
#include "kennel/policy/policy_file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/policy/first_format.h"
#include "kennel/policy/policy_json.h"
#include "src/policy/gait_json.h"
#include "src/policy/json_place.h"
#include "src/policy/network_json.h"
#include "src/policy/policy_check.h"

namespace kennel {
namespace {

using namespace from_json;

int iterations(const Place& place) {
  const int value = integer(place);
  KENNEL_CHECK(value >= 1 && value <= 100, place.where, ": ", value, "; expected 1 to 100");
  return value;
}

bool boolean(const Place& place) {
  if (!place.value.is_boolean()) place.expected("true or false");
  return place.value.get<bool>();
}

// One number for all joints, or twelve.
RobotContract::Joints joints(const Place& place, bool scalar_allowed = false) {
  RobotContract::Joints values;
  if (scalar_allowed && place.value.is_number()) {
    values.fill(number(place));
    return values;
  }
  if (!place.value.is_array() || place.value.size() != kPolicyJoints) {
    place.expected(text(scalar_allowed ? "a number or " : "", "an array of ", kPolicyJoints,
                        " numbers, one for each joint"));
  }
  for (int joint = 0; joint < kPolicyJoints; ++joint) values[joint] = number(place.at(joint));
  return values;
}

int format_version(const Object& file) {
  if (!file.has("format_version")) return 1;  // the robot team's own files
  const int version = integer(file.at("format_version"));
  KENNEL_CHECK(version >= 1 && version <= kPolicyFormatVersion, file.where, "format_version is ",
               version, "; this program reads up to ", kPolicyFormatVersion,
               "; use the program that wrote the file, or a newer one");
  return version;
}

std::array<std::string, kPolicyJoints> joint_names(const Place& place) {
  if (!place.value.is_array() || place.value.size() != kPolicyJoints)
    place.expected(text("an array of ", kPolicyJoints, " names, one for each joint"));
  std::array<std::string, kPolicyJoints> names;
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    names[joint] = name(place.at(joint));
    const auto same = std::find(names.begin(), names.begin() + joint, names[joint]);
    KENNEL_CHECK(same == names.begin() + joint, place.where, ": \"", names[joint],
                 "\" is there twice; expected ", kPolicyJoints, " joints");
  }
  return names;
}

Range range(const Place& place) {
  if (!place.value.is_array() || place.value.size() != 2) place.expected("[low, high]");
  return {number(place.at(0)), number(place.at(1))};
}

std::vector<TermInfo> frame(const Place& place) {
  if (!place.value.is_array() || place.value.empty()) place.expected("an array of terms");
  std::vector<TermInfo> terms;
  for (std::size_t at = 0; at < place.value.size(); ++at) {
    const Place term = place.at(at);
    if (!term.value.is_object()) term.expected("a term with name, size, scale and unit");
    const Object o{term.value, term.where + "."};
    terms.push_back(
        {name(o.at("name")), integer(o.at("size")), number(o.at("scale")), name(o.at("unit"))});
  }
  return terms;
}

/// A walk's ranges, by the names that all walks have.
CommandTerms command_ranges(const Place& place) {
  if (!place.value.is_object()) place.expected("an object with vx, vy and yaw_rate");
  const Object o{place.value, place.where + "."};
  return walk_command(range(o.at("vx")), range(o.at("vy")), range(o.at("yaw_rate")));
}

/// What another task's policy is told, in its order.
CommandTerms commands(const Place& place) {
  if (!place.value.is_array() || place.value.size() != kCommandTerms)
    place.expected(text("an array of ", kCommandTerms, " quantities"));
  CommandTerms terms;
  for (int at = 0; at < kCommandTerms; ++at) {
    const Place term = place.at(at);
    if (!term.value.is_object()) term.expected("a quantity with name, unit and range");
    const Object o{term.value, term.where + "."};
    terms[at] = {name(o.at("name")), name(o.at("unit")), range(o.at("range"))};
  }
  return terms;
}

double exact(const Place& place) {
  if (!place.value.is_number()) place.expected("a number");
  return place.value.get<double>();
}

/// What a file says of its robot since format 2; before, all were of one robot.
void read_robot(const Object& file, RobotContract& robot) {
  const int version = format_version(file);
  if (file.has("joint_names")) {
    const auto names = joint_names(file.at("joint_names"));
    KENNEL_CHECK(version > 1 || names == robot.joint_names, file.where,
                 "joint_names: another joint order than the robot's ",
                 Json(robot.joint_names).dump(), "; export the policy again");
    robot.joint_names = names;
  }
  if (version == 1) return;
  robot.robot = name(file.at("robot"));
  robot.frame = frame(file.at("observation"));
  if (file.has("task")) robot.task = name(file.at("task"));
  robot.command = robot.task == kWalkTask ? command_ranges(file.at("command_ranges"))
                                          : commands(file.at("commands"));
  robot.start_height = exact(file.at("start_height"));
  robot.fall_tilt = exact(file.at("fall_tilt"));
  robot.fall_height = exact(file.at("fall_height"));
  if (file.has("size")) robot.size = exact(file.at("size"));
  if (file.has("stance_height")) robot.stance_height = exact(file.at("stance_height"));
}

// Keys that only our own exporter writes.
void read_own_keys(const Object& file, PolicyFile& policy) {
  if (file.has("env_steps")) {
    const Place steps = file.at("env_steps");
    if (!steps.value.is_number_integer()) steps.expected("a whole number");
    policy.env_steps = steps.value.get<std::int64_t>();
  }
  if (file.has("control_dt")) policy.control_dt = number(file.at("control_dt"));
  if (file.has("physics_dt")) policy.physics_dt = exact(file.at("physics_dt"));
  if (file.has("training_simulator")) {
    const Place simulator = file.at("training_simulator");
    if (!simulator.value.is_object())
      simulator.expected("an object with solver_iterations and ls_iterations");
    const Object numbers{simulator.value, simulator.where + "."};
    policy.training_solver = {iterations(numbers.at("solver_iterations")),
                              iterations(numbers.at("ls_iterations"))};
  }
  if (file.has("golden")) {
    const Place golden = file.at("golden");
    if (!golden.value.is_object()) golden.expected("an object with obs and action");
    const Object pair{golden.value, golden.where + "."};
    policy.golden_obs = numbers(pair.at("obs"));
    policy.golden_action = numbers(pair.at("action"));
  }
}

/// What only files of policies without a robot have.
constexpr const char* kActionBounds = "action_bounds";

PolicyFile parse_small_task(const Object& file) {
  KENNEL_CHECK(!file.has(kGaitKey), file.where,
               "a gait moves the legs of a robot; the policy of a ", "task without one has layers");
  PolicyFile policy;
  format_version(file);
  policy.task = name(file.at("task"));
  policy.frame = frame(file.at("observation"));
  policy.action = name(file.at("action"));
  policy.action_bounds = range(file.at(kActionBounds));
  policy.network = read_network(file, policy);
  read_own_keys(file, policy);
  return policy;
}

PolicyFile parse(const Object& file) {
  if (file.has(kActionBounds) && !file.has("robot")) return parse_small_task(file);
  PolicyFile policy{first_format_robot()};
  read_robot(file, policy);
  if (file.has("observation_history")) {
    const Place history = file.at("observation_history");
    policy.observation_history = integer(history);
    KENNEL_CHECK(policy.observation_history >= 1, history.where, " is ", policy.observation_history,
                 "; expected at least 1 frame");
  }
  policy.network = read_network(file, policy);
  policy.kp = joints(file.at("kp"), /*scalar_allowed=*/true);
  policy.kd = joints(file.at("kd"), /*scalar_allowed=*/true);
  policy.action_scale = joints(file.at("action_scale"), /*scalar_allowed=*/true);
  policy.default_joint_pos = joints(file.at("default_joint_pos"));
  policy.joint_lower_limits = joints(file.at("joint_lower_limits"));
  policy.joint_upper_limits = joints(file.at("joint_upper_limits"));
  if (file.has("use_imu")) policy.use_imu = boolean(file.at("use_imu"));
  if (file.has("control_orientation")) {
    policy.control_orientation = boolean(file.at("control_orientation"));
  }
  if (file.has("maximum_pitch_command")) {
    policy.maximum_pitch_command = number(file.at("maximum_pitch_command"));
  }
  if (file.has("maximum_roll_command")) {
    policy.maximum_roll_command = number(file.at("maximum_roll_command"));
  }
  read_own_keys(file, policy);
  if (file.has(kGaitKey)) policy.network.gait = read_gait(file.at(kGaitKey), policy);
  return policy;
}

PolicyFile checked(const std::string& path, const Json& json) {
  PolicyFile policy = parse({json, path + ": "});
  check_policy(path, policy);
  if (json.contains("weights_checksum"))
    KENNEL_CHECK(json["weights_checksum"] == network_checksum(policy.network), path,
                 ": its weights are not those of its weights_checksum; the file was damaged or "
                 "edited: export the policy again");
  return policy;
}

}  // namespace

std::string read_policy_bytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);  // a pipe has none
  KENNEL_CHECK(error || size <= kLargestPolicyFile, path, ": ", size >> 20,
               " MiB is no policy; expected a file of at most ", kLargestPolicyFile >> 20, " MiB");
  return read_file(path);
}

PolicyFile policy_from_json(const std::string& path, const std::string& bytes) {
  const Json json = parse_policy_json(path, bytes);
  KENNEL_CHECK(json.is_object(), path, ": expected one JSON object, got ", json.type_name());
  return checked(path, json);
}

PolicyFile load_policy(const std::string& path) {
  return policy_from_json(path, read_policy_bytes(path));
}

PolicyFile policy_from_contract(const std::string& path, const std::string& contract,
                                const std::vector<LayerNumbers>& layers) {
  Json json = parse_policy_json(path, contract);
  KENNEL_CHECK(json.is_object() && json.contains("layers") && json["layers"].is_array() &&
                   json["layers"].size() == layers.size(),
               path, ": its contract does not describe its ", layers.size(),
               " layers; expected a file that kennel export wrote");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto& [weights, bias] = layers[l];
    KENNEL_CHECK(
        json["layers"][l].is_object() && !bias.empty() && weights.size() % bias.size() == 0, path,
        ": layer ", l, " has ", weights.size(), " weights and ", bias.size(),
        " biases; the file was damaged or edited: export the policy again");
    Json rows = Json::array();
    for (auto row = weights.begin(); row != weights.end(); row += std::ssize(bias))
      rows.push_back(std::vector<float>(row, row + std::ssize(bias)));
    json["layers"][l]["weights"] = {std::move(rows), bias};
  }
  return checked(path, json);
}

}  // namespace kennel
