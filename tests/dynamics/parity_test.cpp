// qacc against mj_forward at our own states: contacts, limits, dry friction, saturated servos,
// randomised parameters.
#include <gtest/gtest.h>

#include "kennel/dynamics/constraint_weights.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr double kParityDouble = 1e-10;

/// Inverse weights on both sides: of the nominal model; of the randomised one as MuJoCo has them;
/// or the latter recomputed by our own code.
enum class InvWeight { kNominal, kFromMujoco, kOurs };

struct Coverage {
  double worst = 0;
  int contacts = 0, limits = 0, saturated = 0;
};

/// Steps our double model with random targets and compares each step's qacc with MuJoCo's.
Coverage compare_random_steps(MjModelPtr compiled, int num_steps, unsigned seed, bool randomise,
                              InvWeight weights) {
  Reference reference(std::move(compiled));
  reference.converge();
  mjModel& m = *reference.model;
  Draw draw(seed);
  Quadruped<double> model = quadruped_from(m, "test").model;
  Params<double> params = nominal_params<double, AllLegs>(model, {});
  if (randomise) {
    params = random_params(model, draw);
    apply(params, m);
    if (weights != InvWeight::kNominal) mj_setConst(&m, reference.data.get());
    if (weights == InvWeight::kOurs) set_exact_weights<double, AllLegs>(model, {}, params);
    if (weights == InvWeight::kFromMujoco) {
      model = quadruped_from(m, "test").model;  // the randomised robot is now the nominal one
      params = nominal_params<double, AllLegs>(model, {});
    }
  }
  mjData& d = *reference.data;
  Coverage coverage;
  State<double> state{};
  double target[kNumLegs][kJointsPerLeg] = {};
  for (int step_index = 0; step_index < num_steps; ++step_index) {
    if (step_index % 150 == 0) {
      double qpos[kNq] = {0,
                          0,
                          draw.uniform(0.05, 0.25),
                          draw.normal(),
                          0.2 * draw.normal(),
                          0.2 * draw.normal(),
                          draw.normal()};
      double qvel[kNv];
      mju_normalize4(qpos + 3);
      for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = draw.uniform(-1, 1) + model.qpos0[7 + k];
      for (double& v : qvel) v = draw.normal();
      state = read(qpos, qvel);
    }
    if (step_index % 5 == 0)
      for (auto& leg : target)
        for (double& t : leg) t = 1.2 * draw.normal();
    write(state, d);
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j)
        d.ctrl[model.leg[leg].hinge[j].ctrl_index] = target[leg][j];
    mj_forward(&m, &d);
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(model, kConverged, params, target, {}, state, report);
    const double error = relative_error(qacc_of(state), d.qacc);
    coverage.worst = std::max(coverage.worst, error);
    coverage.contacts += d.ncon;
    for (int i = 0; i < d.nefc; ++i) coverage.limits += d.efc_type[i] == mjCNSTR_LIMIT_JOINT;
    for (int a = 0; a < m.nactuator; ++a)
      coverage.saturated +=
          std::abs(d.actuator_force[a]) >= m.actuator_forcerange[2 * a + 1] - 1e-12;
  }
  return coverage;
}

void expect_parity(const Coverage& coverage) {
  EXPECT_LT(coverage.worst, kParityDouble);
  EXPECT_GT(coverage.contacts, 1000) << "the test must see contacts";
  EXPECT_GT(coverage.limits, 100) << "the test must see joint limits";
  EXPECT_GT(coverage.saturated, 1000) << "the test must see saturated servos";
  ::testing::Test::RecordProperty("worst", std::to_string(coverage.worst));
  std::printf("worst %.3g, contacts %d, limits %d, saturated %d\n", coverage.worst,
              coverage.contacts, coverage.limits, coverage.saturated);
}

TEST(Parity, NominalModelMatchesMujocoOverThreeThousandRandomSteps) {
  expect_parity(compare_random_steps(compile_mjcf(kPupper), 3000, 1, false, InvWeight::kNominal));
}

TEST(Parity, TheGo1MatchesMujocoOverThreeThousandRandomSteps) {
  expect_parity(compare_random_steps(compile_mjcf(kGo1), 3000, 1, false, InvWeight::kNominal));
}

/// Ten randomised robots of 300 steps each, taken together.
Coverage compare_randomised(unsigned first_seed, InvWeight weights) {
  Coverage all;
  for (unsigned seed = first_seed; seed < first_seed + 10; ++seed) {
    const Coverage c = compare_random_steps(compile_mjcf(kPupper), 300, seed, true, weights);
    all.worst = std::max(all.worst, c.worst);
    all.contacts += c.contacts;
    all.limits += c.limits;
    all.saturated += c.saturated;
  }
  return all;
}

TEST(Parity, RandomisedModelsMatchMujocoWithNominalInverseWeights) {
  expect_parity(compare_randomised(100, InvWeight::kNominal));
}

TEST(Parity, RandomisedModelsMatchMujocoWithExactInverseWeights) {
  expect_parity(compare_randomised(200, InvWeight::kFromMujoco));
}

TEST(Parity, OurInverseWeightsOfARandomisedModelAreMujocos) {
  expect_parity(compare_randomised(300, InvWeight::kOurs));
}

}  // namespace
}  // namespace kennel::testing
