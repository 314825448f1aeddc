// A policy as a C header.
#pragma once

#include <string>
#include <string_view>

#include "kennel/policy/policy_file.h"

namespace kennel {

/// Whether a file begins as `c_header` does.
bool is_c_header(std::string_view bytes);

/// The text of a C99 header (also valid C++) with the policy, its contract and its golden pair.
/// \param policy  complete, with a golden pair
std::string c_header(const PolicyFile& policy);

}  // namespace kennel
