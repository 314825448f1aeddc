// What is drawn for an episode, and that it reaches MuJoCo's model.
#include "kennel/judge/protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "kennel/core/check.h"
#include "kennel/judge/judge_model.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::protocol_test {
namespace {

constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

// Checks that a number stays in its interval over many episodes and comes near both ends.
void expect_fills(const char* name, Interval interval,
                  const std::function<double(const EpisodePlan&)>& of,
                  Condition condition = Condition::kRandomised) {
  double smallest = INFINITY, largest = -INFINITY;
  for (int episode = 0; episode < 600; ++episode) {
    const EpisodePlan plan = plan_episode(condition, 42, episode, first_format_robot());
    if (plan.standing) continue;  // its commands are zero
    smallest = std::min(smallest, of(plan));
    largest = std::max(largest, of(plan));
  }
  const double margin = 0.03 * (interval.high - interval.low);
  EXPECT_GE(smallest, interval.low) << name;
  EXPECT_LE(largest, interval.high) << name;
  EXPECT_LT(smallest, interval.low + margin) << name;
  EXPECT_GT(largest, interval.high - margin) << name;
}

TEST(EpisodePlan, DrawsEveryNumberOverItsWholeRange) {
  using Plan = EpisodePlan;
  expect_fills("vx", {-0.75, 0.75}, [](const Plan& p) { return p.commands[0][0]; });
  expect_fills("vy", {-0.5, 0.5}, [](const Plan& p) { return p.commands[1][1]; });
  expect_fills("yaw", {-2.0, 2.0}, [](const Plan& p) { return p.commands[2][2]; });
  expect_fills("heading", {-M_PI, M_PI}, [](const Plan& p) { return p.heading; });
  expect_fills("friction", {0.5, 1.3}, [](const Plan& p) { return p.friction; });
  expect_fills("base mass", {0.85, 1.3}, [](const Plan& p) { return p.mass_factor[0]; });
  expect_fills("shank mass", {0.85, 1.3}, [](const Plan& p) { return p.mass_factor[12]; });
  expect_fills("com x", {-0.02, 0.03}, [](const Plan& p) { return p.com_shift[0]; });
  expect_fills("com y", {-0.005, 0.005}, [](const Plan& p) { return p.com_shift[1]; });
  expect_fills("com z", {-0.005, 0.005}, [](const Plan& p) { return p.com_shift[2]; });
  expect_fills("kp", {0.65, 1.1}, [](const Plan& p) { return p.kp_factor; });
  expect_fills("kd", {0.8, 1.5}, [](const Plan& p) { return p.kd_factor; });
  expect_fills("strength", {0.75, 1.05}, [](const Plan& p) { return p.strength; });
  expect_fills("push x", {-0.35, 0.35}, [](const Plan& p) { return p.pushes[0][0]; });
  expect_fills("push y", {-0.35, 0.35}, [](const Plan& p) { return p.pushes[4][1]; });
  expect_fills("action latency", {0, kSignalDelay}, [](const Plan& p) { return p.action_delay; });
  expect_fills("imu latency", {0, kSignalDelay}, [](const Plan& p) { return p.imu_delay; });
}

TEST(EpisodePlan, StartsAMillimetreAndAHundredthOfARadianOffSymmetry) {
  using Plan = EpisodePlan;
  const auto nominal = Condition::kNominal;
  expect_fills(
      "lift", {-0.001, 0.001}, [](const Plan& p) { return p.start_lift; }, nominal);
  expect_fills(
      "roll", {-0.01, 0.01}, [](const Plan& p) { return p.start_roll; }, nominal);
  expect_fills(
      "pitch", {-0.01, 0.01}, [](const Plan& p) { return p.start_pitch; }, nominal);
  for (const int joint : {0, 4, 11})
    expect_fills(
        "joint", {-0.01, 0.01}, [&](const Plan& p) { return p.start_joint[joint]; }, nominal);
}

TEST(EpisodePlan, ShiftedIsDrawnFromWhatNoRecipeTrainsOn) {
  int slippery = 0, soft = 0, late = 0;
  constexpr int kEpisodes = 600;
  std::set<double> gains;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    const EpisodePlan plan = plan_episode(Condition::kShifted, 42, episode, first_format_robot());
    EXPECT_TRUE((plan.friction >= 0.3 && plan.friction <= 0.5) ||
                (plan.friction >= 1.3 && plan.friction <= 1.6));
    slippery += plan.friction < 1.0;
    EXPECT_EQ(plan.kp_factor, plan.kd_factor);
    gains.insert(plan.kp_factor);
    soft += plan.kp_factor < 1.0;
    for (const double delay : {plan.action_delay, plan.imu_delay})
      EXPECT_TRUE(delay == 0.028 || delay == 0.032);
    late += (plan.action_delay > 0.03) + (plan.imu_delay > 0.03);
    for (const auto& push : plan.pushes) EXPECT_NEAR(std::hypot(push[0], push[1]), 0.5, 1e-12);
    EXPECT_NEAR(plan.slope, M_PI / 60, 1e-12);  // 3 degrees
    EXPECT_TRUE(plan.noise);
    EXPECT_EQ(plan.strength, 1.0);
  }
  EXPECT_EQ(gains, (std::set<double>{0.6, 1.25}));
  EXPECT_NEAR(slippery, kEpisodes / 2, 50);  // four standard deviations
  EXPECT_NEAR(soft, kEpisodes / 2, 50);
  EXPECT_NEAR(late, kEpisodes, 70);
  using Plan = EpisodePlan;
  const auto shifted = Condition::kShifted;
  expect_fills(
      "friction", {0.3, 1.6}, [](const Plan& p) { return p.friction; }, shifted);
  expect_fills(
      "base mass", {1.3, 1.5}, [](const Plan& p) { return p.mass_factor[0]; }, shifted);
  expect_fills(
      "shank mass", {1.3, 1.5}, [](const Plan& p) { return p.mass_factor[12]; }, shifted);
  expect_fills(
      "downhill", {-M_PI, M_PI}, [](const Plan& p) { return p.downhill; }, shifted);
}

TEST(EpisodePlan, ConditionsAreNamedInTheOrderOfTheirNumbers) {
  for (const ConditionInfo& condition : kConditions)
    EXPECT_STREQ(name_of(condition.condition), condition.name);
}

TEST(Seeds, BelowAThousandAreForTuning) {
  EXPECT_STREQ(use_of_seed(0), "tuning");
  EXPECT_STREQ(use_of_seed(999), "tuning");
  EXPECT_STREQ(use_of_seed(1000), "published");
  EXPECT_STREQ(use_of_seed(EvalOptions{}.seed), "published");
}

TEST(EpisodePlan, DelaysHalfOfTheEpisodes) {
  int action = 0, imu = 0, both = 0;
  for (int episode = 0; episode < 1000; ++episode) {
    const EpisodePlan plan = plan_episode(Condition::kRandomised, 7, episode, first_format_robot());
    action += plan.action_delay == kSignalDelay;
    imu += plan.imu_delay == kSignalDelay;
    both += plan.action_delay == kSignalDelay && plan.imu_delay == kSignalDelay;
  }
  EXPECT_NEAR(action, 500, 60);  // four standard deviations
  EXPECT_NEAR(imu, 500, 60);
  EXPECT_NEAR(both, 250, 55);  // independent of each other
}

TEST(EpisodePlan, CommandsZeroThroughoutInOneEpisodeOfTwelve) {
  int standing = 0;
  for (int episode = 0; episode < 96; ++episode) {
    const EpisodePlan plan = plan_episode(Condition::kNominal, 3, episode, first_format_robot());
    if (!plan.standing) continue;
    ++standing;
    for (const Command& command : plan.commands) {
      EXPECT_EQ(std::abs(command[0]) + std::abs(command[1]) + std::abs(command[2]), 0.0);
    }
  }
  EXPECT_EQ(standing, 8);
  EXPECT_FALSE(plan_episode(Condition::kNominal, 3, 0, first_format_robot()).standing)
      << "one episode is a moving one";
}

TEST(EpisodePlan, IsTheSameWalkInEveryCondition) {
  for (const ConditionInfo& condition : kConditions)
    for (int episode = 0; episode < 24; ++episode) {
      const EpisodePlan nominal =
          plan_episode(Condition::kNominal, 5, episode, first_format_robot());
      const EpisodePlan other = plan_episode(condition.condition, 5, episode, first_format_robot());
      EXPECT_EQ(nominal.heading, other.heading);
      EXPECT_EQ(nominal.start_joint, other.start_joint);
      for (int at = 0; at < kCommands; ++at) {
        EXPECT_EQ(nominal.commands[at][0], other.commands[at][0]);
        EXPECT_EQ(nominal.commands[at][2], other.commands[at][2]);
      }
    }
}

TEST(EpisodePlan, DependsOnSeedAndEpisodeAndNothingElse) {
  const EpisodePlan first = plan_episode(Condition::kRandomised, 5, 17, first_format_robot());
  plan_episode(Condition::kRandomised, 99, 3, first_format_robot());
  const EpisodePlan again = plan_episode(Condition::kRandomised, 5, 17, first_format_robot());
  EXPECT_EQ(first.mass_factor, again.mass_factor);
  EXPECT_EQ(first.pushes, again.pushes);
  EXPECT_NE(first.mass_factor,
            plan_episode(Condition::kRandomised, 5, 18, first_format_robot()).mass_factor);
  EXPECT_NE(first.mass_factor,
            plan_episode(Condition::kRandomised, 6, 17, first_format_robot()).mass_factor);
  const std::uint64_t high_bits = 5 + (std::uint64_t{1} << 40);
  EXPECT_NE(first.mass_factor,
            plan_episode(Condition::kRandomised, high_bits, 17, first_format_robot()).mass_factor);
}

class ApplyPlan : public testing::Test {
 protected:
  ApplyPlan()
      : judge_(load_judge_model(kModel, first_format_robot())),
        policy_(standing_policy()),
        model_(mj_copyModel(nullptr, judge_.nominal.get())),
        data_(mj_makeData(model_.get())),
        plan_(plan_episode(Condition::kNominal, 1, 0, first_format_robot())) {}

  const mjModel& applied() {
    apply_plan(judge_, policy_, plan_, model_.get(), data_.get());
    return *model_;
  }

  JudgeModel judge_;
  PolicyFile policy_;
  ModelPtr model_;
  DataPtr data_;
  EpisodePlan plan_;
};

TEST_F(ApplyPlan, NominalIsTheModelAsItIsButForFrictionAndTheJudgesSolver) {
  const mjModel& nominal = *judge_.nominal;
  const mjModel& m = applied();
  for (int geom = 0; geom < m.ngeom; ++geom) EXPECT_EQ(m.geom_friction[3 * geom], 0.8);
  EXPECT_TRUE(std::equal(m.body_mass, m.body_mass + m.nbody, nominal.body_mass));
  EXPECT_TRUE(std::equal(m.body_inertia, m.body_inertia + 3 * m.nbody, nominal.body_inertia));
  EXPECT_TRUE(std::equal(m.body_ipos, m.body_ipos + 3 * m.nbody, nominal.body_ipos));
  EXPECT_TRUE(std::equal(m.actuator_gainprm, m.actuator_gainprm + m.nu * mjNGAIN,
                         nominal.actuator_gainprm));
  EXPECT_TRUE(std::equal(m.actuator_biasprm, m.actuator_biasprm + m.nu * mjNBIAS,
                         nominal.actuator_biasprm));
  for (int body = 0; body < 2 * m.nbody; ++body) {
    EXPECT_NEAR(m.body_invweight0[body], nominal.body_invweight0[body], 1e-9);
  }
  EXPECT_EQ(m.opt.iterations, 100);
  EXPECT_EQ(m.opt.timestep, 0.004);
}

TEST_F(ApplyPlan, GainsAreThePolicysTimesTheFactorsAndStrengthScalesAllThree) {
  policy_.kp.fill(6.0f);
  policy_.kd.fill(0.5f);
  plan_.kp_factor = 0.7;
  plan_.kd_factor = 1.4;
  plan_.strength = 0.9;
  const mjModel& m = applied();
  for (int actuator = 0; actuator < m.nu; ++actuator) {
    EXPECT_NEAR(m.actuator_gainprm[actuator * mjNGAIN], 6.0 * 0.7 * 0.9, 1e-12);
    EXPECT_NEAR(m.actuator_biasprm[actuator * mjNBIAS + 1], -6.0 * 0.7 * 0.9, 1e-12);
    EXPECT_NEAR(m.actuator_biasprm[actuator * mjNBIAS + 2], -0.5 * 1.4 * 0.9, 1e-12);
    EXPECT_NEAR(m.actuator_forcerange[2 * actuator], -3.0 * 0.9, 1e-12);
    EXPECT_NEAR(m.actuator_forcerange[2 * actuator + 1], 3.0 * 0.9, 1e-12);
  }
}

TEST_F(ApplyPlan, EveryLinkHasItsOwnFactorForMassAndInertia) {
  for (int link = 0; link < kLinks; ++link) plan_.mass_factor[link] = 0.9 + 0.02 * link;
  const mjModel& m = applied();
  const mjModel& nominal = *judge_.nominal;
  for (int link = 0; link < kLinks; ++link) {
    const int body = judge_.robot.bodies[link];
    const double factor = 0.9 + 0.02 * link;
    EXPECT_NEAR(m.body_mass[body], factor * nominal.body_mass[body], 1e-12);
    for (int axis = 3 * body; axis < 3 * body + 3; ++axis) {
      EXPECT_NEAR(m.body_inertia[axis], factor * nominal.body_inertia[axis], 1e-12);
    }
  }
  EXPECT_LT(m.body_invweight0[2 * 13], nominal.body_invweight0[2 * 13]);  // a heavier shank
}

TEST_F(ApplyPlan, AShiftedCentreOfMassMovesTheBasesCentreOfMass) {
  plan_.com_shift = {0.03, -0.005, 0.004};
  applied();
  mj_kinematics(model_.get(), data_.get());
  const int base = judge_.robot.base;
  const double nominal[3] = {0.025, 0.0, 0.015};  // m, in the base frame, as published
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(data_->xipos[3 * base + axis] - data_->xpos[3 * base + axis],
                nominal[axis] + plan_.com_shift[axis], 1e-12);
  }
}

TEST_F(ApplyPlan, ContactsHaveTheDrawnFriction) {
  plan_.friction = 0.55;
  applied();
  data_->qpos[2] = 0.15;
  const double pose[3] = {0.26, 0.0, -0.52};
  for (int joint = 0; joint < 12; ++joint) {
    data_->qpos[7 + joint] = (joint / 3 % 2 == 0 ? 1 : -1) * pose[joint % 3];
  }
  mj_forward(model_.get(), data_.get());
  ASSERT_GE(data_->ncon, 4);
  for (int contact = 0; contact < data_->ncon; ++contact) {
    EXPECT_EQ(data_->contact[contact].friction[0], 0.55);
  }
}

TEST_F(ApplyPlan, LeavesNothingOfTheEpisodeBefore) {
  plan_ = plan_episode(Condition::kRandomised, 1, 5, first_format_robot());
  applied();
  const std::vector<double> first(model_->body_mass, model_->body_mass + model_->nbody);
  applied();
  EXPECT_EQ(first, std::vector<double>(model_->body_mass, model_->body_mass + model_->nbody));
}

TEST(JudgeModel, RefusesWhatIsNotThisRobotInOneLine) {
  const TempFolder folder;
  const auto error_for = [&](const std::string& mjcf) {
    const std::string path = (folder / "robot.xml").string();
    write_raw(path, mjcf);
    const std::string error = error_of([&] { load_judge_model(path, first_format_robot()); });
    EXPECT_EQ(error.rfind(path, 0), 0u) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    return error;
  };
  EXPECT_NE(error_for("<mujoco>").find("MuJoCo cannot load it"), std::string::npos);
  EXPECT_NE(error_for("<mujoco><worldbody/></mujoco>").find("nq 0"), std::string::npos);
  EXPECT_NE(error_of([] {
              load_judge_model("/nowhere/robot.xml", first_format_robot());
            }).find("/nowhere/robot.xml"),
            std::string::npos);
}

}  // namespace
}  // namespace kennel::judge::protocol_test
