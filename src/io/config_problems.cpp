#include "kennel/io/config_problems.h"

#include <cmath>

#include "kennel/core/check.h"

namespace kennel {

void BoundsVisitor::field(const char* name, const std::vector<int>& values, Bounds bounds,
                          const char*) {
  for (const int value : values) number(name, value, bounds);
}

void BoundsVisitor::number(const char* name, double value, Bounds bounds) {
  if (std::isfinite(value) && value >= bounds.low && value <= bounds.high) return;
  problems.push_back(
      text(section_, '.', name, " = ", value, " is outside [", bounds.low, ", ", bounds.high, "]"));
}

void check_choice(std::string_view key, const std::string& value,
                  std::initializer_list<std::string_view> choices,
                  std::vector<std::string>& problems) {
  std::string listed;
  for (const std::string_view choice : choices) {
    if (choice == value) return;
    (listed += listed.empty() ? "" : ", ") += choice;
  }
  problems.push_back(text(key, " = \"", value, "\" is unknown; expected one of ", listed));
}

}  // namespace kennel
