#include "kennel/core/usable_cores.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

bool has_word(const std::string& list, const std::string& word) {
  std::istringstream words(list);
  for (std::string each; std::getline(words, each, ',');)
    if (each == word) return true;
  return false;
}

/// A mounted hierarchy of control groups that limits CPU time.
struct Hierarchy {
  bool is_v2;
  fs::path mount;  // where it is seen
  fs::path top;    // which of its groups is seen there
};

/// Those of /proc/self/mountinfo: "36 35 98:0 /top /mount options ... - type source super-options".
std::vector<Hierarchy> hierarchies(const fs::path& root) {
  std::vector<Hierarchy> found;
  std::ifstream mounts(root / "proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string skipped, top, mount, word, type, source, options;
    words >> skipped >> skipped >> skipped >> top >> mount;
    while (words >> word && word != "-") {
    }
    words >> type >> source >> options;
    const bool is_v1 = type == "cgroup" && has_word(options, "cpu");
    if (type == "cgroup2" || is_v1) found.push_back({!is_v1, mount, top});
  }
  return found;
}

/// The process's group in a hierarchy, from /proc/self/cgroup: "0::/group" is version 2,
/// "4:cpu,cpuacct:/group" version 1.
fs::path group_of(const fs::path& root, bool is_v2) {
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (is_v2 ? controllers.empty() : has_word(controllers, "cpu")) return line.substr(second + 1);
  }
  return "/";
}

/// A group's own quota. Version 2: "max 100000" or "150000 100000", microseconds of each period.
double quota_of(const fs::path& group, bool is_v2) {
  double quota = -1.0, period = 0.0;
  if (is_v2) {
    std::ifstream file(group / "cpu.max");
    file >> quota >> period;  // "max" is no number
    if (!file) return kNoQuota;
  } else {
    std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) return kNoQuota;
  }
  return quota > 0.0 && period > 0.0 ? quota / period : kNoQuota;
}

int num_allowed_by_affinity() {
  for (int size = CPU_SETSIZE; size <= 1 << 20; size *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(
        CPU_ALLOC(size), [](cpu_set_t* allocated) { CPU_FREE(allocated); });
    if (!set) break;
    if (::sched_getaffinity(0, CPU_ALLOC_SIZE(size), set.get()) == 0)
      return std::max(1, CPU_COUNT_S(CPU_ALLOC_SIZE(size), set.get()));
    if (errno != EINVAL) break;  // EINVAL: the machine has more cores than the set holds
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

double cgroup_cpu_quota(const fs::path& root) {
  double smallest = kNoQuota;
  for (const Hierarchy& hierarchy : hierarchies(root)) {
    // In a container the mount shows a part of the hierarchy, and the group's name starts above it.
    fs::path group = group_of(root, hierarchy.is_v2).lexically_relative(hierarchy.top);
    if (group.empty() || *group.begin() == "..") group = ".";
    const fs::path mount = root / hierarchy.mount.relative_path();
    for (group = group.lexically_normal();; group = group.parent_path()) {
      smallest = std::min(smallest, quota_of(mount / group, hierarchy.is_v2));
      if (group.empty() || group == ".") break;
    }
  }
  return smallest;
}

// To the nearest: threads that are held up a little at the end of each period still do more than
// one fewer would.
int num_usable_cores() {
  const int allowed = num_allowed_by_affinity();
  const double quota = cgroup_cpu_quota();
  return quota < allowed ? std::max(1, static_cast<int>(std::lround(quota))) : allowed;
}

}  // namespace kennel
