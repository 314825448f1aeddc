// What observations are made of.
#pragma once

#include <string>

namespace kennel {

/// A part of an observation: consecutive numbers under a name.
struct TermInfo {
  std::string name;
  int size = 0;
  float scale = 1.0f;  // applied before the policy sees it
  std::string unit;
  bool operator==(const TermInfo&) const = default;
};

}  // namespace kennel
