// The kernels for robots with many points, run on the host, against the CPU backend.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <set>

#include "kennel/batch/open_loop.h"
#include "tests/sim/batch_fixture.h"
#include "tests/simt/device_batch.h"

namespace kennel::testing {
namespace {

using Many = ManyPoints<AllLegs>;
constexpr int kEnvs = 40, kSteps = 15;
constexpr float kTolerance = 2e-4f;
constexpr int kMayBeApart = 2;  // a contact may come a step apart (cpu_comparison_test.cpp)

quadruped::Task many_points_task(quadruped::EnvConfig config) {
  quadruped::Task task = task_of(config, 5);
  task.model = with_many_points(task.model);
  return task;
}

TEST(SimtManyPoints, FollowTheCpuBackend) {
  quadruped::EnvConfig config = busy_config();
  config.randomization.exact_invweight = true;
  config.randomization.start_height = {0.09f, 0.14f};  // the base's spheres touch at first
  const quadruped::Task task = many_points_task(config);
  SmallBatchOf<Many> cpu(task, kEnvs);
  DeviceBatch simt(task, kEnvs);
  cpu.batch.set_commands_change(true);
  std::set<int> came_apart;
  int base_touched = 0, weighed = 0, nominal = 0;
  float worst = 0;
  for (int t = 0; t < kSteps; ++t) {
    SCOPED_TRACE(t);
    cpu.step_with_waves(0.2f);
    simt.step(cpu.action);
    for (int e = 0; e < kEnvs; ++e) {
      if (came_apart.count(e)) continue;
      const auto a = cpu.batch.env(e), b = simt.env<Many>(e);
      EXPECT_EQ(a.episode, b.episode);
      base_touched += a.physics.position.z < 0.1f;
      float gap = std::abs(a.physics.position.z - b.physics.position.z);
      for (int leg = 0; leg < kNumLegs; ++leg) {
        for (int j = 0; j < kJointsPerLeg; ++j)
          gap = std::max(gap, std::abs(a.physics.leg[leg].q[j] - b.physics.leg[leg].q[j]));
        for (int s = 0; s < 4; ++s) {
          EXPECT_EQ(a.params.leg[leg].friction[s], b.params.leg[leg].friction[s]);
          EXPECT_NEAR(a.params.leg[leg].sphere_weight[s], b.params.leg[leg].sphere_weight[s], 1e-4);
          ++(a.params.leg[leg].sphere_weight[s] == 1 ? nominal : weighed);
        }
      }
      if (gap < kTolerance) {
        EXPECT_EQ(cpu.terminated[e], simt.terminated[e]) << e;
        EXPECT_EQ(cpu.truncated[e], simt.truncated[e]) << e;
      } else {
        came_apart.insert(e);
      }
      worst = std::max(worst, gap < kTolerance ? gap : 0.0f);
    }
  }
  std::printf("largest difference %.2g, beyond %.0e in %zu of %d environments\n", worst, kTolerance,
              came_apart.size(), kEnvs);
#ifdef KENNEL_PARITY
  EXPECT_EQ(worst, 0.0f);
#endif
  EXPECT_LE(came_apart.size(), kMayBeApart) << ::testing::PrintToString(came_apart);
  EXPECT_GT(base_touched, 10);
  EXPECT_GT(weighed, 9 * nominal) << "weights are computed, of which few are 1 by chance";
  EXPECT_EQ(simt.drain_stats().diverged, 0);
}

TEST(SimtManyPoints, AnOpenLoopRunIsTheCpus) {
  const Quadruped<float> model = with_many_points(task_of(quiet_config()).model);
  std::vector<double> init(kNq + kNv, 0.0), ctrl(40 * kNumJoints, 0.1), ours;
  init[2] = 0.12;
  init[3] = init[4] = 1.0;  // on its side
  const OpenLoop run{.init = init,
                     .ctrl = ctrl,
                     .params = converted<double>(nominal_params<float, Many>(model, {}), Many{})};
  kennel_open_loop_cuda(&model, &run, 0, &ours);
  const std::vector<double> expected = simulate_float(model, run);
  ASSERT_EQ(ours.size(), expected.size());
  for (std::size_t i = 0; i + kNv < ours.size(); ++i)
    if (i % kTrajectoryColumns < kNq) {
      EXPECT_NEAR(ours[i], expected[i], 2e-3) << i;
    }
}

}  // namespace
}  // namespace kennel::testing
