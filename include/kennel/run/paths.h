// Paths as people read them.
#pragma once

#include <filesystem>
#include <string>

namespace kennel {

/// A path as messages show it: from the working directory where that is possible.
std::string shown(const std::filesystem::path& path);

}  // namespace kennel
