// kennel bench scaling: what a terminal is shown.
#pragma once

#include <nlohmann/json.hpp>

namespace kennel {

/// \param all  what `--json` prints
void print_scaling(const nlohmann::ordered_json& all);

}  // namespace kennel
