// Which robot a recipe means, and what is made of one that does not ship.
#include "kennel/sim/robot.h"

#include <gmock/gmock.h>

#include <cmath>

#include "envs/generic/any_robot.h"
#include "envs/robots.h"
#include "kennel/core/check.h"
#include "kennel/sim/make_env.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A choice of a model alone.
RobotChoice model_of(const SampleRobot& robot, const std::string& name) {
  const std::filesystem::path file = written(name + ".xml", robot.mjcf());
  return {"", file.filename().string(), file.parent_path()};
}

std::string refusal_of(const RobotChoice& choice) {
  try {
    load_robot(choice);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(AnyRobot, AShippedOneHasItsOwnTraits) {
  for (const quadruped::RobotTraits* row : kRobots) {
    const Robot robot = load_robot({row->name, "", ""});
    EXPECT_EQ(robot.traits.name, row->name);
    EXPECT_FALSE(robot.anatomy);
    const MirrorMap mirror = describe(compile_edited(robot_model(row->name), {})).mirror;
    for (int k = 0; k < kNumJoints; ++k) {
      EXPECT_EQ(robot.traits.joint_mirror[k], mirror.sign[k]) << row->name << ' ' << k;
      EXPECT_EQ(robot.traits.mirrored_leg[k / kJointsPerLeg], mirror.leg[k / kJointsPerLeg]);
    }
  }
}

TEST(AnyRobot, TraitsOfAModelAreWhatItsDescriptionSays) {
  const Robot robot = load_robot(model_of({}, "traits"));
  const quadruped::RobotTraits& traits = robot.traits;
  EXPECT_EQ(traits.name, "kennel_traits.xml") << "not to be taken for a shipped robot";
  EXPECT_EQ(traits.joints[4], "FR_thigh");
  EXPECT_EQ(traits.abduction, 0);
  EXPECT_EQ(traits.mirrored_leg, (std::array{1, 0, 3, 2}));
  for (int k = 0; k < kNumJoints; ++k) EXPECT_EQ(traits.joint_mirror[k], k % 3 ? 1 : -1);
  ASSERT_TRUE(robot.anatomy);
  EXPECT_NEAR(traits.start_height, 1.05 * robot.anatomy->stance_height, 1e-9);
  // Alexander's similarity: speed with the root of the leg's length, which is 0.42 m here.
  EXPECT_NEAR(traits.command_vx.high, 0.75 * std::sqrt(0.42 / 0.194), 1e-5);
  EXPECT_NEAR(traits.command_yaw.high, 2.0 / std::sqrt(0.42 / 0.194), 1e-5);
}

TEST(AnyRobot, TheReferenceRobotsRecipeIsLeftAsItIs) {
  Anatomy a = describe(compile_edited(robot_model(), {}));
  a.leg_length = generic::kReference.leg_length;
  a.mass = generic::kReference.mass;
  a.stance_height = generic::kReference.stance_height;
  const quadruped::EnvConfig before, after = generic::scaled(before, a);
  EXPECT_EQ(after.command.range[0], before.command.range[0]);
  EXPECT_EQ(after.randomization.start_height, before.randomization.start_height);
  EXPECT_EQ(after.task.decimation, before.task.decimation);
  EXPECT_EQ(after.task.action_scale, 0.48f) << "0.8 of 3 N m over 5 N m/rad, below 0.5";
  for (int i = 0; i < quadruped::WalkRow::kNumRewards; ++i)
    EXPECT_EQ(after.reward.weight[i], before.reward.weight[i])
        << quadruped::WalkRow::kRewards[i].name;
}

TEST(AnyRobot, ARobotFourTimesAsLongMovesTwiceAsFast) {
  Anatomy small = load_robot(model_of({}, "four")).anatomy.value(), large = small;
  large.leg_length *= 4;
  large.stance_height *= 4;
  large.mass *= 64;
  const quadruped::EnvConfig base, a = generic::scaled(base, small),
                                   b = generic::scaled(base, large);
  EXPECT_FLOAT_EQ(b.command.range[0].high, 2 * a.command.range[0].high);
  EXPECT_FLOAT_EQ(b.command.range[2].high, a.command.range[2].high / 2);
  EXPECT_FLOAT_EQ(b.task.min_height, 4 * a.task.min_height);
  EXPECT_FLOAT_EQ(b.reward.shape[quadruped::WalkRow::kSwingFrom],
                  2 * a.reward.shape[quadruped::WalkRow::kSwingFrom]);
  EXPECT_FLOAT_EQ(b.reward.weight[quadruped::WalkRow::kTorque],
                  a.reward.weight[quadruped::WalkRow::kTorque] / (256.0f * 256.0f));
  EXPECT_FLOAT_EQ(b.reward.shape[quadruped::WalkRow::kVelocitySigma2],
                  4 * a.reward.shape[quadruped::WalkRow::kVelocitySigma2]);
  EXPECT_EQ(b.reward.weight[quadruped::WalkRow::kActionRate],
            a.reward.weight[quadruped::WalkRow::kActionRate]);
}

TEST(AnyRobot, ItsControlRateIsTheSameAtAnyTimestep) {
  SampleRobot robot;
  EXPECT_EQ(generic::scaled({}, *load_robot(model_of(robot, "fast")).anatomy).task.decimation, 10);
  robot.option = "<option timestep='0.005'/>";
  EXPECT_EQ(generic::scaled({}, *load_robot(model_of(robot, "slow")).anatomy).task.decimation, 4);
}

TEST(AnyRobot, OneFootALegIsEnough) {
  const RobotChoice choice = model_of({}, "feet");
  const Robot robot = load_robot(choice);
  EXPECT_EQ(robot.loaded.model.leg[0].num_spheres, 1);
  EnvOptions options;
  options.robot = choice;
  options.num_envs = 8;
  options.device = "cpu";
  const auto env = make_env(generic::scaled({}, *robot.anatomy), options);
  env->reset();
  for (int i = 0; i < 20; ++i) env->step(torch::zeros({8, kNumJoints}));
  int at = quadruped::kFrameSize;
  for (const auto& term : quadruped::kPrivileged) {
    const auto seen = env->buffers().privileged_obs.slice(1, at, at + term.size);
    if (term.name == std::string_view("foot_contact")) {
      EXPECT_GT(seen.mean().item<float>(), 0.5f);
    }
    if (term.name == std::string_view("elbow_contact")) {
      EXPECT_EQ(seen.max().item<float>(), 0.0f);
    }
    at += term.size;
  }
}

TEST(AnyRobot, TheFootIsALegsLastSphereWhateverTheFilesOrder) {
  SampleRobot robot;  // a shin guard that the file has after the foot
  robot.on_calf = "<geom name='NAME_guard' type='sphere' size='0.03' pos='0 0 -0.05'/>";
  const Quadruped<double> model = load_robot(model_of(robot, "guard")).loaded.model;
  for (const Leg<double>& leg : model.leg) {
    ASSERT_EQ(leg.num_spheres, 2);
    EXPECT_EQ(leg.sphere[1].radius, 0.02);
    EXPECT_EQ(leg.sphere[0].radius, 0.03);
  }
}

TEST(AnyRobot, WhatCannotBeTrainedIsRefusedInOneLineThatHelps) {
  SampleRobot motors;
  motors.actuator = "<motor joint='JOINT'/>";
  EXPECT_THAT(refusal_of(model_of(motors, "motors")), HasSubstr("--add-servos"));
  SampleRobot idle;
  idle.actuator = "";
  EXPECT_THAT(refusal_of(model_of(idle, "idle")), HasSubstr("--add-servos"));
  SampleRobot boxes;
  boxes.on_base = "<geom type='box' size='0.2 0.1 0.05'/>";
  EXPECT_THAT(refusal_of(model_of(boxes, "boxes")), HasSubstr("--feet-only"));
  EXPECT_THAT(refusal_of({"nobody", "", ""}), AllOf(HasSubstr("nobody"), HasSubstr(kDefaultRobot)));
  EXPECT_THAT(refusal_of({"", "", ""}), HasSubstr("both empty"));
  RobotChoice wrong = model_of({}, "wrong");
  wrong.name = kDefaultRobot;
  EXPECT_THAT(refusal_of(wrong), AllOf(HasSubstr("FL_hip"), HasSubstr(kDefaultRobot)));
  for (const RobotChoice& choice : {model_of(motors, "motors"), wrong})
    EXPECT_EQ(refusal_of(choice).find('\n'), std::string::npos);
}

TEST(AnyRobot, AFloorThatIsNotAtZeroIsNotTrainedOn) {
  SampleRobot robot;
  robot.world = "<geom name='floor' type='plane' size='0 0 0.05' pos='0 0 -0.1'/>";
  const RobotChoice choice = model_of(robot, "low_floor");
  EnvOptions options;
  options.robot = choice;
  options.device = "cpu";
  try {
    make_env({}, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("-0.1"), HasSubstr("--add-floor")));
  }
}

}  // namespace
}  // namespace kennel::testing
