// One physics source, three mappings: a loop over legs, lanes of a pack, and four threads with a
// leg each.
#include <gtest/gtest.h>

#include <cstring>

#include "kennel/core/check.h"
#include "kennel/core/pack.h"
#include "kennel/dynamics/constraint_weights.h"
#include "tests/dynamics/emulated_group.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr double kSameMath =
    1e-12;  // double, other order of sums inside a leg: none; contraction may differ
constexpr float kPackTolerance =
    2e-3f;  // float scalar against float pack after 50 steps: contraction differs

template <class T>
struct Robot {
  Quadruped<scalar_of<T>> model;
  Params<T> params;
  State<T> state;
};

Robot<double> random_robot(unsigned seed) {
  Draw draw(seed);
  Robot<double> robot{load_quadruped(kPupper).model, {}, {}};
  robot.params = random_params(robot.model, draw);
  double qpos[kNq] = {0,
                      0,
                      draw.uniform(0.12, 0.17),
                      1,
                      0.05 * draw.normal(),
                      0.05 * draw.normal(),
                      draw.normal()},
         qvel[kNv];
  mju_normalize4(qpos + 3);
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = pupper_pose(k) + 0.1 * draw.normal();
  for (double& v : qvel) v = 0.3 * draw.normal();
  robot.state = read(qpos, qvel);
  return robot;
}

void draw_target(Draw& draw, double (&target)[kNumLegs][kJointsPerLeg]) {
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j)
      target[leg][j] = pupper_pose(kJointsPerLeg * leg + j) + 0.3 * draw.normal();
}

template <class T>
State<T> narrow(const State<double>& s) {
  double qpos[kNq] = {s.position.x,    s.position.y,    s.position.z,   s.orientation.w,
                      s.orientation.x, s.orientation.y, s.orientation.z};
  double qvel[kNv] = {s.velocity.x, s.velocity.y, s.velocity.z, s.omega.x, s.omega.y, s.omega.z};
  for (int k = 0; k < kNumJoints; ++k) {
    qpos[7 + k] = s.leg[k / 3].q[k % 3];
    qvel[6 + k] = s.leg[k / 3].qd[k % 3];
  }
  return read<T>(qpos, qvel);
}

/// One thread's part of a state and of parameters.
template <class Legs>
void take_leg(const State<double>& from, const Params<double>& params, int leg,
              PhysicsState<double, Legs>& s, EnvParams<double, Legs>& p) {
  s.position = from.position;
  s.orientation = from.orientation;
  s.velocity = from.velocity;
  s.omega = from.omega;
  s.lin_acc = from.lin_acc;
  s.ang_acc = from.ang_acc;
  std::memcpy(&s.leg[0], &from.leg[leg], sizeof s.leg[0]);
  std::memcpy(static_cast<void*>(&p), &params, offsetof(Params<double>, leg));
  std::memcpy(static_cast<void*>(&p.leg[0]), &params.leg[leg], sizeof p.leg[0]);
}

/// Whether the model takes the careful solver.
class LegsOfEitherSolver : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Stiff, LegsOfEitherSolver, ::testing::Values(0, 1));

TEST_P(LegsOfEitherSolver, FourThreadsWithALegEachComputeWhatALoopOverLegsComputes) {
  constexpr int kSteps = 20;
  Robot<double> robot = random_robot(5);
  robot.model.stiff = GetParam();
  Draw draw(6);
  double targets[kSteps][kNumLegs][kJointsPerLeg];
  for (auto& target : targets) draw_target(draw, target);

  State<double> looped = robot.state;
  StepReport<double, AllLegs> report;
  for (const auto& target : targets)
    step<double, AllLegs>(robot.model, {2, 1}, robot.params, target, {}, looped, report);

  using Legs = EmulatedGroup::Legs;
  PhysicsState<double, Legs> threaded[kNumLegs];
  EmulatedGroup group;
  group.run<Legs>([&](const Legs& legs) {
    const int leg = legs.leg(0);
    auto& s = threaded[leg];
    EnvParams<double, Legs> params;
    take_leg(robot.state, robot.params, leg, s, params);
    StepReport<double, Legs> own;
    for (const auto& target : targets) {
      double mine[1][kJointsPerLeg];
      std::memcpy(mine, target[leg], sizeof mine);
      step<double, Legs>(robot.model, {2, 1}, params, mine, legs, s, own);
    }
  });
  for (int leg = 0; leg < kNumLegs; ++leg) {
    // Every thread holds the same base, bit for bit.
    EXPECT_EQ(
        std::memcmp(&threaded[leg].position, &threaded[0].position, offsetof(State<double>, leg)),
        0);
    EXPECT_NEAR(threaded[leg].position.z, looped.position.z, kSameMath);
    for (int j = 0; j < kJointsPerLeg; ++j)
      EXPECT_NEAR(threaded[leg].leg[0].q[j], looped.leg[leg].q[j], 1e-9);
  }
}

TEST(Legs, FourThreadsWeighTheirConstraintsLikeALoopOverLegs) {
  const Robot<double> robot = random_robot(7);
  Params<double> looped = robot.params;
  set_exact_weights<double, AllLegs>(robot.model, {}, looped);

  using Legs = EmulatedGroup::Legs;
  EnvParams<double, Legs> threaded[kNumLegs];
  EmulatedGroup group;
  group.run<Legs>([&](const Legs& legs) {
    auto& own = threaded[legs.leg(0)];
    own = converted<double, Legs>(robot.params, legs);
    set_exact_weights<double, Legs>(robot.model, legs, own);
  });
  for (int leg = 0; leg < kNumLegs; ++leg) {
    for (int j = 0; j < kJointsPerLeg; ++j) {
      EXPECT_NE(looped.leg[leg].hinge_weight[j], 1);
      EXPECT_NEAR(threaded[leg].leg[0].hinge_weight[j], looped.leg[leg].hinge_weight[j], kSameMath);
    }
    for (int s = 0; s < kFewPoints; ++s)
      EXPECT_NEAR(threaded[leg].leg[0].sphere_weight[s], looped.leg[leg].sphere_weight[s],
                  kSameMath);
  }
}

TEST(Legs, ANominalRobotHasNominalWeights) {
  const Quadruped<double> model = load_quadruped(kPupper).model;
  Params<double> params = nominal_params<double, AllLegs>(model, {});
  set_exact_weights<double, AllLegs>(model, {}, params);
  for (const auto& leg : params.leg) {
    for (double w : leg.hinge_weight) EXPECT_NEAR(w, 1, 1e-9);
    for (double w : leg.sphere_weight) EXPECT_NEAR(w, 1, 1e-9);
  }
}

TEST(FoldedRobot, ComputesWhatTheLoadedOneDoes) {
  using Legs = EmulatedGroup::FoldedLegs;
  const Quadruped<float> model = to_float(load_quadruped(kPupper).model);
  double worst = 0;
  for (unsigned seed = 50; seed < 60; ++seed) {
    const Robot<double> robot = random_robot(seed);
    const Params<float> params = converted<float, AllLegs>(robot.params, AllLegs{});
    const State<float> start = narrow<float>(robot.state);
    double drawn[kNumLegs][kJointsPerLeg];
    Draw draw(seed);
    draw_target(draw, drawn);
    float target[kNumLegs][kJointsPerLeg];
    for (int k = 0; k < kNumJoints; ++k)
      target[k / 3][k % 3] = static_cast<float>(drawn[k / 3][k % 3]);
    State<float> loaded = start;
    StepReport<float, AllLegs> report;
    for (int i = 0; i < 5; ++i)
      step<float, AllLegs>(model, SolverOptions{}, params, target, {}, loaded, report);

    PhysicsState<float, Legs> folded[kNumLegs];
    EmulatedGroup group;
    group.run<Legs>([&](const Legs& legs) {
      const int leg = legs.leg(0);
      auto& s = folded[leg];
      std::memcpy(static_cast<void*>(&s), &start, offsetof(State<float>, leg));
      std::memcpy(&s.leg[0], &start.leg[leg], sizeof s.leg[0]);
      const EnvParams<float, Legs> own = converted<float, Legs>(params, legs);
      StepReport<float, Legs> own_report;
      float mine[1][kJointsPerLeg];
      std::memcpy(mine, target[leg], sizeof mine);
      for (int i = 0; i < 5; ++i)
        step<float, Legs>(legs.robot(), legs.kSolver, own, mine, legs, s, own_report);
    });
    for (int leg = 0; leg < kNumLegs; ++leg) {
      EXPECT_EQ(
          std::memcmp(&folded[leg].position, &folded[0].position, offsetof(State<float>, leg)), 0);
      for (int j = 0; j < kJointsPerLeg; ++j) {
        const double size = 1 + std::abs(loaded.leg[leg].qd[j]);
        worst = std::max(worst, std::abs(folded[leg].leg[0].qd[j] - loaded.leg[leg].qd[j]) / size);
      }
    }
  }
  EXPECT_LT(worst, 1e-3);  // rad/s; rounding, after five steps with contacts
  RecordProperty("worst", text(worst));
}

TEST(Pack, EachLaneMatchesAPlainFloatOverFiftySteps) {
  using P = NativePack;
  const Quadruped<float> model = to_float(load_quadruped(kPupper).model);
  Params<P> params = nominal_params<P, AllLegs>(model, {});
  State<P> packed;
  State<float> plain[kNativeWidth];
  Params<float> plain_params[kNativeWidth];
  for (int lane = 0; lane < kNativeWidth; ++lane) {
    const Robot<double> robot = random_robot(100 + static_cast<unsigned>(lane));
    plain[lane] = narrow<float>(robot.state);
    plain_params[lane] = converted<float, AllLegs>(robot.params, AllLegs{});
    for (std::size_t f = 0; f < sizeof(State<float>) / 4; ++f)
      reinterpret_cast<float*>(&packed)[f * kNativeWidth + static_cast<std::size_t>(lane)] =
          reinterpret_cast<float*>(&plain[lane])[f];
    for (std::size_t f = 0; f < sizeof(Params<float>) / 4; ++f)
      reinterpret_cast<float*>(&params)[f * kNativeWidth + static_cast<std::size_t>(lane)] =
          reinterpret_cast<float*>(&plain_params[lane])[f];
  }
  Draw draw(9);
  StepReport<P, AllLegs> packed_report;
  StepReport<float, AllLegs> report;
  for (int i = 0; i < 50; ++i) {
    P target[kNumLegs][kJointsPerLeg];
    double drawn[kNumLegs][kJointsPerLeg];
    float same[kNumLegs][kJointsPerLeg];
    draw_target(draw, drawn);
    for (int k = 0; k < kNumJoints; ++k) {
      same[k / 3][k % 3] = static_cast<float>(drawn[k / 3][k % 3]);
      target[k / 3][k % 3] = P(same[k / 3][k % 3]);
    }
    step<P, AllLegs>(model, {20, 5}, params, target, {}, packed, packed_report);
    for (int lane = 0; lane < kNativeWidth; ++lane)
      step<float, AllLegs>(model, {20, 5}, plain_params[lane], same, {}, plain[lane], report);
  }
  for (int lane = 0; lane < kNativeWidth; ++lane) {
    EXPECT_NEAR(packed.position.z[lane], plain[lane].position.z, kPackTolerance);
    for (int k = 0; k < kNumJoints; ++k)
      EXPECT_NEAR(packed.leg[k / 3].q[k % 3][lane], plain[lane].leg[k / 3].q[k % 3],
                  10 * kPackTolerance)
          << "lane " << lane;
  }
}

TEST(Pack, AnEnvironmentsLaneAndNeighboursDoNotMatterBitwise) {
  using P = NativePack;
  const Quadruped<float> model = to_float(load_quadruped(kPupper).model);
  const auto run = [&](int lane, unsigned neighbours) {
    State<P> packed;
    Params<P> params = nominal_params<P, AllLegs>(model, {});
    for (int other = 0; other < kNativeWidth; ++other) {
      State<float> s = narrow<float>(
          random_robot(other == lane ? 1 : neighbours + static_cast<unsigned>(other)).state);
      for (std::size_t f = 0; f < sizeof s / 4; ++f)
        reinterpret_cast<float*>(&packed)[f * kNativeWidth + static_cast<std::size_t>(other)] =
            reinterpret_cast<float*>(&s)[f];
    }
    StepReport<P, AllLegs> report;
    P target[kNumLegs][kJointsPerLeg];
    for (int i = 0; i < 50; ++i) {
      for (int k = 0; k < kNumJoints; ++k)
        target[k / 3][k % 3] = P(std::sin(0.3f * static_cast<float>(i + k)));
      step<P, AllLegs>(model, {2, 1}, params, target, {}, packed, report);
    }
    std::vector<float> own;
    for (std::size_t f = 0; f < sizeof(State<float>) / 4; ++f)
      own.push_back(
          reinterpret_cast<float*>(&packed)[f * kNativeWidth + static_cast<std::size_t>(lane)]);
    return own;
  };
  const std::vector<float> first = run(0, 1000), last = run(kNativeWidth - 1, 2000);
  EXPECT_EQ(std::memcmp(first.data(), last.data(), first.size() * sizeof(float)), 0);
}

}  // namespace
}  // namespace kennel::testing
