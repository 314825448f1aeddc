// The policy's forward pass for one observation, in float, as the robot computes it.
#pragma once

#include <span>
#include <vector>

#include "kennel/policy/policy_network.h"

namespace kennel::judge {

/// Evaluates a policy for one observation at a time. Holds a reference to the policy, its own
/// scratch memory and a gait's clock: one per robot, and the policy must outlive it.
class PolicyForward {
 public:
  /// \param network  layers whose sizes chain and whose activations are known, or a gait, as
  /// `load_policy` checks
  explicit PolicyForward(const PolicyNetwork& network);

  int obs_size() const { return network_.input_size(); }
  int action_size() const { return network_.output_size(); }

  /// An episode begins: the clock of a gait starts anew.
  void reset() { cycle_ = 0.0f; }

  /// The action of a control step.
  /// \param obs (obs_size())
  /// \return (action_size()), valid until the next call
  std::span<const float> operator()(std::span<const float> obs);

 private:
  const PolicyNetwork& network_;
  std::vector<float> input_;
  std::vector<float> output_;
  float cycle_ = 0.0f;  // of a gait's clock
};

/// True for an activation that the robot's loader knows; "" is none.
bool is_known_activation(const std::string& name);

/// The known activations, for messages.
inline constexpr const char* kKnownActivations = "tanh, relu, sigmoid, softmax, elu or \"\"";

}  // namespace kennel::judge
