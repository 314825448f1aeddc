// Which tasks the fast kernel computes, and what is said of the others. The table of constants is
// compared with the robot that the model file compiles to.
#include "kennel/batch/folded_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "envs/robots.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

/// What is said of the shipped robot after a change.
template <class Change>
std::string said_after(Change&& change) {
  quadruped::Task task = task_of({});
  change(task);
  EXPECT_EQ(folded_robot(task) >= 0, why_not_folded(task).empty());
  return why_not_folded(task);
}

TEST(FoldedRobot, IsTheShippedRobot) {
  EXPECT_EQ(said_after([](quadruped::Task&) {}), "")
      << "pupper_v3.xml or its compilation changed; write folded_robot.h anew with fold_robot";
  EXPECT_EQ(said_after([](quadruped::Task& task) { task.model = FoldedRobot::kConstants; }), "");
}

TEST(FoldedRobot, StandsInWhereOnlyDustDiffers) {
  // Another machine's model compiler may round what is 1e-10 here to 0, or 0 to 1e-10.
  int cleared = 0;
  const std::string said = said_after([&](quadruped::Task& task) {
    for (auto& leg : task.model.leg)
      for (auto& hinge : leg.hinge) {
        for (float& x : hinge.inertia)
          if (x != 0 && std::abs(x) < 1e-9f) {
            x = 0;
            ++cleared;
          } else if (x == 0) {
            x = -3e-10f;
          }
        hinge.anchor[2] += 1e-8f;  // m
        hinge.offset += 1e-6f;     // rad
      }
  });
  EXPECT_EQ(said, "");
  EXPECT_GT(cleared, 4) << "the table holds dust";
  EXPECT_EQ(said_after([](quadruped::Task& task) { task.model.base_com[1] = -0.0f; }), "");
}

TEST(FoldedRobot, SaysWhichNumberKeepsItFromStandingIn) {
  const auto hinge = [](quadruped::Task& task) -> Hinge<float>& {
    return task.model.leg[2].hinge[1];
  };
  EXPECT_EQ(said_after([&](auto& task) { hinge(task).mass = 0.31f; }),
            "leg 2 hinge 1 mass 0.31, folded 0.186");
  EXPECT_EQ(said_after([&](auto& task) { hinge(task).kp *= 1.001f; }),
            "leg 2 hinge 1 kp 5.005, folded 5");
  EXPECT_EQ(said_after([&](auto& task) { task.model.timestep = 0.005f; }),
            "timestep 0.005, folded 0.004");
  EXPECT_NE(said_after([&](auto& task) { hinge(task).anchor[0] += 2e-6f; }), "") << "2 micrometres";
  EXPECT_NE(said_after([&](auto& task) { hinge(task).inertia[3] += 5e-9f; }), "");
  EXPECT_NE(said_after([&](auto& task) { hinge(task).limit_margin = 1e-3f; }), "");
  EXPECT_NE(said_after([&](auto& task) { hinge(task).damping = NAN; }), "");
  EXPECT_EQ(said_after([&](auto& task) { hinge(task).target_low = -3; }),
            "leg 2 hinge 1 target range -3, folded -inf");
  EXPECT_NE(said_after([&](auto& task) { task.model.leg[3].sphere[1].impedance.dmax = 0.98f; }),
            "");
}

TEST(FoldedRobot, ComparesWholeNumbersExactly) {
  EXPECT_EQ(said_after([](auto& task) { ++task.model.leg[3].hinge[0].ctrl_index; }),
            "leg 3 hinge 0 place in ctrl 10, folded 9");
  EXPECT_EQ(said_after([](auto& task) { task.model.integrator = Integrator::kImplicitFast; }),
            "integrator 2, folded 0");
  EXPECT_EQ(said_after([](auto& task) { task.model.leg[0].sphere[1].link = 1; }),
            "leg 0 sphere 1 link 1, folded 2");
}

TEST(FoldedRobot, SaysWhatOfTheRecipeKeepsItFromStandingIn) {
  EXPECT_EQ(said_after([](auto& task) { task.solver.iterations = 3; }),
            "solver iterations 3, folded 2");
  EXPECT_EQ(said_after([](auto& task) { task.solver.ls_iterations = 4; }),
            "line search iterations 4, folded 1");
  EXPECT_EQ(said_after([](auto& task) { task.config.randomization.exact_invweight = true; }),
            "exact_invweight");
}

TEST(FoldedRobot, EveryNumberOfTheRobotIsCompared) {
  // A word of the robot that could change unseen would be computed with the folded one's value.
  constexpr std::size_t kWords = pupper_v3::kFoldedWords.size();
  for (std::size_t word = 0; word < kWords; ++word) {
    auto words = pupper_v3::kFoldedWords;
    words[word] = std::bit_cast<std::uint32_t>(12345.678f);
    quadruped::Task task = task_of({});
    task.model = std::bit_cast<Quadruped<float>>(words);
    EXPECT_EQ(folded_robot(task), -1) << word;
  }
}

}  // namespace
}  // namespace kennel::testing
