// How many threads are worth starting.
#pragma once

#include <filesystem>

namespace kennel {

/// How many threads this process may run at once: the cores that its affinity mask allows, and no
/// more than the CPU time that its control groups allow.
int num_usable_cores();

/// The CPU time that the control groups of this process may use, in cores: the smallest quota from
/// its own group up to the top, of version 2 (cpu.max) and version 1 (cpu.cfs_quota_us). Containers
/// and batch systems limit a job this way, and its affinity mask does not show it.
/// \param root  where /proc and /sys are; tests have their own
/// \return infinity where there is no quota or no control groups
double cgroup_cpu_quota(const std::filesystem::path& root = "/");

}  // namespace kennel
