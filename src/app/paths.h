// Where the files lie that come with the program.
#pragma once

#include <filesystem>

namespace kennel {

/// The recipe that is used where none is named.
std::filesystem::path default_recipe();

}  // namespace kennel
