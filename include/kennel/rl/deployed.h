// From a trained network to what is deployed.
#pragma once

#include <vector>

#include "kennel/policy/policy_network.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/normaliser.h"

namespace kennel {

/// A network's layers as plain numbers, the scaling of what it reads folded into the first. Waits
/// for the device.
PolicyNetwork deployed(const MlpShape& shape, const std::vector<Dense>& layers,
                       const Normaliser& obs_normaliser);

}  // namespace kennel
