// What kennel info tells of device, build and recipe, as text.
#pragma once

#include <nlohmann/json.hpp>

namespace kennel {

/// On standard output.
/// \param info  what `kennel info --json` prints
void print_info(const nlohmann::ordered_json& info);

}  // namespace kennel
