// Numbers as the pages' data have them: no longer than a plot or a table shows.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

namespace kennel::report {

/// A whole number of units; null for what is not finite.
/// \param unit  one over a whole number, or one
nlohmann::ordered_json rounded(double x, double unit = 1e-4);

/// Six significant digits; null for what is not finite.
nlohmann::ordered_json short_number(double x);

/// Each of them short.
nlohmann::ordered_json short_numbers(const std::vector<double>& values);

}  // namespace kennel::report
