// The Go1's description, and what is written of it beside: traits and folded constants.
#include <gtest/gtest.h>
#include <mujoco/mujoco.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <set>

#include "envs/go1/folded_robot.h"
#include "envs/go1/robot.h"
#include "envs/quadruped/contract.h"
#include "kennel/model/anatomy.h"
#include "kennel/model/mjcf.h"

namespace kennel::testing::go1_test {
namespace {

const std::filesystem::path kGo1 = std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/go1/go1.xml";

TEST(Go1, ItsTraitsAreThoseOfItsDescription) {
  const quadruped::RobotTraits& traits = go1::kRobot;
  const Anatomy robot = describe(compile_edited(kGo1, {}));
  ASSERT_TRUE(robot.understood);
  EXPECT_TRUE(robot.refusals.empty());
  EXPECT_TRUE(robot.symmetric);
  EXPECT_NEAR(robot.mass, 12.74, 0.01);
  EXPECT_EQ(robot.stance_from, "keyframe 'home'");
  EXPECT_NEAR(robot.stance_height, traits.start_height, 1e-3);
  EXPECT_NEAR(robot.stance_height * 0.35, traits.fall_height, 1e-3);
  const char* const legs[] = {"front right", "front left", "back right", "back left"};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    EXPECT_EQ(robot.leg[leg].name, legs[leg]);
    EXPECT_EQ(robot.leg[leg].touching.size(), 2u) << "elbow and foot";
    EXPECT_EQ(robot.mirror.leg[leg], traits.mirrored_leg[leg]);
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const JointAnatomy& joint = robot.leg[leg].joint[j];
      const int k = kJointsPerLeg * leg + j;
      EXPECT_EQ(joint.name, traits.joints[k]);
      EXPECT_EQ(joint.ctrl_index, k);
      EXPECT_NEAR(joint.stance, traits.pose[k], 1e-6);
      EXPECT_EQ(robot.mirror.joint[k], kJointsPerLeg * traits.mirrored_leg[leg] + j);
      EXPECT_EQ(robot.mirror.sign[k], traits.joint_mirror[k]) << k;
      EXPECT_EQ(joint.kp, 35);
      EXPECT_EQ(joint.kd, 0.5);
      EXPECT_EQ(joint.torque_high, j == 2 ? 35.55 : 23.7);
    }
  }
}

TEST(Go1, TheServosOfItsKeyframeHoldItForFiveSeconds) {
  const MjModelPtr model = compile_mjcf(kGo1);
  mjData* data = mj_makeData(model.get());
  mj_resetDataKeyframe(model.get(), data, mj_name2id(model.get(), mjOBJ_KEY, "home"));
  const double start = data->qpos[2];
  double low = 1, high = 0;  // of the base in the last second
  for (int step = 0; step < 1250; ++step) {
    mj_step(model.get(), data);
    if (step < 1000) continue;
    low = std::min(low, data->qpos[2]);
    high = std::max(high, data->qpos[2]);
  }
  EXPECT_NEAR(low, start, 0.003);
  EXPECT_LT(high - low, 1e-4);
  std::set<std::string> touching;
  for (int c = 0; c < data->ncon; ++c) {
    const mjContact& contact = data->contact[c];
    EXPECT_EQ(contact.geom[0], mj_name2id(model.get(), mjOBJ_GEOM, "floor"));
    EXPECT_GT(contact.dist, -0.002);
    touching.insert(mj_id2name(model.get(), mjOBJ_GEOM, contact.geom[1]));
  }
  EXPECT_EQ(touching, (std::set<std::string>{"FR_foot", "FL_foot", "RR_foot", "RL_foot"}));
  mj_deleteData(data);
}

TEST(Go1, ItsFoldedConstantsAreThoseOfItsDescription) {
  using Words = decltype(go1::kFoldedWords);
  const Words compiled = std::bit_cast<Words>(to_float(load_quadruped(kGo1).model));
  for (std::size_t word = 0; word < compiled.size(); ++word) {
    const std::uint32_t folded = go1::kFoldedWords[word];
    if (std::max(folded, compiled[word]) < 256) {  // whole numbers
      EXPECT_EQ(folded, compiled[word]) << word;
      continue;
    }
    const float ours = std::bit_cast<float>(folded), theirs = std::bit_cast<float>(compiled[word]);
    // Another machine's model compiler may round otherwise.
    EXPECT_TRUE(ours == theirs || std::abs(ours - theirs) < 1e-9f + 1e-5f * std::abs(theirs))
        << word << ": " << ours << " and " << theirs
        << "; go1.xml or its compilation changed, write folded_robot.h anew with fold_robot";
  }
}

}  // namespace
}  // namespace kennel::testing::go1_test
