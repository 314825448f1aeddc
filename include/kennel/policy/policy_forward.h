// The policy's forward pass for one observation, in float, as the robot computes it.
#pragma once

#include <span>
#include <vector>

#include "kennel/policy/policy_network.h"

namespace kennel::judge {

/// Evaluates a network for one observation at a time. Holds a reference to the network and its own
/// scratch memory: one per thread, and the network must outlive it.
class PolicyForward {
 public:
  /// \param network  layers whose sizes chain and whose activations are known, as `load_policy`
  /// checks
  explicit PolicyForward(const PolicyNetwork& network);

  int obs_size() const { return network_.layers.front().in; }
  int action_size() const { return network_.layers.back().out; }

  /// \param obs (obs_size())
  /// \return (action_size()), valid until the next call
  std::span<const float> operator()(std::span<const float> obs);

 private:
  const PolicyNetwork& network_;
  std::vector<float> input_;
  std::vector<float> output_;
};

/// True for an activation that the robot's loader knows; "" is none.
bool is_known_activation(const std::string& name);

/// The known activations, for messages.
inline constexpr const char* kKnownActivations = "tanh, relu, sigmoid, softmax, elu or \"\"";

}  // namespace kennel::judge
