// Writes the robot's policy file.
#include "kennel/io/atomic_file.h"
#include "kennel/policy/policy_file.h"
#include "src/policy/gait_json.h"
#include "src/policy/policy_check.h"

namespace kennel {
namespace {

FloatJson shape(int size) { return FloatJson::array({nullptr, size}); }

/// What a layer is, without its numbers.
FloatJson layer_shape(const DenseLayer& layer) {
  return {{"type", "dense"}, {"activation", layer.activation}, {"shape", shape(layer.out)}};
}

FloatJson layer_json(const DenseLayer& layer) {
  FloatJson rows = FloatJson::array();
  for (int row = 0; row < layer.in; ++row) {
    const auto begin = layer.weights.begin() + static_cast<std::ptrdiff_t>(row) * layer.out;
    rows.push_back(std::vector<float>(begin, begin + layer.out));
  }
  FloatJson json = layer_shape(layer);
  json["weights"] = FloatJson::array({std::move(rows), layer.bias});
  return json;
}

FloatJson observation_json(const RobotContract& robot) {
  FloatJson terms = FloatJson::array();
  for (const TermInfo& term : robot.frame) {
    terms.push_back(
        {{"name", term.name}, {"size", term.size}, {"scale", term.scale}, {"unit", term.unit}});
  }
  return terms;
}

// An observation with every input in use: upright, walking, joints and actions off their zeros by
// different amounts.
std::vector<float> example_obs(const PolicyFile& policy) {
  std::vector<float> obs;
  const int size = frame_size(policy);
  const auto set_z = [&](int frame, const char* vector, float z) {
    if (const auto at = offset_in_frame(policy, vector)) obs[frame * size + *at + 2] = z;
  };
  for (int frame = 0; frame < policy.observation_history; ++frame) {
    for (int at = 0; at < size; ++at) {
      const int step = (7 * at + 3 * frame) % 11 - 5;
      obs.push_back(0.05f * static_cast<float>(step));
    }
    set_z(frame, "projected_gravity", -1.0f);
    set_z(frame, "desired_world_z", 1.0f);
  }
  return obs;
}

/// One number where all joints have it, which is what the robot's controller reads.
FloatJson gains(const RobotContract::Joints& all) {
  if (same_for_all(all)) return all[0];
  return all;
}

FloatJson range_json(const Range& range) { return FloatJson::array({range.low, range.high}); }

/// A walk's ranges, as its files have always had them: the order is that of all walks.
FloatJson command_ranges_json(const RobotContract& robot) {
  FloatJson json;
  for (const CommandTerm& term : robot.command) json[term.name] = range_json(term.range);
  return json;
}

/// What another task's policy is told: a list, because it has an order.
FloatJson commands_json(const RobotContract& robot) {
  FloatJson json = FloatJson::array();
  for (const CommandTerm& term : robot.command)
    json.push_back({{"name", term.name}, {"unit", term.unit}, {"range", range_json(term.range)}});
  return json;
}

/// The contract of a policy without a robot.
FloatJson small_task_json(const PolicyFile& policy) {
  FloatJson json = {{"format_version", kPolicyFormatVersion}, {"task", policy.task}};
  if (policy.env_steps) json["env_steps"] = *policy.env_steps;
  json.update(FloatJson{
      {"control_dt", policy.control_dt},
      {"observation", observation_json(policy)},
      {"action", policy.action},
      {"action_bounds", range_json(policy.action_bounds)},
      {"golden", {{"obs", policy.golden_obs}, {"action", policy.golden_action}}},
      {"weights_checksum", network_checksum(policy.network)},
      {"in_shape", shape(frame_size(policy))},
  });
  return json;
}

FloatJson contract_json(const PolicyFile& policy) {
  if (!policy.has_robot()) return small_task_json(policy);
  FloatJson json = {{"format_version", kPolicyFormatVersion}, {"robot", policy.robot}};
  const bool walks = policy.task == kWalkTask;
  if (!walks) json["task"] = policy.task;
  if (policy.env_steps) json["env_steps"] = *policy.env_steps;
  json.update(FloatJson{
      {"control_dt", policy.control_dt},
      {"physics_dt", static_cast<float>(policy.physics_dt)},
      {"use_imu", policy.use_imu},
      {"control_orientation", policy.control_orientation},
      {"maximum_pitch_command", policy.maximum_pitch_command},
      {"maximum_roll_command", policy.maximum_roll_command},
      {"kp", gains(policy.kp)},
      {"kd", gains(policy.kd)},
      {"action_scale", policy.action_scale},
      {"joint_names", policy.joint_names},
      {"default_joint_pos", policy.default_joint_pos},
      {"joint_lower_limits", policy.joint_lower_limits},
      {"joint_upper_limits", policy.joint_upper_limits},
      {"observation_history", policy.observation_history},
      {"observation", observation_json(policy)},
      walks ? FloatJson{"command_ranges", command_ranges_json(policy)}
            : FloatJson{"commands", commands_json(policy)},
      {"start_height", static_cast<float>(policy.start_height)},
      {"fall_tilt", static_cast<float>(policy.fall_tilt)},
      {"fall_height", static_cast<float>(policy.fall_height)},
      {"size", static_cast<float>(policy.size)},
      {"observation_frames", "newest first; at the start zeros with projected_gravity z = -1"},
      {"action", "joint target = clamp(default_joint_pos + action_scale * action, limits), rad"},
      {"golden", {{"obs", policy.golden_obs}, {"action", policy.golden_action}}},
      {"weights_checksum", network_checksum(policy.network)},
      {"in_shape", shape(policy.observation_history * frame_size(policy))},
  });
  if (policy.stance_height > 0.0) json["stance_height"] = static_cast<float>(policy.stance_height);
  if (policy.training_solver)
    json["training_simulator"] = {{"solver_iterations", policy.training_solver->iterations},
                                  {"ls_iterations", policy.training_solver->ls_iterations}};
  return json;
}

/// The contract with each layer as `describe` gives it, or with the gait.
template <class Describe>
FloatJson with_layers(const PolicyFile& policy, Describe&& describe) {
  FloatJson json = contract_json(policy);
  if (policy.network.gait) {
    json[kGaitKey] = gait_json(*policy.network.gait);
    return json;
  }
  json["layers"] = FloatJson::array();
  for (const DenseLayer& layer : policy.network.layers) json["layers"].push_back(describe(layer));
  return json;
}

}  // namespace

std::string policy_contract(const PolicyFile& policy) {
  return with_layers(policy, layer_shape).dump();
}

PolicyFile completed(const std::string& path, const PolicyFile& policy) {
  check_policy(path, policy);
  PolicyFile complete = policy;
  if (complete.golden_obs.empty()) {
    complete.golden_obs = example_obs(policy);
    complete.golden_action = forward(policy.network, complete.golden_obs);
  }
  return complete;
}

std::string policy_json(const std::string& path, const PolicyFile& policy) {
  return with_layers(completed(path, policy), layer_json).dump();
}

void write_policy(const std::string& path, const PolicyFile& policy) {
  write_file_atomically(path, policy_json(path, policy) + "\n");
}

}  // namespace kennel
