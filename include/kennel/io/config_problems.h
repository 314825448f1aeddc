// What can be wrong with a config struct, in the words of its section and keys.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kennel/core/fields.h"

namespace kennel {

/// Collects every number that is outside its bounds, "ppo.gamma = 1.5 is outside [0, 1]".
class BoundsVisitor {
 public:
  explicit BoundsVisitor(std::string_view section) : section_(section) {}

  void field(const char* name, int value, Bounds bounds, const char*) {
    number(name, value, bounds);
  }
  void field(const char* name, float value, Bounds bounds, const char*) {
    // A bound itself, read from a recipe, has become the float next to it.
    number(name, value, {static_cast<float>(bounds.low), static_cast<float>(bounds.high)});
  }
  void field(const char*, bool, Bounds, const char*) {}
  void field(const char*, const std::string&, Bounds, const char*) {}
  void field(const char* name, const std::vector<int>& values, Bounds bounds, const char*);

  std::vector<std::string> problems;

 private:
  void number(const char* name, double value, Bounds bounds);

  std::string_view section_;
};

template <class Config>
std::vector<std::string> out_of_bounds(std::string_view section, const Config& config) {
  BoundsVisitor visitor(section);
  visit_fields(config, visitor);
  return std::move(visitor.problems);
}

/// Adds a problem when `value` is none of the words that the key knows.
void check_choice(std::string_view key, const std::string& value,
                  std::initializer_list<std::string_view> choices,
                  std::vector<std::string>& problems);

}  // namespace kennel
