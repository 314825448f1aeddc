// A model handed to the judge is honoured or refused as `simulate` honours or refuses it.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "kennel/judge/episode.h"
#include "kennel/judge/sweeps.h"
#include "kennel/judge/world.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::other_model_test {
namespace {

constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

using Changes = std::vector<std::pair<std::string, std::string>>;

class OtherModel : public testing::Test {
 protected:
  /// The shipped description with texts replaced, the first place of each.
  std::string variant(const Changes& changes) const {
    std::stringstream whole;
    whole << std::ifstream(kModel).rdbuf();
    std::string text = whole.str();
    for (const auto& [from, to] : changes) {
      const std::size_t at = text.find(from);
      if (at == std::string::npos) throw std::runtime_error("the shipped model has no " + from);
      text.replace(at, from.size(), to);
    }
    const auto path = folder_ / "robot.xml";
    write_raw(path, text);
    return path.string();
  }

  /// The feet touch the floor through pairs of their own, the masks of everything are off.
  std::string with_pairs() const {
    std::string pairs = "<contact>";
    for (const char* foot : {"front_r", "front_l", "back_r", "back_l"})
      pairs += std::string("<pair geom1=\"floor\" geom2=\"leg_") + foot +
               "_foot\" condim=\"3\" friction=\"0.8 0.8 0.02 0.01 0.01\"/>";
    return variant({{"contype=\"1\" conaffinity=\"1\"", "contype=\"0\" conaffinity=\"0\""},
                    {"</worldbody>", "</worldbody>" + pairs + "</contact>"}});
  }

  TempFolder folder_;
};

TEST_F(OtherModel, PairsHaveTheFrictionOfThePlan) {
  const JudgeModel judge = load_judge_model(with_pairs(), first_format_robot());
  ASSERT_EQ(judge.nominal->npair, 4);
  EpisodePlan plan = plan_episode(Condition::kNominal, 1, 0, first_format_robot());
  plan.friction = 0.37;
  const PolicyFile policy = standing_policy();
  const DataPtr data(mj_makeData(judge.nominal.get()));
  const ModelPtr model(mj_copyModel(nullptr, judge.nominal.get()));
  apply_plan(judge, policy, plan, model.get(), data.get());
  data->qpos[2] = 0.12;
  mj_forward(model.get(), data.get());
  ASSERT_GT(data->ncon, 0);
  for (int c = 0; c < data->ncon; ++c)
    for (int axis = 0; axis < 2; ++axis) EXPECT_EQ(data->contact[c].friction[axis], 0.37);
}

// The push that one floor stops and the other does not.
TEST_F(OtherModel, PairsSlipOnIceInEveryPhysics) {
  const JudgeModel judge = load_judge_model(with_pairs(), first_format_robot());
  PolicyFile policy = standing_policy();
  policy.training_solver = {60, 40};  // until all physics agree
  double expected = 0.0;
  for (const Physics physics : {Physics::kMujoco, Physics::kKennel, Physics::kExact}) {
    const auto way = [&](double friction) {
      EpisodePlan plan = plan_episode(Condition::kNominal, 1, 0, first_format_robot());
      plan.friction = friction;
      const auto world = make_world(physics, judge, policy);
      world->start(plan);
      Joints pose;
      for (int joint = 0; joint < kPolicyJoints; ++joint)
        pose[joint] = policy.default_joint_pos[joint];
      for (int k = 0; k < 250; ++k) world->step(pose);
      const double from = world->data().qpos[0];
      world->push(0.4, 0.0);
      for (int k = 0; k < 100; ++k) world->step(pose);
      return world->data().qpos[0] - from;
    };
    const double on_ice = way(0.1);
    EXPECT_GT(on_ice, 5.0 * way(1.2)) << name_of(physics);
    if (physics == Physics::kMujoco) expected = on_ice;
    EXPECT_NEAR(on_ice, expected, 1e-4) << name_of(physics);
  }
}

TEST_F(OtherModel, BodiesWeldedToALinkChangeWithIt) {
  // A motor on the base, turned a quarter about z, as a body of its own.
  const std::string motor =
      "<body name=\"motor\" pos=\"0.05 0 0.02\" quat=\"0.70710678 0 0 0.70710678\">"
      "<inertial pos=\"0.01 0 0\" mass=\"0.2\" diaginertia=\"1e-4 2e-4 3e-4\"/></body>";
  const JudgeModel judge = load_judge_model(
      variant({{"<site name=\"body_imu_site\"", motor + "<site name=\"body_imu_site\""}}),
      first_format_robot());
  ASSERT_EQ(judge.nominal->nbody, kLinks + 2);
  const int body = mj_name2id(judge.nominal.get(), mjOBJ_BODY, "motor");
  EXPECT_EQ(judge.robot.link_of[body], 0);
  EpisodePlan plan = plan_episode(Condition::kNominal, 1, 0, first_format_robot());
  for (int link = 0; link < kLinks; ++link) plan.mass_factor[link] = 0.9 + 0.02 * link;
  plan.com_shift = {0.02, -0.004, 0.003};
  const PolicyFile policy = standing_policy();
  const DataPtr data(mj_makeData(judge.nominal.get()));
  const ModelPtr model(mj_copyModel(nullptr, judge.nominal.get()));
  apply_plan(judge, policy, plan, model.get(), data.get());
  EXPECT_NEAR(model->body_mass[body], 0.9 * 0.2, 1e-12);
  // Base and motor together: what Kennel's physics takes for the base.
  const Quadruped<double> changed = quadruped_from(*model, "changed").model;
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(changed.base_com[axis] - judge.kennel.model.base_com[axis], plan.com_shift[axis],
                1e-9);
  EXPECT_NEAR(changed.base_mass, 0.9 * judge.kennel.model.base_mass, 1e-9);
  for (int i = 0; i < 6; ++i)
    EXPECT_NEAR(changed.base_inertia[i], 0.9 * judge.kennel.model.base_inertia[i], 1e-9);
}

TEST_F(OtherModel, WhatStandsBesideTheRobotIsNotCarried) {
  const std::string stand =
      "<body name=\"stand\" pos=\"9 0 0.1\"><geom type=\"box\" size=\"0.1 0.1 0.1\" contype=\"0\" "
      "conaffinity=\"0\" mass=\"5\"/></body>";
  const JudgeModel shipped = load_judge_model(kModel, first_format_robot());
  const JudgeModel beside =
      load_judge_model(variant({{"<body name=\"base_link\"", stand + "<body name=\"base_link\""}}),
                       first_format_robot());
  ASSERT_EQ(beside.robot.base, shipped.robot.base + 1);
  const PolicyFile policy = trembling_policy();
  for (const Physics physics : {Physics::kMujoco, Physics::kKennel}) {
    const auto play = [&](const JudgeModel& judge) {
      return EpisodePlayer(judge, policy, physics)
          .play(plan_episode(Condition::kRandomised, 1, 5, first_format_robot()),
                EpisodeRandom(1, 5));
    };
    const EpisodeStats expected = play(shipped), seen = play(beside);
    ASSERT_GT(expected.carried, 0.0);
    EXPECT_NEAR(seen.carried / seen.way, expected.carried / expected.way, 1e-9);
    EXPECT_NEAR(seen.work, expected.work, 1e-6 * expected.work) << name_of(physics);
  }
}

struct Refused {
  const char* name;
  Changes changes;
  const char* mentions;
};

const Refused kRefused[] = {
    {"elliptic", {{"cone=\"pyramidal\"", "cone=\"elliptic\""}}, "cone=\"elliptic\""},
    {"rk4", {{"cone=\"pyramidal\"", "cone=\"pyramidal\" integrator=\"RK4\""}}, "integrator"},
    {"fluid", {{"cone=\"pyramidal\"", "cone=\"pyramidal\" density=\"1.2\""}}, "density"},
    {"noslip",
     {{"cone=\"pyramidal\"", "cone=\"pyramidal\" noslip_iterations=\"3\""}},
     "noslip_iterations"},
    {"condim", {{"condim=\"3\"", "condim=\"4\""}}, "condim 4"},
    {"gravcomp",
     {{"<body name=\"base_link\"", "<body gravcomp=\"1\" name=\"base_link\""}},
     "gravcomp"},
    {"stiff",
     {{"friction=\"0.8 0.02 0.01\"", "friction=\"0.001 0.02 0.01\" priority=\"1\""}},
     "friction"},
    {"timestep", {{"timestep=\"0.004\"", "timestep=\"0.003\""}}, "timestep = 0.003"},
    {"floor", {{"name=\"floor\"", "zaxis=\"0 0.1 1\" name=\"floor\""}}, "tilted floor"},
};

TEST_F(OtherModel, WhatSimulateRefusesAndWhatTheProtocolFixesIsRefusedByName) {
  for (const Refused& refused : kRefused) {
    const std::string path = variant(refused.changes);
    EvalOptions options;
    options.episodes = 1;
    options.model = path;
    for (const Physics physics : {Physics::kMujoco, Physics::kKennel}) {
      options.physics = physics;
      const std::string error = error_of([&] { evaluate(standing_policy(), options); });
      EXPECT_EQ(error.rfind(path, 0), 0u) << refused.name << ": " << error;
      EXPECT_NE(error.find(refused.mentions), std::string::npos) << refused.name << ": " << error;
      EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    }
  }
}

}  // namespace
}  // namespace kennel::judge::other_model_test
