#include "src/policy/policy_check.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/policy/first_format.h"
#include "kennel/policy/policy_forward.h"

namespace kennel {
namespace {

constexpr double kLargestObservation = 100.0;  // the robot's controller clamps to it
constexpr const char* kExportAgain = "; export the policy again";

void check_finite(const std::string& where, std::span<const float> values) {
  for (std::size_t at = 0; at < values.size(); ++at) {
    KENNEL_CHECK(std::isfinite(values[at]), where, "[", at, "] is ", values[at],
                 "; expected a finite number", kExportAgain);
  }
}

void check_layer(const std::string& where, const DenseLayer& layer, int inputs) {
  KENNEL_CHECK(judge::is_known_activation(layer.activation), where, ".activation is \"",
               layer.activation, "\"; the robot knows ", judge::kKnownActivations);
  KENNEL_CHECK(layer.in == inputs, where, ".weights[0] has ", layer.in, " rows; expected ", inputs,
               ", what the layer before it puts out", kExportAgain);
  KENNEL_CHECK(layer.out > 0, where, " has no outputs; expected at least one", kExportAgain);
  const auto expected = static_cast<std::size_t>(layer.in) * layer.out;
  KENNEL_CHECK(layer.weights.size() == expected, where, ".weights[0] has ", layer.weights.size(),
               " numbers; expected ", layer.in, " x ", layer.out, kExportAgain);
  KENNEL_CHECK(layer.bias.size() == static_cast<std::size_t>(layer.out), where, ".weights[1] has ",
               layer.bias.size(), " numbers; expected ", layer.out, ", one for each output",
               kExportAgain);
  for (int row = 0; row < layer.in; ++row) {
    check_finite(
        text(where, ".weights[0][", row, "]"),
        std::span(layer.weights).subspan(static_cast<std::size_t>(row) * layer.out, layer.out));
  }
  check_finite(where + ".weights[1]", layer.bias);
}

/// Refuses a layer that some observation of the robot makes overflow: infinities then meet to a NaN
/// in one runtime and not in another, which adds in another order.
/// \param bounds  how large the layer's inputs can be; replaced by how large its outputs can be
void check_overflow(const std::string& where, const DenseLayer& layer,
                    std::vector<double>& bounds) {
  constexpr double kLargest = 0.5 * std::numeric_limits<float>::max();  // room for rounding
  std::vector<double> sums(layer.bias.begin(), layer.bias.end());
  for (double& sum : sums) sum = std::abs(sum);
  const float* weight = layer.weights.data();
  for (int in = 0; in < layer.in; ++in)
    for (double& sum : sums) sum += bounds[in] * std::abs(double{*weight++});
  for (std::size_t out = 0; out < sums.size(); ++out)
    KENNEL_CHECK(sums[out] <= kLargest, where, ": its output ", out, " can reach ", sums[out],
                 ", which overflows a float; expected weights that keep every observation up to ",
                 kLargestObservation, " finite: train again or export an earlier checkpoint");
  const bool unbounded =
      layer.activation.empty() || layer.activation == "relu" || layer.activation == "elu";
  for (double& sum : sums) sum = unbounded ? std::max(sum, 1.0) : 1.0;
  bounds = std::move(sums);
}

void check_network(const std::string& where, const PolicyFile& policy) {
  const auto& layers = policy.network.layers;
  KENNEL_CHECK(!layers.empty(), where, "layers is empty; expected at least one dense layer");
  int inputs = policy.observation_history * frame_size(policy);
  std::vector<double> bounds(inputs, kLargestObservation);
  for (std::size_t at = 0; at < layers.size(); ++at) {
    const std::string layer = text(where, "layers[", at, "]");
    check_layer(layer, layers[at], inputs);
    check_overflow(layer, layers[at], bounds);
    inputs = layers[at].out;
  }
  KENNEL_CHECK(!policy.has_robot() || inputs == kPolicyJoints, where, "layers[", layers.size() - 1,
               "] puts out ", inputs, " numbers; expected ", kPolicyJoints, ", one for each joint");
}

void check_joints(const std::string& where, const PolicyFile& policy) {
  check_finite(where + "action_scale", policy.action_scale);
  check_finite(where + "default_joint_pos", policy.default_joint_pos);
  check_finite(where + "joint_lower_limits", policy.joint_lower_limits);
  check_finite(where + "joint_upper_limits", policy.joint_upper_limits);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const float low = policy.joint_lower_limits[joint], high = policy.joint_upper_limits[joint];
    const float pose = policy.default_joint_pos[joint];
    KENNEL_CHECK(low < high, where, "joint_lower_limits[", joint, "] = ", low,
                 " is not below joint_upper_limits[", joint, "] = ", high, " (",
                 policy.joint_names[joint], ")");
    KENNEL_CHECK(low <= pose && pose <= high, where, "default_joint_pos[", joint, "] = ", pose,
                 " is outside the joint's limits ", low, " to ", high, " (",
                 policy.joint_names[joint], ")");
  }
}

/// What it is told: each quantity once; of a walk those that all walks are told, whose names its
/// file does not say.
void check_command(const std::string& where, const RobotContract& robot) {
  const bool walks = robot.task == kWalkTask;
  const std::string place = where + (walks ? "command_ranges" : "commands");
  const CommandTerms walk = walk_command();
  for (int at = 0; at < kCommandTerms; ++at) {
    const CommandTerm& term = robot.command[at];
    KENNEL_CHECK(*place_in_command(robot, term.name) == at, place, ": \"", term.name,
                 "\" is there twice; expected ", kCommandTerms, " quantities", kExportAgain);
    KENNEL_CHECK(!walks || (term.name == walk[at].name && term.unit == walk[at].unit), place,
                 ": \"", term.name, "\" in ", term.unit, "; a policy of the task ", kWalkTask,
                 " is told ", walk[at].name, " in ", walk[at].unit, ": give the task another name");
    KENNEL_CHECK(term.range.low <= term.range.high, place, ": ", term.name, ": [", term.range.low,
                 ", ", term.range.high, "]; expected two numbers, the lower one first",
                 kExportAgain);
  }
}

void check_frame(const std::string& where, const RobotContract& robot) {
  for (const TermInfo& term : robot.frame)
    KENNEL_CHECK(term.size > 0 && std::isfinite(term.scale) && term.scale != 0.0f, where,
                 "observation: ", term.name, " has ", term.size, " numbers times ", term.scale,
                 "; expected at least one, and a scale that is not 0", kExportAgain);
}

/// What a policy without a robot says of its actions and its clock.
void check_small_task(const std::string& where, const PolicyFile& policy) {
  const Range& bounds = policy.action_bounds;
  KENNEL_CHECK(bounds.low < bounds.high, where, "action_bounds is [", bounds.low, ", ", bounds.high,
               "]; expected two numbers, the lower one first", kExportAgain);
  KENNEL_CHECK(policy.control_dt > 0.0f && std::isfinite(policy.control_dt), where,
               "control_dt is ", policy.control_dt, " s; expected a time above 0", kExportAgain);
}

void check_robot(const std::string& where, const RobotContract& robot) {
  check_frame(where, robot);
  check_command(where, robot);
  KENNEL_CHECK(robot.start_height > robot.fall_height && robot.fall_tilt > 0.0, where,
               "start_height ", robot.start_height, " m, fall_height ", robot.fall_height,
               " m and fall_tilt ", robot.fall_tilt,
               " rad; expected a start above the fall, and a tilt above 0", kExportAgain);
  KENNEL_CHECK(robot.size >= 1.0 / kLargestSize && robot.size <= kLargestSize, where, "size is ",
               robot.size, "; expected ", 1.0 / kLargestSize, " to ", kLargestSize, kExportAgain);
  KENNEL_CHECK(robot.stance_height >= 0.0 && std::isfinite(robot.stance_height), where,
               "stance_height is ", robot.stance_height, "; expected a height of at least 0 m",
               kExportAgain);
}

void check_times(const std::string& where, const RobotContract& robot) {
  KENNEL_CHECK(robot.physics_dt >= kShortestPhysicsDt && robot.physics_dt <= kLongestPhysicsDt,
               where, "physics_dt is ", robot.physics_dt, " s; expected ", kShortestPhysicsDt,
               " to ", kLongestPhysicsDt, " s, the timestep of the model it was trained in");
  KENNEL_CHECK(
      is_whole_decimation(robot, robot.physics_dt) && decimation_of(robot) <= kMaxDecimation, where,
      "control_dt is ", robot.control_dt, " s; expected 1 to ", kMaxDecimation,
      " whole physics steps of ", robot.physics_dt, " s", kExportAgain);
}

void check_golden(const std::string& where, const PolicyFile& policy) {
  if (policy.golden_obs.empty() && policy.golden_action.empty()) return;
  const auto obs_size = static_cast<std::size_t>(policy.observation_history) * frame_size(policy);
  KENNEL_CHECK(policy.golden_obs.size() == obs_size, where, "golden.obs has ",
               policy.golden_obs.size(), " numbers; expected ", obs_size);
  const int actions = policy.network.output_size();
  KENNEL_CHECK(static_cast<int>(policy.golden_action.size()) == actions, where,
               "golden.action has ", policy.golden_action.size(), " numbers; expected ", actions);
  check_finite(where + "golden.obs", policy.golden_obs);
  check_finite(where + "golden.action", policy.golden_action);
  const std::vector<float> action = forward(policy.network, policy.golden_obs);
  for (std::size_t at = 0; at < action.size(); ++at) {
    KENNEL_CHECK(std::abs(action[at] - policy.golden_action[at]) <= kGoldenTolerance, where,
                 "golden.action[", at, "] is ", policy.golden_action[at], ", but the policy gives ",
                 action[at], "; the file was damaged or edited: export the policy again");
  }
}

}  // namespace

void check_policy(const std::string& file, const PolicyFile& policy) {
  const std::string where = file + ": ";
  constexpr int kLongestHistory =
      64;  // more than a second of the robot's; beyond it the number is a mistake
  KENNEL_CHECK(policy.observation_history >= 1 && policy.observation_history <= kLongestHistory,
               where, "observation_history is ", policy.observation_history, "; expected 1 to ",
               kLongestHistory);
  if (!policy.network.gait) check_network(where, policy);
  if (!policy.has_robot()) {
    KENNEL_CHECK(!policy.network.gait, where, "a gait moves the legs of a robot; the task ",
                 policy.task, " has none");
    check_frame(where, policy);
    check_small_task(where, policy);
    return check_golden(where, policy);
  }
  check_joints(where, policy);
  for (const float kp : policy.kp)
    KENNEL_CHECK(std::isfinite(kp) && kp > 0.0f, where, "kp is ", kp,
                 "; expected a gain above 0 N m/rad");
  for (const float kd : policy.kd)
    KENNEL_CHECK(std::isfinite(kd) && kd >= 0.0f, where, "kd is ", kd,
                 "; expected a gain of at least 0 N m s/rad");
  check_robot(where, policy);
  check_times(where, policy);
  if (policy.network.gait) check_gait(where, policy);
  check_golden(where, policy);
}

int decimation_of(const RobotContract& robot, double physics_dt) {
  const double steps = robot.control_dt / physics_dt;
  return std::abs(steps) < 1e6 ? static_cast<int>(std::lround(steps)) : 0;  // NaN: 0 too
}

bool is_whole_decimation(const RobotContract& robot, double physics_dt) {
  const int decimation = decimation_of(robot, physics_dt);
  return decimation >= 1 && std::abs(robot.control_dt - decimation * physics_dt) < 1e-6;
}

std::string deployment_warning(const PolicyFile& policy) {
  const bool own_controller = policy.robot == first_format_robot().robot;
  if (!own_controller) return "";
  if (policy.network.gait)
    return "the policy is a gait; the robot's own controller runs networks and cannot run it";
  if (offset_in_frame(policy, kTrotClock))
    return "the policy sees a trot clock and velocities, which the robot's own controller does not "
           "give it";
  if (policy.task != kWalkTask)
    return text("the policy is told ", command_names(policy), "; the robot's own controller would ",
                "tell it ", command_names(first_format_robot()), ", which it was not trained for");
  if (policy.control_dt == kRobotControlDt) return "";
  return text("the policy acts every ", policy.control_dt, " s (", 1.0 / policy.control_dt,
              " Hz); the robot's own controller would run it every ", kRobotControlDt,
              " s, which it was not trained for: for that robot set env.decimation = ",
              std::lround(kRobotControlDt / policy.physics_dt));
}

void require_robot(const PolicyFile& policy, const std::string& name, const std::string& command) {
  KENNEL_CHECK(policy.has_robot(), name, " is a policy of the task ", policy.task,
               ", which has no robot: ", command,
               " is about robots; kennel eval prints its return, kennel export converts it");
}

std::string network_checksum(const PolicyNetwork& network) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&](std::span<const float> numbers) {
    for (const float x : numbers) {
      const auto bits = std::bit_cast<std::uint32_t>(x);
      for (int byte = 0; byte < 4; ++byte)
        hash = (hash ^ (bits >> (8 * byte) & 0xff)) * 0x100000001b3u;
    }
  };
  for (const DenseLayer& layer : network.layers) {
    add(layer.weights);
    add(layer.bias);
  }
  if (network.gait) {
    add(network.gait->number);
    add(leg_numbers(*network.gait));
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace kennel
