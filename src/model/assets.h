// The files that a description points to.
#pragma once

#include "src/model/spec.h"

namespace kennel {

/// Makes the paths of all assets absolute; those of a URDF's packages are looked for in the folders
/// above the file.
/// \return the paths of files that are not there
std::vector<std::string> find_assets(mjSpec& spec, const std::filesystem::path& file);

/// Deletes the meshes that MuJoCo cannot read, and the geoms made of them.
/// \return their names
/// \throws Error naming a mesh that a body's mass comes from
std::vector<std::string> drop_unreadable_meshes(mjSpec& spec, const std::string& source);

/// Finds all assets of an MJCF and leaves out the meshes that are not there, with a warning.
void leave_missing_meshes(mjSpec& spec, const std::filesystem::path& file,
                          std::vector<std::string>& warnings);

}  // namespace kennel
