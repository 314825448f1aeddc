// Policies for tests, small enough to reason about.
#pragma once

#include <array>
#include <cmath>

#include "kennel/policy/first_format.h"
#include "kennel/policy/policy_file.h"

namespace kennel {

inline constexpr int kPolicyFrame = 36;

/// A layer with all weights zero: it puts out activation(bias).
inline DenseLayer constant_layer(int in, int out, const std::string& activation) {
  return {in, out, std::vector<float>(static_cast<std::size_t>(in) * out), std::vector<float>(out),
          activation};
}

/// Pupper's pose, limits and gains with a network that always answers zero: it stands still.
inline PolicyFile standing_policy(int history = 1) {
  PolicyFile policy{first_format_robot()};
  policy.observation_history = history;
  policy.action_scale.fill(0.5f);
  for (int leg = 0; leg < 4; ++leg) {
    const bool right = leg % 2 == 0;
    const std::array<float, 3> pose = {0.26f, 0.0f, -0.52f};
    const std::array<float, 3> low = {-1.22f, -0.42f, -2.79f}, high = {2.51f, 3.14f, 0.71f};
    for (int joint = 0; joint < 3; ++joint) {
      const int at = 3 * leg + joint;
      policy.default_joint_pos[at] = right ? pose[joint] : -pose[joint];
      policy.joint_lower_limits[at] = right ? low[joint] : -high[joint];
      policy.joint_upper_limits[at] = right ? high[joint] : -low[joint];
    }
  }
  policy.network.layers = {constant_layer(history * kPolicyFrame, kPolicyJoints, "tanh")};
  return policy;
}

/// The same robot, told another thing than to walk: pitch and roll of its body, and its height over
/// 0.15 m.
inline PolicyFile standing_pose_policy() {
  PolicyFile policy = standing_policy();
  policy.task = "pose";
  policy.command = {{{"pitch", "rad", {-0.2f, 0.25f}},
                     {"roll", "rad", {-0.15f, 0.2f}},
                     {"height", "m", {-0.03f, 0.015f}}}};
  policy.stance_height = 0.15;
  return policy;
}

/// The policy at another rate.
/// \param decimation  physics steps a control step
inline PolicyFile at_rate(PolicyFile policy, int decimation) {
  policy.control_dt = static_cast<float>(decimation * policy.physics_dt);
  return policy;
}

/// Numbers without a pattern that a mistake in an index could hide behind.
inline float scrambled(int index) { return static_cast<float>(std::sin(12.9898 * index + 0.5)); }

/// Two layers with every weight in use; it trembles and stays on its feet.
inline PolicyFile trembling_policy(int history = 2) {
  PolicyFile policy = standing_policy(history);
  constexpr int kHidden = 10;
  DenseLayer first = constant_layer(history * kPolicyFrame, kHidden, "elu");
  DenseLayer second = constant_layer(kHidden, kPolicyJoints, "tanh");
  int index = 0;
  for (DenseLayer* layer : {&first, &second}) {
    for (float& weight : layer->weights) weight = 0.1f * scrambled(++index);
    for (float& bias : layer->bias) bias = 0.05f * scrambled(++index);
  }
  policy.network.layers = {first, second};
  return policy;
}

/// Always answers `action`, through a linear layer.
inline PolicyFile constant_policy(const std::array<float, kPolicyJoints>& action) {
  PolicyFile policy = standing_policy();
  policy.network.layers[0].activation = "";
  policy.network.layers[0].bias.assign(action.begin(), action.end());
  return policy;
}

/// Folds the right legs and stretches the left ones: it rolls over at once.
inline PolicyFile toppling_policy() {
  PolicyFile policy = constant_policy({0, 3.0f, 0, 0, 3.0f, 0, 0, 3.0f, 0, 0, 3.0f, 0});
  policy.action_scale.fill(1.0f);
  return policy;
}

}  // namespace kennel
