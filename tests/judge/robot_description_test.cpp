// The shipped robot description against golden numbers of the published one; see golden/README.md.
#include <gtest/gtest.h>
#include <mujoco/mujoco.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kennel/judge/judge_model.h"

namespace kennel::judge {
namespace {

using Json = nlohmann::json;

constexpr const char* kDescription = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";
constexpr const char* kGolden = KENNEL_SOURCE_DIR "/tests/judge/golden/pupper_v3.json";
constexpr double kTolerance =
    1e-12;  // relative; another processor may round the compiler's square roots differently

class RobotDescription : public testing::Test {
 protected:
  void SetUp() override {
    std::array<char, 1000> error{};
    model_.reset(mj_loadXML(kDescription, nullptr, error.data(), error.size()));
    ASSERT_TRUE(model_) << error.data();
    golden_ = Json::parse(std::ifstream(kGolden));
    for (int geom = 0; geom < model_->ngeom; ++geom) {
      if (model_->geom_contype[geom] || model_->geom_conaffinity[geom]) colliding_.push_back(geom);
    }
  }

  void expect_equal(const std::string& name, const std::vector<double>& values,
                    std::size_t ignored_every = 0, std::size_t ignored_at = 0) {
    compared_.push_back(name);
    const auto expected = golden_.at(name).get<std::vector<double>>();
    ASSERT_EQ(values.size(), expected.size()) << name;
    for (std::size_t at = 0; at < values.size(); ++at) {
      if (ignored_every && at % ignored_every == ignored_at) continue;
      EXPECT_NEAR(values[at], expected[at], kTolerance * (1.0 + std::abs(expected[at])))
          << name << "[" << at << "]";
    }
  }

  template <class T>
  void expect_equal(const std::string& name, const T* array, int rows, int columns = 1) {
    expect_equal(name, std::vector<double>(array, array + rows * columns));
  }

  template <class T>
  void expect_geoms_equal(const std::string& name, const T* array, int columns = 1) {
    std::vector<double> values;
    for (const int geom : colliding_) {
      values.insert(values.end(), array + geom * columns, array + (geom + 1) * columns);
    }
    expect_equal(name, values);
  }

  std::vector<std::string> names(int kind, int count) const {
    std::vector<std::string> result;
    for (int id = 0; id < count; ++id) result.emplace_back(mj_id2name(model_.get(), kind, id));
    return result;
  }

  void compare_bodies_and_sites();
  void compare_joints_and_dofs();
  void compare_actuators();
  void compare_geoms();
  void compare_options();

  ModelPtr model_;
  Json golden_;
  std::vector<int> colliding_;
  std::vector<std::string> compared_;
};

void RobotDescription::compare_bodies_and_sites() {
  const mjModel& m = *model_;
  expect_equal("body_parentid", m.body_parentid, m.nbody);
  expect_equal("body_pos", m.body_pos, m.nbody, 3);
  expect_equal("body_quat", m.body_quat, m.nbody, 4);
  expect_equal("body_ipos", m.body_ipos, m.nbody, 3);
  expect_equal("body_iquat", m.body_iquat, m.nbody, 4);
  expect_equal("body_mass", m.body_mass, m.nbody);
  expect_equal("body_subtreemass", m.body_subtreemass, m.nbody);
  expect_equal("body_inertia", m.body_inertia, m.nbody, 3);
  expect_equal("body_invweight0", m.body_invweight0, m.nbody, 2);
  expect_equal("body_gravcomp", m.body_gravcomp, m.nbody);
  expect_equal("body_contype", m.body_contype, m.nbody);
  expect_equal("body_conaffinity", m.body_conaffinity, m.nbody);
  expect_equal("body_margin", m.body_margin, m.nbody);
  expect_equal("site_bodyid", m.site_bodyid, m.nsite);
  expect_equal("site_pos", m.site_pos, m.nsite, 3);
  expect_equal("site_quat", m.site_quat, m.nsite, 4);
}

void RobotDescription::compare_joints_and_dofs() {
  const mjModel& m = *model_;
  expect_equal("qpos0", m.qpos0, m.nq);
  expect_equal("qpos_spring", m.qpos_spring, m.nq);
  expect_equal("jnt_type", m.jnt_type, m.njnt);
  expect_equal("jnt_bodyid", m.jnt_bodyid, m.njnt);
  expect_equal("jnt_qposadr", m.jnt_qposadr, m.njnt);
  expect_equal("jnt_dofadr", m.jnt_dofadr, m.njnt);
  expect_equal("jnt_pos", m.jnt_pos, m.njnt, 3);
  expect_equal("jnt_axis", m.jnt_axis, m.njnt, 3);
  expect_equal("jnt_range", m.jnt_range, m.njnt, 2);
  expect_equal("jnt_limited", m.jnt_limited, m.njnt);
  expect_equal("jnt_stiffness", m.jnt_stiffness, m.njnt);
  expect_equal("jnt_margin", m.jnt_margin, m.njnt);
  expect_equal("jnt_solref", m.jnt_solref, m.njnt, mjNREF);
  expect_equal("jnt_solimp", m.jnt_solimp, m.njnt, mjNIMP);
  expect_equal("jnt_actfrclimited", m.jnt_actfrclimited, m.njnt);
  expect_equal("dof_bodyid", m.dof_bodyid, m.nv);
  expect_equal("dof_jntid", m.dof_jntid, m.nv);
  expect_equal("dof_armature", m.dof_armature, m.nv);
  expect_equal("dof_damping", m.dof_damping, m.nv);
  expect_equal("dof_frictionloss", m.dof_frictionloss, m.nv);
  expect_equal("dof_invweight0", m.dof_invweight0, m.nv);
  expect_equal("dof_M0", m.dof_M0, m.nv);
  expect_equal("dof_solref", m.dof_solref, m.nv, mjNREF);
  expect_equal("dof_solimp", m.dof_solimp, m.nv, mjNIMP);
}

void RobotDescription::compare_actuators() {
  const mjModel& m = *model_;
  expect_equal("actuator_trntype", m.actuator_trntype, m.nu);
  expect_equal("actuator_trnid", m.actuator_trnid, m.nu, 2);
  expect_equal("actuator_dyntype", m.actuator_dyntype, m.nu);
  expect_equal("actuator_gaintype", m.actuator_gaintype, m.nu);
  expect_equal("actuator_biastype", m.actuator_biastype, m.nu);
  expect_equal("actuator_gainprm", m.actuator_gainprm, m.nu, mjNGAIN);
  const std::vector<double> bias(m.actuator_biasprm, m.actuator_biasprm + m.nu * mjNBIAS);
  expect_equal("actuator_biasprm", bias, mjNBIAS, 2);  // all but kd
  expect_equal("actuator_gear", m.actuator_gear, m.nu, 6);
  expect_equal("actuator_ctrllimited", m.actuator_ctrllimited, m.nu);
  expect_equal("actuator_forcelimited", m.actuator_forcelimited, m.nu);
  expect_equal("actuator_forcerange", m.actuator_forcerange, m.nu, 2);
}

void RobotDescription::compare_geoms() {
  const mjModel& m = *model_;
  expect_geoms_equal("geom_type", m.geom_type);
  expect_geoms_equal("geom_bodyid", m.geom_bodyid);
  expect_geoms_equal("geom_size", m.geom_size, 3);
  expect_geoms_equal("geom_pos", m.geom_pos, 3);
  expect_geoms_equal("geom_friction", m.geom_friction, 3);
  expect_geoms_equal("geom_solref", m.geom_solref, mjNREF);
  expect_geoms_equal("geom_solimp", m.geom_solimp, mjNIMP);
  expect_geoms_equal("geom_solmix", m.geom_solmix);
  expect_geoms_equal("geom_margin", m.geom_margin);
  expect_geoms_equal("geom_gap", m.geom_gap);
  expect_geoms_equal("geom_contype", m.geom_contype);
  expect_geoms_equal("geom_conaffinity", m.geom_conaffinity);
  expect_geoms_equal("geom_condim", m.geom_condim);
  expect_geoms_equal("geom_priority", m.geom_priority);
}

void RobotDescription::compare_options() {
  const mjOption& o = model_->opt;
  expect_equal("opt_timestep", &o.timestep, 1);
  expect_equal("opt_integrator", &o.integrator, 1);
  expect_equal("opt_cone", &o.cone, 1);
  expect_equal("opt_solver", &o.solver, 1);
  expect_equal("opt_iterations", &o.iterations, 1);
  expect_equal("opt_ls_iterations", &o.ls_iterations, 1);
  expect_equal("opt_tolerance", &o.tolerance, 1);
  expect_equal("opt_ls_tolerance", &o.ls_tolerance, 1);
  expect_equal("opt_impratio", &o.impratio, 1);
  expect_equal("opt_gravity", o.gravity, 3);
  expect_equal("opt_wind", o.wind, 3);
  expect_equal("opt_density", &o.density, 1);
  expect_equal("opt_viscosity", &o.viscosity, 1);
  expect_equal("opt_disableflags", &o.disableflags, 1);
  expect_equal("opt_enableflags", &o.enableflags, 1);
}

TEST_F(RobotDescription, CompilesToThePublishedConstantsElementByElement) {
  compare_bodies_and_sites();
  compare_joints_and_dofs();
  compare_actuators();
  compare_geoms();
  compare_options();
  for (const auto& [name, values] : golden_.items()) {
    if (name == "names" || name == "mujoco_version") continue;
    EXPECT_NE(std::find(compared_.begin(), compared_.end(), name), compared_.end())
        << name << " was not compared";
  }
}

TEST_F(RobotDescription, NamesItsPartsAsThePublishedOne) {
  const Json& expected = golden_.at("names");
  EXPECT_EQ(names(mjOBJ_BODY, model_->nbody), expected.at("body").get<std::vector<std::string>>());
  EXPECT_EQ(names(mjOBJ_JOINT, model_->njnt), expected.at("joint").get<std::vector<std::string>>());
  EXPECT_EQ(names(mjOBJ_ACTUATOR, model_->nu),
            expected.at("actuator").get<std::vector<std::string>>());
  EXPECT_EQ(names(mjOBJ_SITE, model_->nsite), expected.at("site").get<std::vector<std::string>>());
}

TEST_F(RobotDescription, HasTheDampingOfTrainingAndRobotInItsServos) {
  for (int actuator = 0; actuator < model_->nu; ++actuator) {
    EXPECT_EQ(model_->actuator_biasprm[actuator * mjNBIAS + 2], -0.25);
    EXPECT_EQ(golden_.at("actuator_biasprm")[actuator * mjNBIAS + 2], -0.1);
  }
}

TEST_F(RobotDescription, CanBeSeenWithoutAnyWeightInWhatIsSeen) {
  int visible = 0;
  for (int geom = 0; geom < model_->ngeom; ++geom) {
    if (model_->geom_group[geom] != 2) continue;
    ++visible;
    EXPECT_EQ(model_->geom_contype[geom], 0);
    EXPECT_EQ(model_->geom_conaffinity[geom], 0);
  }
  EXPECT_GE(visible, 4 * 4 + 1);  // hip, thigh, shank and foot of each leg, and the body
  EXPECT_NEAR(mj_getTotalmass(model_.get()), 3.17, 1e-9);
}

TEST_F(RobotDescription, StandsInItsHomePose) {
  const DataPtr data(mj_makeData(model_.get()));
  ASSERT_EQ(model_->nkey, 1);
  mj_resetDataKeyframe(model_.get(), data.get(), 0);
  for (int step = 0; step < 750; ++step) mj_step(model_.get(), data.get());
  EXPECT_NEAR(data->qpos[2], 0.1552, 0.001);  // m, the published height with kp 5 and kd 0.25
  EXPECT_LT(std::abs(data->qvel[2]), 0.01);
}

}  // namespace
}  // namespace kennel::judge
