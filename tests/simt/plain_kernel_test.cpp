// The kernels for plain robots against the one for any robot: what the compiler knows of a plain
// robot must change no bit.
//
// The walking task's kernels are compiled here too, and the library's are left alone: a compiler
// may contract products and sums in one file otherwise than in another.
#include <gtest/gtest.h>

#include "envs/robots.h"
#include "kernels/step_walk.cu"
#include "tests/simt/device_batch.h"

namespace kennel::testing {
namespace {

using namespace quadruped;

template <class Change>
quadruped::Task changed_robot(Change&& change) {
  Quadruped<float> robot = FoldedRobot::kConstants;
  robot.leg[1].hinge[2].mass *= 1.25f;  // no folded robot any more
  change(robot);
  return quadruped::make_task(busy_config(), pupper_v3::kRobot, robot, 5);
}

void expect_the_general_kernels_bits(const quadruped::Task& task, int links) {
  constexpr int kEnvs = 33;
  ASSERT_EQ(folded_robot(task), -1);
  ASSERT_EQ(plain_links(task), links);
  DeviceBatch plain(task, kEnvs), general(task, kEnvs);
  for (int t = 0; t < 12; ++t) {
    std::vector<float> action;
    for (int i = 0; i < kEnvs * kNumJoints; ++i)
      action.push_back(0.9f * std::sin(0.7f * static_cast<float>(t) + static_cast<float>(i)));
    plain.step(action);
    launch("step kernel", loaded_step_kernel<Walk, LoadedWarpLeg>,
           {general.memory.stride * kNumLegs / kGeneralThreads, kGeneralThreads,
            sizeof(GeneralMemory)},
           nullptr, task, general.memory, action.data(), general.out());
    ASSERT_EQ(plain.obs, general.obs) << t;
    ASSERT_EQ(plain.privileged, general.privileged) << t;
    ASSERT_EQ(plain.reward, general.reward) << t;
    ASSERT_EQ(plain.terminated, general.terminated) << t;
  }
}

TEST(SimtPlain, GivesTheGeneralKernelsBits) {
  expect_the_general_kernels_bits(changed_robot([](auto&) {}), 1);
}

TEST(SimtPlain, GivesThemForSpheresOfOneLink) {
  const auto both = [](Quadruped<float>& robot) {
    for (auto& leg : robot.leg) leg.sphere[0].link = 2;
  };
  expect_the_general_kernels_bits(changed_robot(both), 2);
}

TEST(SimtPlain, GivesThemForFeetAlone) {
  const auto feet = [](Quadruped<float>& robot) {
    for (auto& leg : robot.leg) {
      leg.sphere[0] = leg.sphere[1];
      leg.num_spheres = 1;
      leg.foot = 0;
    }
  };
  expect_the_general_kernels_bits(changed_robot(feet), 0);
}

TEST(SimtPlain, GivesThemWithDrivesAndForcesThatItLoads) {
  const auto loaded = [](Quadruped<float>& robot) {
    robot.general_drives = 1;
    robot.base_armature = 0.01f;
    robot.base_damping = robot.base_frictionloss = 0.1f;
    robot.base_friction_R[0] = robot.base_friction_R[1] = 0.5f;
    robot.base_friction_B = 20;
    robot.integrator = Integrator::kImplicitFast;
    for (auto& leg : robot.leg) {
      for (auto& hinge : leg.hinge) {
        hinge.gain = hinge.kp;
        hinge.bias = 0.1f;
        hinge.stiffness = 0.2f;
        hinge.limit.power = 1;
      }
      for (auto& sphere : leg.sphere) sphere.impedance.power = 3;
    }
  };
  expect_the_general_kernels_bits(changed_robot(loaded), 1);
}

}  // namespace
}  // namespace kennel::testing
