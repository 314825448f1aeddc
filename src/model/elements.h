// Names for messages: what an element of a compiled model is called in its file.
#pragma once

#include <mujoco/mujoco.h>

#include <string>
#include <vector>

#include "kennel/core/check.h"

namespace kennel {

/// A geom's name, or its shape and body: "sphere of 'FL_calf'".
inline std::string geom_label(const mjModel& m, int geom) {
  const char* name = mj_id2name(&m, mjOBJ_GEOM, geom);
  if (name && *name) return name;
  constexpr const char* kShapes[] = {"plane",    "height field", "sphere", "capsule", "ellipsoid",
                                     "cylinder", "box",          "mesh",   "sdf"};
  const char* body = mj_id2name(&m, mjOBJ_BODY, m.geom_bodyid[geom]);
  const int shape = m.geom_type[geom];
  return std::string(shape >= 0 && shape < 9 ? kShapes[shape] : "geom") + " of '" +
         (body && *body ? body : std::to_string(m.geom_bodyid[geom])) + "'";
}

/// The element's kind and name, or its number where it has none: "geom 'floor'", "joint #3"; of a
/// geom its shape and body.
inline std::string element(const mjModel& m, mjtObj kind, int id) {
  const char* name = mj_id2name(&m, kind, id);
  const std::string type = mju_type2Str(kind);
  if (kind == mjOBJ_GEOM && id >= 0 && id < m.ngeom && !(name && *name))
    return text("geom #", id, " (", geom_label(m, id), ")");
  return name ? type + " '" + name + "'" : type + " #" + std::to_string(id);
}

/// A feature that the dynamics do not have, of one element or of the options.
struct Refusal {
  std::string element, what;
};

/// Whether an actuator is one that the dynamics have: its force a linear function of its control,
/// its length and its velocity, or of the products of control with either.
inline bool is_drive(const mjModel& m, int a) {
  const int gain = m.actuator_gaintype[a], bias = m.actuator_biastype[a];
  return m.actuator_dyntype[a] == mjDYN_NONE && (gain == mjGAIN_FIXED || gain == mjGAIN_AFFINE) &&
         (bias == mjBIAS_NONE || bias == mjBIAS_AFFINE);
}

/// Whether an actuator is a position servo: force = kp (ctrl - length) - kd velocity.
inline bool is_servo(const mjModel& m, int a) {
  const mjtNum* gain = m.actuator_gainprm + mjNGAIN * a;
  const mjtNum* bias = m.actuator_biasprm + mjNBIAS * a;
  return m.actuator_dyntype[a] == mjDYN_NONE && m.actuator_gaintype[a] == mjGAIN_FIXED &&
         m.actuator_biastype[a] == mjBIAS_AFFINE && gain[0] > 0 && bias[0] == 0 &&
         bias[1] == -gain[0] && bias[2] <= 0;
}

/// What a hinge's angle is multiplied with to give its actuator's length.
inline mjtNum gear(const mjModel& m, int a) { return m.actuator_gear[6 * m.actuator_outadr[a]]; }

/// Whether the position servo's length is the hinge's angle.
inline bool is_direct_servo(const mjModel& m, int a) { return is_servo(m, a) && gear(m, a) == 1; }

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
