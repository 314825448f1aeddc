// Each randomised parameter changes what it should, and stays in its range.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "envs/robots.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;
using State = EnvState<float, AllLegs>;
using Randomization = RandomizationConfig;

struct Parameter {
  const char* name;
  Range Randomization::*range;
  std::function<float(const State&)> value;
};

const Parameter kParameters[] = {
    {"friction", &Randomization::friction,
     [](const State& s) { return s.params.leg[2].friction[1]; }},
    {"base mass", &Randomization::link_mass, [](const State& s) { return s.params.base_mass; }},
    {"link mass", &Randomization::link_mass,
     [](const State& s) { return s.params.leg[3].mass[1]; }},
    {"base inertia", &Randomization::link_inertia,
     [](const State& s) { return s.params.base_inertia; }},
    {"link inertia", &Randomization::link_inertia,
     [](const State& s) { return s.params.leg[0].inertia[2]; }},
    {"base com x", &Randomization::base_com_x,
     [](const State& s) { return s.params.base_com_shift.x; }},
    {"base com y", &Randomization::base_com_y,
     [](const State& s) { return s.params.base_com_shift.y; }},
    {"base com z", &Randomization::base_com_z,
     [](const State& s) { return s.params.base_com_shift.z; }},
    {"strength", &Randomization::strength, [](const State& s) { return s.params.strength; }},
    {"kp", &Randomization::kp, [](const State& s) { return s.params.kp; }},
    {"kd", &Randomization::kd, [](const State& s) { return s.params.kd; }},
    {"joint friction", &Randomization::joint_friction,
     [](const State& s) { return s.params.frictionloss; }},
    {"armature", &Randomization::armature, [](const State& s) { return s.params.armature; }},
    {"damping", &Randomization::damping, [](const State& s) { return s.params.damping; }},
    {"joint offset", &Randomization::joint_offset,
     [](const State& s) { return s.leg[1].joint_offset[2]; }},
    {"imu tilt", &Randomization::imu_tilt, [](const State& s) { return s.imu_tilt.y; }},
    {"start height", &Randomization::start_height,
     [](const State& s) { return s.physics.position.z; }},
    {"start velocity", &Randomization::start_velocity,
     [](const State& s) { return s.physics.velocity.x; }},
    {"start joint", &Randomization::start_joint,
     [](const State& s) { return s.physics.leg[0].q[1] - pupper_v3::kRobot.pose[1]; }},
};

class EveryParameter : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(OfTheRecipe, EveryParameter,
                         ::testing::Range(0, static_cast<int>(std::size(kParameters))));

TEST_P(EveryParameter, FillsItsRangeAndStaysInIt) {
  const Parameter& p = kParameters[GetParam()];
  const EnvConfig config;
  const Range range = config.randomization.*p.range;
  SmallBatch run(config, 512);
  float low = 1e9f, high = -1e9f;
  for (int e = 0; e < run.n; ++e) {
    const float x = p.value(run.batch.env(e));
    low = std::min(low, x);
    high = std::max(high, x);
  }
  const float slack = 1e-6f, width = range.high - range.low;
  EXPECT_GE(low, range.low - slack) << p.name;
  EXPECT_LE(high, range.high + slack) << p.name;
  EXPECT_LT(low, range.low + 0.05f * width) << p.name;
  EXPECT_GT(high, range.high - 0.05f * width) << p.name;
}

TEST(ExactInvweight, WeighsEachEnvironmentsConstraintsByItsOwnMasses) {
  EnvConfig config = quiet_config();
  config.randomization.link_mass = config.randomization.link_inertia = {0.5f, 2.0f};
  const SmallBatch nominal(config, 32);
  config.randomization.exact_invweight = true;
  const SmallBatch exact(config, 32);
  const Quadruped<double> model =
      load_quadruped(std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml")
          .model;
  for (int e = 0; e < exact.n; ++e) {
    const auto own = exact.batch.env(e).params;
    EnvParams<double, AllLegs> expected = converted<double, AllLegs>(own, AllLegs{});
    set_exact_weights<double, AllLegs>(model, {}, expected);
    for (int leg = 0; leg < kNumLegs; ++leg) {
      for (int j = 0; j < kJointsPerLeg; ++j) {
        EXPECT_NEAR(own.leg[leg].hinge_weight[j] / expected.leg[leg].hinge_weight[j], 1, 1e-4);
        EXPECT_EQ(nominal.batch.env(e).params.leg[leg].hinge_weight[j], 1);
      }
      for (int s = 0; s < kFewPoints; ++s) {
        EXPECT_NEAR(own.leg[leg].sphere_weight[s] / expected.leg[leg].sphere_weight[s], 1, 1e-4);
        EXPECT_EQ(nominal.batch.env(e).params.leg[leg].sphere_weight[s], 1);
      }
      EXPECT_NE(own.leg[leg].sphere_weight[1], 1);
    }
  }
}

/// The physics state after ten steps of waves, under a changed recipe.
std::vector<float> motion(const std::function<void(EnvConfig&)>& change) {
  EnvConfig config = quiet_config();
  change(config);
  SmallBatch run(config, 1);
  for (int t = 0; t < 10; ++t) run.step_with_waves(0.4f);
  const auto physics = run.batch.env(0).physics;
  std::vector<float> out(sizeof physics / 4);
  std::memcpy(out.data(), &physics, sizeof physics);
  return out;
}

TEST(Randomization, EachPhysicalParameterChangesTheMotion) {
  const std::vector<float> nominal = motion([](EnvConfig&) {});
  EXPECT_EQ(nominal, motion([](EnvConfig&) {}));
  for (Range Randomization::*range :
       {&Randomization::link_mass, &Randomization::link_inertia, &Randomization::strength,
        &Randomization::kp, &Randomization::kd, &Randomization::joint_friction,
        &Randomization::armature, &Randomization::damping, &Randomization::friction})
    EXPECT_NE(nominal, motion([&](EnvConfig& c) { c.randomization.*range = {0.7f, 0.7f}; }));
  for (Range Randomization::*range :
       {&Randomization::base_com_x, &Randomization::base_com_y, &Randomization::base_com_z,
        &Randomization::joint_offset, &Randomization::action_latency})
    EXPECT_NE(nominal, motion([&](EnvConfig& c) { c.randomization.*range = {0.02f, 0.02f}; }));
  const auto heavier = [](EnvConfig& c) { c.randomization.link_mass = {1.4f, 1.4f}; };
  EXPECT_NE(motion(heavier), motion([&](EnvConfig& c) {
              heavier(c);
              c.randomization.exact_invweight = true;
            }));
}

TEST(Randomization, SensorErrorsChangeTheObservationButNotTheMotion) {
  for (const auto& change : std::vector<std::function<void(Randomization&)>>{
           [](Randomization& r) { r.gyro_noise = 0.1f; },
           [](Randomization& r) { r.gravity_noise = 0.05f; },
           [](Randomization& r) { r.joint_noise = 0.03f; },
           [](Randomization& r) {
             r.imu_tilt = {0.02f, 0.02f};
           },
           [](Randomization& r) {
             r.imu_latency = {0.02f, 0.02f};
           }}) {
    EnvConfig noisy = quiet_config();
    change(noisy.randomization);
    SmallBatch clean(quiet_config(), 1), disturbed(noisy, 1);
    for (int t = 0; t < 5; ++t) {
      clean.step_with_waves();
      disturbed.step_with_waves();
    }
    EXPECT_NE(clean.obs, disturbed.obs);
    const auto a = clean.batch.env(0).physics, b = disturbed.batch.env(0).physics;
    EXPECT_EQ(std::memcmp(&a, &b, sizeof a), 0);
  }
}

TEST(Randomization, GravityStaysAUnitVectorUnderNoise) {
  SmallBatch run(EnvConfig{}, 64);
  for (int t = 0; t < 5; ++t) run.step_with_waves();
  constexpr int kGravity = offset_in(kFrame, "projected_gravity");
  for (int e = 0; e < run.n; ++e) {
    const float* g = run.obs_row(e) + kGravity;
    EXPECT_NEAR(g[0] * g[0] + g[1] * g[1] + g[2] * g[2], 1.0f, 1e-5f);
  }
}

TEST(Randomization, AShareOfTheEpisodesHasTheModelsOwnRobotOnAnyFloor) {
  EnvConfig config;
  for (const float share : {0.0f, 0.4f, 1.0f}) {
    config.randomization.nominal_fraction = share;
    SmallBatch run(config, 256);
    int own = 0;
    for (int e = 0; e < run.n; ++e) {
      const State s = run.batch.env(e);
      const bool nominal = s.params.strength == 1.0f;
      own += nominal;
      for (const Parameter& parameter : kParameters) {
        const std::string name = parameter.name;
        const float value = parameter.value(s);
        if (name.starts_with("base com")) {
          EXPECT_EQ(value == 0.0f, nominal) << name;
        } else if (name == "friction" || name.starts_with("start") || name == "joint offset" ||
                   name == "imu tilt") {
          EXPECT_NE(value, 1.0f) << name << ", drawn as ever";
        } else {
          EXPECT_EQ(value == 1.0f, nominal) << name;
        }
      }
    }
    EXPECT_NEAR(own, share * run.n, share == 0.4f ? 5 * std::sqrt(0.24 * run.n) : 0);
  }
}

TEST(Push, ComesEveryPushIntervalAndWithinItsRange) {
  EnvConfig config = quiet_config();
  config.randomization.push_velocity = {0.3f, 0.3f};
  config.randomization.push_seconds = 0.1f;  // five control steps
  SmallBatch pushed(config, 1), calm(quiet_config(), 1);
  for (int t = 0; t < 5; ++t) {
    pushed.step();
    calm.step();
    const auto a = pushed.batch.env(0).physics, b = calm.batch.env(0).physics;
    EXPECT_EQ(std::memcmp(&a, &b, sizeof a), 0) << t;
  }
  pushed.step();
  calm.step();
  EXPECT_GT(pushed.batch.env(0).physics.velocity.x - calm.batch.env(0).physics.velocity.x, 0.05f);
}

TEST(JointOffset, TheEncoderReadsMoreAndTheServoHoldsLess) {
  EnvConfig config = quiet_config();
  config.randomization.joint_offset = {0.05f, 0.05f};
  const Task task = task_of(config);
  State s{};
  s.episode = 1;
  FrameHistory<float> history;
  reset_env<float, AllLegs>(task, {}, s, history);
  float target[kNumLegs][kJointsPerLeg];
  arrived_targets<float, AllLegs>(task, {}, 0, s, target);
  EXPECT_NEAR(target[0][0], pupper_v3::kRobot.pose[0] - 0.05f, 1e-6f);
  std::vector<float> obs(task.obs_size);
  observe<float, AllLegs>(task, {}, true_imu(s.physics), s, history,
                          [&](int i, float x) { obs[i] = x; });
  EXPECT_NEAR(obs[offset_in(kFrame, "joint_position")], 0.05f, 1e-6f);
}

TEST(Targets, AreClampedInsideTheJointRangeAsTheHardwareDoes) {
  EnvConfig config = quiet_config();
  config.task.action_scale = 3.0f;
  const Task task = task_of(config);
  State s{};
  s.episode = 1;
  FrameHistory<float> history;
  reset_env<float, AllLegs>(task, {}, s, history);
  for (auto& leg : s.leg)
    for (float& a : leg.action[0]) a = 1.0f;
  float target[kNumLegs][kJointsPerLeg];
  arrived_targets<float, AllLegs>(task, {}, 0, s, target);
  EXPECT_NEAR(target[0][0], 2.41f, 1e-5f);  // the published hardware clamp of the right hip pitch
  EXPECT_NEAR(target[1][0], 1.12f, 1e-5f);  // and of the left
}

}  // namespace
}  // namespace kennel::testing
