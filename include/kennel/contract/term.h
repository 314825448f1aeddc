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

/// What an environment says of a term beside that.
struct BoundedTerm : TermInfo {
  Bounds bounds;  // of each number before the scale, where nothing is measured wrong
};

}  // namespace kennel
