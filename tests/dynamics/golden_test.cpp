// Trajectories that MuJoCo 4.0.0 computed once (golden/generate_trajectories.py). The live
// comparisons would follow a MuJoCo that changes; these do not.
#include <gtest/gtest.h>

#include "kennel/core/pack.h"
#include "kennel/io/npy.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr std::size_t kRows = 251, kColumns = kNq + kNv + kNumJoints;

/// Largest difference of qpos over a golden second, m and rad.
template <class T>
double worst_difference(int which, double friction) {
  const NpyArray golden =
      read_npy(std::filesystem::path(KENNEL_SOURCE_DIR) / "tests/dynamics/golden/trajectories.npy",
               {2 * kRows, kColumns});
  const double* row = golden.values.data() + which * kRows * kColumns;
  const Quadruped<double> exact = load_quadruped(kPupper).model;
  Params<double> params = nominal_params<double, AllLegs>(exact, {});
  for (auto& leg : params.leg)
    for (double& mu : leg.friction) mu = friction;
  Quadruped<scalar_of<T>> model;
  if constexpr (std::is_same_v<T, double>) {
    model = exact;
  } else {
    model = to_float(exact);
  }
  const Params<T> own = converted<T, AllLegs>(params, AllLegs{});
  State<T> state = read<T>(row, row + kNq);
  double worst = 0;
  for (std::size_t i = 0; i + 1 < kRows; ++i, row += kColumns) {
    T target[kNumLegs][kJointsPerLeg];
    for (int k = 0; k < kNumJoints; ++k)
      target[k / 3][k % 3] = T(static_cast<scalar_of<T>>(row[kNq + kNv + k]));
    StepReport<T, AllLegs> report;
    step<T, AllLegs>(model, kConverged, own, target, {}, state, report);
    const double* next = row + kColumns;
    const double height = lane_of(state.position.z);
    worst = std::max(worst, std::abs(height - next[2]));
    for (int k = 0; k < kNumJoints; ++k)
      worst = std::max(worst, std::abs(lane_of(state.leg[k / 3].q[k % 3]) - next[7 + k]));
    if (!std::isfinite(height)) return INFINITY;
  }
  return worst;
}

TEST(GoldenTrajectory, DroppedUpright) {
  EXPECT_LT(worst_difference<double>(0, 0.8), 1e-8);
  EXPECT_LT(worst_difference<NativePack>(0, 0.8), 2e-3);
}

TEST(GoldenTrajectory, ThrownOntoItsSideOnSlipperyGround) {
  EXPECT_LT(worst_difference<double>(1, 0.3), 1e-8);
  EXPECT_LT(worst_difference<NativePack>(1, 0.3), 2e-3);
}

}  // namespace
}  // namespace kennel::testing
