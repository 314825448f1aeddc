// How much CPU time the control groups allow, read from samples of /proc and /sys.
#include "kennel/core/usable_cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <limits>

#include "../io/temp_folder.h"

namespace kennel {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

/// A root folder with what a process sees.
class Root {
 public:
  void file(const std::string& path, const std::string& text) const {
    const std::filesystem::path full = folder_ / path;
    std::filesystem::create_directories(full.parent_path());
    write_raw(full, text);
  }
  double quota() const { return cgroup_cpu_quota(folder_.path()); }

 private:
  TempFolder folder_;
};

constexpr const char* kV2Mount =
    "25 30 0:23 / /proc rw - proc proc rw\n"
    "31 30 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST(CpuQuota, IsNoneWhereThereAreNoControlGroups) { EXPECT_EQ(Root().quota(), kNone); }

TEST(CpuQuota, OfVersion2IsTheSmallestFromTheGroupToTheTop) {
  const Root root;
  root.file("proc/self/mountinfo", kV2Mount);
  root.file("proc/self/cgroup", "0::/user.slice/job.scope\n");
  root.file("sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000\n");
  EXPECT_EQ(root.quota(), kNone);
  root.file("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(root.quota(), 1.5);
  root.file("sys/fs/cgroup/user.slice/job.scope/cpu.max", "50000 50000\n");
  EXPECT_DOUBLE_EQ(root.quota(), 1.0);
}

TEST(CpuQuota, InAContainerIsAtTheTopOfWhatIsMounted) {
  const Root root;
  root.file("proc/self/mountinfo",
            "31 30 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  root.file("proc/self/cgroup", "0::/docker/abc\n");
  root.file("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_DOUBLE_EQ(root.quota(), 2.0);
  root.file("proc/self/cgroup", "0::/../elsewhere\n");  // moved after the container was made
  EXPECT_DOUBLE_EQ(root.quota(), 2.0);
}

TEST(CpuQuota, OfVersion1IsReadFromTheCpuController) {
  const Root root;
  root.file("proc/self/mountinfo",
            "32 31 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
            "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
  root.file("proc/self/cgroup", "5:cpuset:/other\n4:cpu,cpuacct:/slurm/job_7\n0::/\n");
  const std::string group = "sys/fs/cgroup/cpu,cpuacct/slurm/job_7/";
  root.file(group + "cpu.cfs_quota_us", "-1\n");
  root.file(group + "cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(root.quota(), kNone);
  root.file(group + "cpu.cfs_quota_us", "400000\n");
  EXPECT_DOUBLE_EQ(root.quota(), 4.0);
}

TEST(UsableCores, AreNoMoreThanTheAffinityAllows) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(num_usable_cores(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace kennel
