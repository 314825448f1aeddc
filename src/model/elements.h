// Names for messages: what an element of a compiled model is called in its file.
#pragma once

#include <mujoco/mujoco.h>

#include <string>
#include <vector>

#include "kennel/core/check.h"

namespace kennel {

/// The element's kind and name, or its number where it has none: "geom 'floor'", "joint #3".
inline std::string element(const mjModel& m, mjtObj kind, int id) {
  const char* name = mj_id2name(&m, kind, id);
  const std::string type = mju_type2Str(kind);
  return name ? type + " '" + name + "'" : type + " #" + std::to_string(id);
}

/// A feature that the dynamics do not have, of one element or of the options.
struct Refusal {
  std::string element, what;
};

/// Where messages about a model start: its file.
struct Source {
  const mjModel& m;
  std::string name;
  std::vector<Refusal>* refusals = nullptr;  // receives what `require` would throw

  /// Refuses the model because of a feature of one element.
  template <class... Parts>
  [[noreturn]] void refuse(mjtObj kind, int id, const Parts&... parts) const {
    fail(name, ": ", element(m, kind, id), ": ", parts...);
  }
  /// \return the condition: false only where refusals are collected
  template <class... Parts>
  bool require(bool condition, mjtObj kind, int id, const Parts&... parts) const {
    if (!condition && !refusals) refuse(kind, id, parts...);
    if (!condition) refusals->push_back({element(m, kind, id), text(parts...)});
    return condition;
  }
  template <class... Parts>
  void require_option(bool condition, const Parts&... parts) const {
    if (!condition && !refusals) fail(name, ": option: ", parts...);
    if (!condition) refusals->push_back({"option", text(parts...)});
  }
};

}  // namespace kennel
