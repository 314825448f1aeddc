// Where the files lie that come with the program.
#pragma once

#include <filesystem>

namespace kennel {

/// The recipe that is used where none is named.
std::filesystem::path default_recipe();

/// The policy file that a user's path means: itself, or that of the run whose folder it is.
/// \throws Error for a folder that is no run, or has no policy yet
std::string policy_of(const std::string& path);

}  // namespace kennel
