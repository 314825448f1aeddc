// Which tasks a plain kernel computes: those whose numbers it has to the bit.
#include "kennel/batch/plain_fit.h"

#include <gtest/gtest.h>

#include <cstring>

#include "envs/robots.h"
#include "kennel/dynamics/plain_leg.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

template <class Change>
int links_after(Change&& change) {
  quadruped::Task task = task_of({});
  change(task);
  return plain_links(task);
}

TEST(PlainFit, AnOrdinaryRobotIsPlain) {
  EXPECT_EQ(links_after([](quadruped::Task&) {}), 1) << "a sphere on the shank, one on the foot";
  EXPECT_EQ(links_after([](auto& task) { task.config.randomization.exact_invweight = true; }), 1);
  // Of these the plain kernels load what they need.
  EXPECT_EQ(links_after([](auto& task) { task.model.general_drives = 1; }), 1);
  EXPECT_EQ(links_after([](auto& task) { task.model.base_damping = 2; }), 1);
  EXPECT_EQ(links_after([](auto& task) { task.model.base_frictionloss = 0.1f; }), 1);
  EXPECT_EQ(links_after([](auto& task) { task.model.integrator = Integrator::kImplicitFast; }), 1);
  EXPECT_EQ(links_after([](auto& task) { task.model.leg[0].sphere[0].impedance.power = 3; }), 1);
}

TEST(PlainFit, TheLinksOfItsSpheresChooseTheKernel) {
  EXPECT_EQ(links_after([](auto& task) {
              for (auto& leg : task.model.leg) {
                leg.num_spheres = 1;
                leg.foot = 0;
                leg.sphere[0].link = 2;
              }
            }),
            0);
  EXPECT_EQ(links_after([](auto& task) {
              for (auto& leg : task.model.leg) leg.sphere[0].link = 2;
            }),
            2);
  EXPECT_EQ(links_after([](auto& task) {
              for (auto& leg : task.model.leg) leg.sphere[0].link = 0;
            }),
            -1);
}

TEST(PlainFit, WhatFewRobotsHaveIsNotPlain) {
  EXPECT_EQ(links_after([](auto& task) { task.model.stiff = 1; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.model.both_limits = 1; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.model.leg[3].hinge[2].limits_at_once = 2; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.model.leg[2].num_spheres = 1; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.model.leg[1].sphere[0].link = 2; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.solver.iterations = 3; }), -1);
  EXPECT_EQ(links_after([](auto& task) { task.solver.ls_iterations = 2; }), -1);
}

TEST(PlainFit, KernelsAreNamed) {
  quadruped::Task task = task_of({});
  EXPECT_STREQ(cuda_kernel_name(task), "folded kernel");
  task.model.leg[0].hinge[0].mass *= 1.1f;
  EXPECT_STREQ(cuda_kernel_name(task), "plain kernel");
  task.model.stiff = 1;
  EXPECT_STREQ(cuda_kernel_name(task), "general kernel");
}

}  // namespace
}  // namespace kennel::testing
