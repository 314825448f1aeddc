// A policy as a C header.
#pragma once

#include <string>

#include "kennel/policy/policy_file.h"

namespace kennel {

/// The text of a C99 header (also valid C++) with the policy, its contract and its golden pair.
/// \param policy  complete, with a golden pair
std::string c_header(const PolicyFile& policy);

}  // namespace kennel
