// Reading JSON from files that anyone may have written: every complaint names the file and the
// place in it.
#pragma once

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kennel/core/check.h"

namespace kennel::from_json {

using Json = nlohmann::json;

// A JSON value and where it stands, for messages: "policy.json: layers[2].weights".
struct Place {
  const Json& value;
  std::string where;

  [[noreturn]] void expected(const std::string& what) const {
    std::string came = value.type_name();
    if (value.is_array()) came = text("an array of ", value.size());
    fail(where, ": expected ", what, ", got ", came);
  }
  Place at(std::size_t index) const { return {value[index], text(where, "[", index, "]")}; }
};

// The top of a file: its members are named without a dot in front.
struct Object {
  const Json& value;
  std::string where;

  bool has(const char* key) const { return value.contains(key); }
  Place at(const char* key) const {
    KENNEL_CHECK(has(key), where, "\"", key, "\" is missing; the robot's policy files have it");
    return {value[key], where + key};
  }
};

inline float number(const Place& place) {
  if (!place.value.is_number()) place.expected("a number");
  const float value = place.value.get<float>();
  KENNEL_CHECK(std::isfinite(value), place.where, ": ", place.value.dump(),
               " does not fit a float; export the policy again");
  return value;
}

inline int integer(const Place& place) {
  if (!place.value.is_number_integer()) place.expected("a whole number");
  const double value = place.value.get<double>();
  KENNEL_CHECK(std::abs(value) <= 1e6, place.where, ": ", place.value.dump(), " is too large");
  return static_cast<int>(value);
}

inline std::vector<float> numbers(const Place& place) {
  if (!place.value.is_array()) place.expected("an array of numbers");
  std::vector<float> values;
  values.reserve(place.value.size());
  for (std::size_t at = 0; at < place.value.size(); ++at) {
    const Json& value = place.value[at];
    if (!value.is_number()) place.at(at).expected("a number");
    values.push_back(value.get<float>());  // finiteness is checked with the rest of the policy
  }
  return values;
}

inline std::string name(const Place& place) {
  if (!place.value.is_string() || place.value.get_ref<const std::string&>().empty())
    place.expected("a name");
  return place.value.get<std::string>();
}

}  // namespace kennel::from_json
