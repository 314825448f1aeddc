// A few of a robot's values replaced before it is used, for comparisons with logs and other
// simulators.
#pragma once

#include <filesystem>
#include <optional>

#include "kennel/model/edits.h"

namespace kennel {

/// What replaces the model file's values; what is empty stays as the file has it.
struct ModelOverrides {
  std::optional<double> kp;               // N m / rad, every actuator
  std::optional<double> kd;               // N m s / rad, every actuator
  std::optional<double> friction;         // sliding coefficient of the contacts, floor included
  std::optional<double> strength;         // factor on every actuator's torque, its limit included
  std::optional<double> base_mass_scale;  // factor on the base's mass and inertia
  ModelEdits edits;                       // made before, by switches
};

/// Loads a robot with some values replaced. The inverse weights that scale constraints stay those
/// of the file's model, unless `exact_invweight` has MuJoCo recompute them.
LoadedQuadruped load_quadruped(const std::filesystem::path& file, const ModelOverrides& overrides,
                               bool exact_invweight);

}  // namespace kennel
