// What observations are made of.
#pragma once

#include <string>

#include "kennel/core/fields.h"

namespace kennel {

/// A part of an observation: consecutive numbers under a name.
struct TermInfo {
  std::string name;
  int size = 0;
  float scale = 1.0f;  // applied before the policy sees it
  std::string unit;
  bool operator==(const TermInfo&) const = default;
};

/// A term that a trainer and a judge make alike: sine and cosine of a clock of kTrotHz that begins
/// anywhere, and 1; zeros where the robot is told to stand.
inline constexpr char kTrotClock[] = "trot_clock";
inline constexpr float kTrotHz = 2.0f;

/// What an environment says of a term beside that.
struct BoundedTerm : TermInfo {
  Bounds bounds;  // of each number before the scale, where nothing is measured wrong
};

}  // namespace kennel
