// Names in a run folder that creating and opening it share.
#pragma once

#include <filesystem>

namespace kennel {

inline constexpr const char* kRunFormat = "kennel-run 1";
inline constexpr const char* kRunLock = "lock";
inline constexpr const char* kRunReplaced = ".replaced";  // what --force takes out of a volume
inline constexpr const char* kRunInUse =
    " is in use by another kennel train; wait for it, or choose another --out";

/// Finishes what a process that was killed while it replaced the run `target` left beside it: puts
/// the old run back where nothing stands in its place, and removes the rest.
void collect_replaced(const std::filesystem::path& target);

}  // namespace kennel
