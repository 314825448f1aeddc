// A URDF as MJCF text.
#pragma once

#include "src/model/spec.h"

namespace kennel {

/// Reads a URDF with MuJoCo and adds what it lacks to be a floating robot: a free joint on the
/// root, masses that are zero left to the link that they are fixed to, balanced inertias, meshes
/// that are found. Meshes that are not found are left out.
/// \param warnings  receives one line that says what was added and left out
/// \throws Error naming the link or joint that cannot be part of a robot
MjSpecPtr spec_of_urdf(const std::filesystem::path& file, std::vector<std::string>& warnings);

}  // namespace kennel
