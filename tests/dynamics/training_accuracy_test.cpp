// How far the training solver (two Newton steps, one line-search evaluation, float) is from the
// converged acceleration on states of a walking robot, beside MuJoCo's own solver at iterations 2,
// ls_iterations 5 in double. Both warm-start from their previous step of the same sequence.
#include <gtest/gtest.h>

#include "kennel/core/pack.h"
#include "kennel/io/npy.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr double kAtMost = 1.1;  // times MuJoCo's error at the same percentile

struct Percentiles {
  double p50, p90, p99;
};

Percentiles percentiles(std::vector<double> errors) {
  std::sort(errors.begin(), errors.end());
  const auto at = [&](double share) {
    return errors[static_cast<std::size_t>(share * static_cast<double>(errors.size() - 1))];
  };
  return {at(0.5), at(0.9), at(0.99)};
}

TEST(TrainingSolver, IsCloseToConvergedOnAWalkingRobotBesideMujocosShortSolver) {
  using P = NativePack;
  const NpyArray walk =
      read_npy(std::filesystem::path(KENNEL_SOURCE_DIR) / "tests/dynamics/golden/walk.npy",
               {kAnyLength, kNq + kNv + kNumJoints});
  Reference exact(kPupper), brief(kPupper);
  exact.converge();
  brief.model->opt.iterations = 2;
  brief.model->opt.ls_iterations = 5;
  const Quadruped<float> model = to_float(quadruped_from(*exact.model, "test").model);
  const Params<P> params = nominal_params<P, AllLegs>(model, {});
  State<P> state{};
  std::vector<double> ours, theirs;
  for (std::size_t row = 0; row < walk.shape[0]; ++row) {
    const double* x = walk.values.data() + row * walk.shape[1];
    for (Reference* reference : {&exact, &brief}) {
      mjData& d = *reference->data;
      std::copy_n(x, kNq, d.qpos);
      mju_normalize4(d.qpos + 3);
      std::copy_n(x + kNq, kNv, d.qvel);
      std::copy_n(x + kNq + kNv, kNumJoints, d.ctrl);
      mj_forward(reference->model.get(), &d);
    }
    const State<P> next = read<P>(exact.data->qpos, x + kNq);
    const State<P> warm = state;
    state = next;
    state.lin_acc = warm.lin_acc;
    state.ang_acc = warm.ang_acc;
    for (int leg = 0; leg < kNumLegs; ++leg)
      std::copy_n(warm.leg[leg].qacc, kJointsPerLeg, state.leg[leg].qacc);
    P target[kNumLegs][kJointsPerLeg];
    for (int k = 0; k < kNumJoints; ++k)
      target[k / 3][k % 3] = P(static_cast<float>(x[kNq + kNv + k]));
    StepReport<P, AllLegs> report;
    forward<P, AllLegs>(model, SolverOptions{}, params, target, {}, state, report);
    std::vector<double> qacc;
    for (const P& a : {state.lin_acc.x, state.lin_acc.y, state.lin_acc.z, state.ang_acc.x,
                       state.ang_acc.y, state.ang_acc.z})
      qacc.push_back(a[0]);
    for (const auto& leg : state.leg)
      for (const P& a : leg.qacc) qacc.push_back(a[0]);
    if (row < 5) continue;  // until both warm starts are warm
    ours.push_back(relative_error(qacc, exact.data->qacc));
    theirs.push_back(relative_error({brief.data->qacc, brief.data->qacc + kNv}, exact.data->qacc));
  }
  const Percentiles a = percentiles(ours), b = percentiles(theirs);
  std::printf(
      "error against converged, p50 p90 p99: ours %.2g %.2g %.2g, MuJoCo 2/5 %.2g %.2g %.2g\n",
      a.p50, a.p90, a.p99, b.p50, b.p90, b.p99);
  EXPECT_LE(a.p50, kAtMost * b.p50);
  EXPECT_LE(a.p90, kAtMost * b.p90);
  EXPECT_LE(a.p99, kAtMost * b.p99);
}

}  // namespace
}  // namespace kennel::testing
