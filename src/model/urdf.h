// A URDF as MJCF text.
#pragma once

#include "src/model/spec.h"

namespace kennel {

/// Reads a URDF with MuJoCo and adds what it lacks to be a floating robot: a free joint on the root,
/// masses that are zero left to the link that they are fixed to, balanced inertias, meshes that are
/// found. Meshes that are not found are left out.
/// \param warnings  receives one line that says what was added and left out
/// \throws Error naming the link or joint that cannot be part of a robot
MjSpecPtr spec_of_urdf(const std::filesystem::path& file, std::vector<std::string>& warnings);

/// The description as MJCF, with all digits of its numbers.
std::string mjcf_text(const mjSpec& spec, const std::string& source);

/// Makes the paths of all assets absolute; those of a URDF's packages are looked for in the folders
/// above the file.
/// \return the paths of files that are not there
std::vector<std::string> find_assets(mjSpec& spec, const std::filesystem::path& file);

}  // namespace kennel
