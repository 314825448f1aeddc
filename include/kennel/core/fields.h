// One table a config struct: the same list of fields reads, validates, prints and documents it.
//
// A config struct is plain data with its defaults in place, and a free function
//
//   template <class Config, class Visitor>   // Config is WalkConfig or const WalkConfig
//   void visit_fields(Config& c, Visitor&& v) requires same_config<Config, WalkConfig> {
//     v.field("gamma", c.gamma, Bounds{0.0, 1.0}, "discount a control step");
//   }
//
// A visitor's `field(name, value, bounds, doc)` is overloaded on the value's type: int, float,
// double, bool, std::string, Range, std::vector<int>. Bounds are inclusive and hold for each number
// of a Range or vector; strings and bools ignore them.
#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

namespace kennel {

/// Inclusive bounds of a number in a recipe.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// A uniform distribution's ends, written `[low, high]` in a recipe; low <= high. Equal ends switch
/// the randomisation off.
struct Range {
  float low = 0.0f;
  float high = 0.0f;
  bool operator==(const Range&) const = default;
};

template <class Visited, class Config>
concept same_config = std::same_as<std::remove_const_t<Visited>, Config>;

}  // namespace kennel
