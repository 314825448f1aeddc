// JSON from files that anyone may have written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kennel {

/// \param path  names the file in messages
/// \throws Error in one line for what is not JSON, was cut off, or is nested deeper than any policy
nlohmann::json parse_policy_json(const std::string& path, const std::string& bytes);

}  // namespace kennel
