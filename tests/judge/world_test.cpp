// The worlds of the judge: MuJoCo's physics and Kennel's, seen through the same eyes.
#include "kennel/judge/world.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kennel/dynamics/step.h"
#include "kennel/judge/controller.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::world_test {
namespace {

constexpr double kTimestep = 0.004;  // s, the model's
constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

class WorldTest : public testing::TestWithParam<Physics> {
 protected:
  WorldTest() : judge_(load_judge_model(kModel, first_format_robot())) {}

  std::unique_ptr<World> start(Physics physics, const EpisodePlan& plan) {
    auto world = make_world(physics, judge_, policy_);
    world->start(plan);
    return world;
  }

  void stand(World& world, double seconds) const {
    Joints pose;
    for (int joint = 0; joint < kPolicyJoints; ++joint)
      pose[joint] = policy_.default_joint_pos[joint];
    for (double t = 0; t < seconds; t += kTimestep) world.step(pose);
  }

  PolicyFile policy_ = standing_policy();
  JudgeModel judge_;
};

EpisodePlan nominal() { return plan_episode(Condition::kNominal, 1, 0, first_format_robot()); }
EpisodePlan randomised() {
  return plan_episode(Condition::kRandomised, 1, 5, first_format_robot());
}

INSTANTIATE_TEST_SUITE_P(All, WorldTest,
                         testing::Values(Physics::kMujoco, Physics::kKennel, Physics::kExact),
                         [](const auto& info) { return name_of(info.param); });

TEST_P(WorldTest, AStandingRobotRestsOnFourFeet) {
  const auto world = start(GetParam(), nominal());
  stand(*world, 2.0);
  for (const Foot& foot : world->feet()) {
    EXPECT_TRUE(foot.touches);
    EXPECT_LT(foot.slip, 0.002);
  }
  EXPECT_NEAR(world->data().time, 2.0, 0.01);
  EXPECT_FALSE(std::isnan(world->data().qpos[2]));
  double torque = 0;
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    torque += std::abs(world->data().actuator_force[world->robot().actuator[joint]]);
  EXPECT_GT(torque, 0.1);
}

TEST_P(WorldTest, APushMovesItAndIceLetsItSlip) {
  const auto slip_after_push = [&](double friction) {
    const auto world = start(GetParam(), nominal());
    world->set_friction(friction);
    stand(*world, 1.0);
    world->push(0.6, 0.0);
    double slip = 0;
    for (int k = 0; k < 25; ++k) {
      stand(*world, kTimestep / 2);
      for (const Foot& foot : world->feet())
        if (foot.touches) slip += foot.slip * kTimestep;
    }
    return slip;
  };
  EXPECT_GT(slip_after_push(0.1), 1.3 * slip_after_push(1.5));
}

TEST_P(WorldTest, APlansRobotIsTheOneThatMoves) {
  EpisodePlan heavy = nominal();
  heavy.mass_factor.fill(1.4);
  const auto light = start(GetParam(), nominal()), loaded = start(GetParam(), heavy);
  stand(*light, 1.0);
  stand(*loaded, 1.0);
  EXPECT_LT(loaded->data().qpos[2], light->data().qpos[2] - 0.001);  // soft servos sag
}

TEST_P(WorldTest, StartsALittleOffSymmetryInThePlansPose) {
  const auto world = start(GetParam(), nominal());
  const mjData& data = world->data();
  const EpisodePlan plan = nominal();
  EXPECT_NE(data.qpos[2], first_format_robot().start_height);
  EXPECT_NEAR(data.qpos[2], first_format_robot().start_height, 0.001);
  EXPECT_NEAR(base_tilt(data), std::hypot(plan.start_roll, plan.start_pitch), 1e-9);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    EXPECT_EQ(data.qpos[world->robot().qpos[joint]],
              policy_.default_joint_pos[joint] + plan.start_joint[joint]);
  EpisodePlan level = plan;
  level.start_roll = level.start_pitch = 0.0;
  const auto other = start(GetParam(), level);
  EXPECT_NEAR(2 * std::atan2(other->data().qpos[6], other->data().qpos[3]), plan.heading, 1e-9);
}

Joints waves(const PolicyFile& policy, int k) {
  Joints target;
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    target[joint] = policy.default_joint_pos[joint] + 0.1 * std::sin(0.05 * k + joint);
  return target;
}

TEST_F(WorldTest, AllPhysicsMoveARandomisedOrShiftedRobotAlike) {
  for (const Condition condition : {Condition::kRandomised, Condition::kShifted}) {
    const EpisodePlan plan = plan_episode(condition, 1, 5, first_format_robot());
    const auto reference = start(Physics::kMujoco, plan);
    const auto own = start(Physics::kKennel, plan);
    const auto exact = start(Physics::kExact, plan);
    for (int k = 0; k < 100; ++k)
      for (const auto* world : {&reference, &own, &exact}) (*world)->step(waves(policy_, k));
    for (int i = 0; i < 19; ++i) {
      EXPECT_NEAR(own->data().qpos[i], reference->data().qpos[i], 5e-3) << i;
      EXPECT_NEAR(exact->data().qpos[i], reference->data().qpos[i], 5e-3) << i;
    }
    EXPECT_NE(own->data().qpos[2], exact->data().qpos[2]);
  }
}

// Training's step, written out: float, the nominal robot's weights, masses as factors, 2 and 1
// iterations unless the policy says otherwise.
TEST_F(WorldTest, KennelIsTheTrainingSimulatorBitForBit) {
  const EpisodePlan plan = randomised();
  const Quadruped<float> model = to_float(load_quadruped(kModel).model);
  for (const bool recipe_of_its_own : {false, true}) {
    const SolverOptions solver = recipe_of_its_own ? SolverOptions{5, 4} : SolverOptions{2, 1};
    if (recipe_of_its_own) policy_.training_solver = {5, 4};
    const auto world = start(Physics::kKennel, plan);
    EnvParams<float, AllLegs> params = nominal_params<float, AllLegs>(model, AllLegs{});
    const auto factor = [&](int link) { return static_cast<float>(plan.mass_factor[link]); };
    params.base_mass = params.base_inertia = factor(0);
    params.base_com_shift = {static_cast<float>(plan.com_shift[0]),
                             static_cast<float>(plan.com_shift[1]),
                             static_cast<float>(plan.com_shift[2])};
    params.strength = static_cast<float>(plan.strength);
    params.kp = static_cast<float>(plan.kp_factor);
    params.kd = static_cast<float>(plan.kd_factor);
    for (int k = 0; k < kNumJoints; ++k)
      params.leg[k / 3].mass[k % 3] = params.leg[k / 3].inertia[k % 3] = factor(1 + k);
    for (auto& leg : params.leg)
      for (float& friction : leg.friction) friction = static_cast<float>(plan.friction);

    PhysicsState<float, AllLegs> state{};
    StepReport<float, AllLegs> report;
    const double* q = world->data().qpos;
    state.position = {float(q[0]), float(q[1]), float(q[2])};
    state.orientation = normalised(Quat<float>{float(q[3]), float(q[4]), float(q[5]), float(q[6])});
    for (int k = 0; k < kNumJoints; ++k) state.leg[k / 3].q[k % 3] = float(q[7 + k]);
    for (int t = 0; t < 100; ++t) {
      const Joints target = waves(policy_, t);
      float servo[kNumLegs][kJointsPerLeg];
      for (int k = 0; k < kNumJoints; ++k) servo[k / 3][k % 3] = static_cast<float>(target[k]);
      kennel::step<float, AllLegs>(model, solver, params, servo, AllLegs{}, state, report);
      world->step(target);
    }
    EXPECT_EQ(world->data().qpos[2], state.position.z);
    EXPECT_EQ(world->data().qpos[3], state.orientation.w);
    EXPECT_EQ(world->data().qvel[4], state.omega.y);
    for (int k = 0; k < kNumJoints; ++k) {
      EXPECT_EQ(world->data().qpos[7 + k], state.leg[k / 3].q[k % 3]) << k;
      EXPECT_EQ(world->data().qvel[6 + k], state.leg[k / 3].qd[k % 3]) << k;
    }
  }
}

TEST_F(WorldTest, TheSolverOfAPolicysTrainingIsTheOneItIsJudgedWith) {
  const auto end = [&](Physics physics) {
    const auto world = start(physics, randomised());
    for (int k = 0; k < 60; ++k) world->step(waves(policy_, k));
    return world->data().qpos[2];
  };
  for (const Physics physics : {Physics::kKennel, Physics::kExact}) {
    policy_.training_solver.reset();
    const double usual = end(physics);
    policy_.training_solver = {2, 1};
    EXPECT_EQ(end(physics), usual);
    policy_.training_solver = {50, 20};
    EXPECT_NE(end(physics), usual);
  }
}

TEST_P(WorldTest, OnASlopeGravityTiltsForTheRobotAndItsImu) {
  EpisodePlan plan = nominal();
  plan.start_roll = plan.start_pitch = 0.0;
  plan.heading = 0.3;
  const auto flat = start(GetParam(), plan);
  plan.slope = 0.1;
  plan.downhill = 0.3 + 0.5 * M_PI;  // to the robot's left
  const auto world = start(GetParam(), plan);
  const mjtNum* gravity = world->model().opt.gravity;
  EXPECT_NEAR(gravity[0], 9.81 * std::sin(0.1) * std::cos(plan.downhill), 1e-9);
  EXPECT_NEAR(gravity[1], 9.81 * std::sin(0.1) * std::sin(plan.downhill), 1e-9);
  EXPECT_NEAR(gravity[2], -9.81 * std::cos(0.1), 1e-9);
  const Imu imu = read_imu(world->data(), down_of(world->model()));
  EXPECT_NEAR(imu.gravity[0], 0.0, 1e-9);
  EXPECT_NEAR(imu.gravity[1], std::sin(0.1), 1e-9);
  EXPECT_NEAR(imu.gravity[2], -std::cos(0.1), 1e-9);
  stand(*flat, 1.0);
  stand(*world, 1.0);
  // Soft servos sag downhill: along the robot's left, which is (-sin 0.3, cos 0.3).
  const auto left = [](const mjData& d) {
    return -d.qpos[0] * std::sin(0.3) + d.qpos[1] * std::cos(0.3);
  };
  EXPECT_GT(left(world->data()), left(flat->data()) + 0.001);
  EXPECT_LT(base_tilt(world->data()), 0.1) << "tilt is against the floor";
}

TEST_F(WorldTest, DelaysCountPhysicsStepsAtEveryRate) {
  const auto world = start(Physics::kMujoco, nominal());
  for (const int decimation : {2, 4, 5, 10}) {
    const PolicyFile policy = at_rate(trembling_policy(), decimation);
    Controller controller(policy, judge_);
    controller.reset(world->model(), world->data());
    const Delays late{.action = 7, .imu = 3};
    std::vector<Joints> fresh;
    std::vector<Imu> samples;
    for (int step = 0; step < 8; ++step) {
      for (int substep = 0; substep < decimation; ++substep) {
        samples.push_back(read_imu(world->data(), down_of(world->model())));
        if (substep > 0) {
          controller.sense(world->data());
        } else {
          controller.decide(world->data(), {0.5, 0.0, 0.3}, late, nullptr, step);
          fresh.push_back(controller.target(0, {}));
          const Imu& expected = samples[samples.size() < 4 ? 0 : samples.size() - 4];
          for (int axis = 0; axis < 3; ++axis)
            EXPECT_EQ(controller.obs()[axis], static_cast<float>(expected.gyro[axis])) << step;
        }
        // The newest answer that was given at least 7 physics steps ago.
        const int time = step * decimation + substep - late.action;
        if (time >= 0) {
          EXPECT_EQ(controller.target(substep, late), fresh[time / decimation]) << step;
        }
        world->step(controller.target(substep, late));
      }
    }
    EXPECT_NE(fresh[1], fresh[2]);
    EXPECT_NE(error_of([&] {
                controller.decide(world->data(), {}, {.action = 16}, nullptr, 6);
              }).find("expected 0 to 15"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace kennel::judge::world_test
