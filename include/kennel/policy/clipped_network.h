// A policy whose output stays within the bounds that its simulator held actions to.
#pragma once

#include "kennel/contract/term.h"
#include "kennel/policy/policy_network.h"

namespace kennel {

/// The same policy, its action clamped to `bounds` by layers of its own:
///
///   min(max(y, low), high) = max(y - low, 0) - max(y - high, 0) + low
///
/// The environments of training clamp actions before anything sees them, the next observation
/// included; a robot's controller hands its policy the last action as it came. Whoever learnt to
/// rely on the clamp, a linear policy above all, would without it answer its own overshoot with a
/// larger one. A gait, and a last layer that cannot leave the bounds (tanh within -1 and 1, sigmoid
/// and softmax within 0 and 1), stay as they are.
PolicyNetwork clipped(PolicyNetwork network, const Range& bounds);

}  // namespace kennel
