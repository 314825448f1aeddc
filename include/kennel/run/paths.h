// Where the files lie that come with the program.
#pragma once

#include <filesystem>
#include <string>

namespace kennel {

/// The recipe that is used where none is named.
std::filesystem::path default_recipe();

/// A path as messages show it: from the working directory where that is possible.
std::string shown(const std::filesystem::path& path);

}  // namespace kennel
