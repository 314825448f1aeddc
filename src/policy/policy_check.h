// What a policy must satisfy to run on the robot; shared by the reader and the writer of policy
// files.
#pragma once

#include <string>
#include <vector>

#include "kennel/policy/policy_file.h"

namespace kennel {

/// \param where  the file's name, put in front of every message
/// \throws Error at the first thing that the robot's controller would refuse or that would make it
/// misbehave
void check_policy(const std::string& where, const PolicyFile& policy);

/// A policy that is a gait; what it shares with the others is checked before.
/// \param where  the file's name and ": "
/// \throws Error at the first thing that is wrong
void check_gait(const std::string& where, const PolicyFile& policy);

/// The legs of a gait leg by leg: of each hinge axis and place, then the foot.
std::vector<float> leg_numbers(const GaitPolicy& policy);

/// A number for all weights and biases, in hexadecimal: FNV-1a over the floats' bits, layer by
/// layer, or for a gait's numbers and its legs'. One golden pair does not reach every weight; this
/// does.
std::string network_checksum(const PolicyNetwork& network);

}  // namespace kennel
