// Forces that the shipped robots lack and other quadrupeds have, on a made-up robot beside MuJoCo:
// in double to the last digits, in packs of floats to theirs, and under four threads with a leg
// each as in one loop.
#include <gtest/gtest.h>

#include <cstring>

#include "kennel/core/check.h"
#include "kennel/core/pack.h"
#include "kennel/dynamics/constraint_weights.h"
#include "tests/dynamics/emulated_group.h"
#include "tests/dynamics/float_bounds.h"
#include "tests/dynamics/mujoco_reference.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing {
namespace {

constexpr double kParityDouble = 1e-10;
constexpr double kSameMath = 1e-12;
constexpr int kSteps = 600, kStepsOfAStart = 40;

using P = NativePack;

struct ForceCase {
  const char* name;
  std::string mjcf;
  double ctrl = 0.5;       // deviation of random controls
  bool servos = true;      // whose targets lie about the stance
  bool saturates = false;  // some torques, not all
};

constexpr const char* kEuler = "<option timestep='0.004'/>";
constexpr const char* kFast = "<option timestep='0.004' integrator='implicitfast'/>";
constexpr const char* kNotDamped = "<option timestep='0.004'><flag eulerdamp='disable'/></option>";
constexpr const char* kDrag = "<joint type='free' damping='2.5' armature='0.4'/>";
constexpr const char* kDry = "<joint type='free' frictionloss='20'/>";
constexpr const char* kMotor = "<motor name='JOINT' joint='JOINT' gear='2' ctrlrange='-6 6'/>";
constexpr const char* kAffine =
    "<general name='JOINT' joint='JOINT' gainprm='20' biastype='affine' biasprm='1 -25 -0.6'/>";
constexpr const char* kAffineGain =
    "<general name='JOINT' joint='JOINT' gear='-1.5' gaintype='affine' gainprm='4 1 -0.3' "
    "biastype='none'/>";

std::string with(std::string SampleRobot::*part, const std::string& text, const char* option) {
  SampleRobot robot;
  robot.option = option;
  robot.*part = text;
  return robot.mjcf();
}

/// Actuators under both of MuJoCo's ranges.
std::string limited_general(const char* option) {
  SampleRobot robot;
  robot.option = option;
  robot.joint_attributes = "actuatorfrcrange='-14 11'";
  robot.actuator =
      "<general name='JOINT' joint='JOINT' gear='1.5' gaintype='affine' gainprm='6 0.5 0.3' "
      "biastype='affine' biasprm='0.5 -3 -0.4' ctrlrange='-1.5 1' forcerange='-7 9'/>";
  return robot.mjcf();
}

std::string everything() {
  return replaced(limited_general(kFast), "<freejoint/>",
                  "<joint type='free' damping='1.5' armature='0.2' frictionloss='12'/>");
}

/// Feet that are soft at first touch and stiff when pressed in, which the careful solver takes.
std::string stiff_feet() {
  SampleRobot robot;
  robot.option = "<option timestep='0.004' impratio='100'/>";
  robot.base_joint = kDry;
  robot.foot =
      "<geom name='NAME_foot' type='sphere' size='0.02' pos='0 0 -0.2' priority='1' "
      "solimp='0.015 1 0.022'/>";
  return robot.mjcf();
}

const std::vector<ForceCase>& cases() {
  static const std::vector<ForceCase> all = {
      {"free_joint_drag", with(&SampleRobot::base_joint, kDrag, kEuler)},
      {"free_joint_drag_explicit", with(&SampleRobot::base_joint, kDrag, kNotDamped)},
      {"free_joint_drag_implicitfast", with(&SampleRobot::base_joint, kDrag, kFast)},
      {"free_joint_damping_alone",
       replaced(with(&SampleRobot::base_joint, "<joint type='free' damping='6'/>", kEuler),
                "damping='0.1'", "")},
      {"free_joint_friction", with(&SampleRobot::base_joint, kDry, kEuler)},
      {"free_joint_friction_of_its_own_impedance",
       with(&SampleRobot::base_joint,
            "<joint type='free' frictionloss='4' solreffriction='0.05 0.7' "
            "solimpfriction='0.5 0.9 0.01' damping='0.5'/>",
            kFast)},
      {"free_joint_friction_and_stiff_feet", stiff_feet()},
      {"all_of_it", everything(), 1, false, true},
      {"motors_with_gear", with(&SampleRobot::actuator, kMotor, kEuler), 5, false, true},
      {"velocity_servos",
       with(&SampleRobot::actuator, "<velocity name='JOINT' joint='JOINT' kv='1.2'/>", kFast), 3,
       false},
      {"affine", with(&SampleRobot::actuator, kAffine, kEuler)},
      {"affine_implicitfast", with(&SampleRobot::actuator, kAffine, kFast)},
      {"affine_gain_implicitfast", with(&SampleRobot::actuator, kAffineGain, kFast), 1, false},
      {"both_ranges", limited_general(kEuler), 1, false, true},
      {"both_ranges_implicitfast", limited_general(kFast), 1, false, true},
      {"geared_servos",
       with(&SampleRobot::actuator,
            "<position name='JOINT' joint='JOINT' gear='-2' kp='8' kv='0.2' forcerange='-4 6'/>",
            kFast),
       1, false, true},
  };
  return all;
}

/// What random steps have met.
struct Coverage {
  int sticking = 0, slipping = 0;  // rows of the free joint's dry friction
  int contacts = 0, limits = 0, saturated = 0, free = 0;
};

/// A robot of a case that is dropped with random speeds, again and again, under random controls.
class Drops {
 public:
  Drops(const ForceCase& c, unsigned seed)
      : reference(written(text("force_", c.name, ".xml"), c.mjcf)),
        m(*reference.model),
        d(*reference.data),
        exact(quadruped_from(m, c.name).model),
        draw_(seed),
        ctrl_(c.ctrl),
        servos_(c.servos) {
    reference.converge();
  }

  State<double> start() {
    double qpos[kNq] = {0,
                        0,
                        draw_.uniform(0.2, 0.36),
                        1,
                        0.2 * draw_.normal(),
                        0.2 * draw_.normal(),
                        draw_.normal()},
           qvel[kNv];
    mju_normalize4(qpos + 3);
    for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = kMiddle[k % 3] + draw_.uniform(-1.1, 1.1);
    for (double& v : qvel) v = draw_.normal();
    return read(qpos, qvel);
  }

  /// Draws controls that a float can hold, for MuJoCo as well.
  template <class T>
  void draw(T (&ctrl)[kNumLegs][kJointsPerLeg]) {
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j) {
        const auto u = static_cast<float>(ctrl_ * draw_.normal() + (servos_ ? kMiddle[j] : 0));
        d.ctrl[exact.leg[leg].hinge[j].ctrl_index] = u;
        ctrl[leg][j] = T(u);
      }
  }

  void count() {
    coverage.contacts += d.ncon;
    for (int row = 0; row < d.nefc; ++row) {
      coverage.limits += d.efc_type[row] == mjCNSTR_LIMIT_JOINT;
      if (d.efc_type[row] != mjCNSTR_FRICTION_DOF || d.efc_id[row] >= 6) continue;
      ++(d.efc_state[row] == mjCNSTRSTATE_QUADRATIC ? coverage.sticking : coverage.slipping);
    }
    for (int k = 0; k < kNumJoints; ++k) {
      const Hinge<double>& hinge = exact.leg[k / kJointsPerLeg].hinge[k % kJointsPerLeg];
      const double torque = d.qfrc_actuator[6 + k], ctrl = d.ctrl[hinge.ctrl_index];
      const bool saturated = torque == hinge.force_low || torque == hinge.force_high ||
                             ctrl <= hinge.target_low || ctrl >= hinge.target_high;
      ++(saturated ? coverage.saturated : coverage.free);
    }
  }

  Reference reference;
  mjModel& m;
  mjData& d;
  Quadruped<double> exact;
  Coverage coverage;

 private:
  static constexpr double kMiddle[kJointsPerLeg] = {0, 0.8, -1.5};
  Draw draw_;
  double ctrl_;
  bool servos_;
};

class Forces : public ::testing::TestWithParam<int> {
 protected:
  const ForceCase& c = cases()[GetParam()];
};
INSTANTIATE_TEST_SUITE_P(Models, Forces, ::testing::Range(0, static_cast<int>(cases().size())),
                         [](const auto& info) { return cases()[info.param].name; });

TEST_P(Forces, MatchMujocoStepByStepAndIntegrateAlike) {
  Drops drops(c, 70);
  const Params<double> params = nominal_params<double, AllLegs>(drops.exact, {});
  double worst = 0, worst_speed = 0;
  State<double> state{};
  double ctrl[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < kSteps; ++i) {
    if (i % kStepsOfAStart == 0) state = drops.start();
    drops.draw(ctrl);
    write(state, drops.d);
    mj_forward(&drops.m, &drops.d);
    drops.count();
    const std::vector<double> qacc(drops.d.qacc, drops.d.qacc + kNv);
    mj_step(&drops.m, &drops.d);
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(drops.exact, kConverged, params, ctrl, {}, state, report);
    worst = std::max(worst, relative_error(qacc_of(state), qacc.data()));
    State<double> speed = state;  // velocities where qacc_of looks
    speed.lin_acc = state.velocity;
    speed.ang_acc = state.omega;
    for (auto& leg : speed.leg) std::copy_n(leg.qd, kJointsPerLeg, leg.qacc);
    worst_speed = std::max(worst_speed, relative_error(qacc_of(speed), drops.d.qvel));
  }
  std::printf("qacc %.2g, qvel %.2g; contacts %d, limits %d, base sticks %d, slips %d\n", worst,
              worst_speed, drops.coverage.contacts, drops.coverage.limits, drops.coverage.sticking,
              drops.coverage.slipping);
  EXPECT_LT(worst, kParityDouble);
  EXPECT_LT(worst_speed, kParityDouble);
  EXPECT_GT(drops.coverage.contacts, 300);
  EXPECT_GT(drops.coverage.limits, 50);
  EXPECT_GT(drops.coverage.free, 1000);
  if (drops.exact.base_frictionloss > 0) {
    EXPECT_GT(drops.coverage.sticking, 50);
    EXPECT_GT(drops.coverage.slipping, 100);
  }
  EXPECT_EQ(drops.coverage.saturated > 1000, c.saturates) << drops.coverage.saturated;
}

/// The first lane of a packed state in double, and a state in all lanes.
State<double> first_lane(const State<P>& s) {
  State<double> out;
  for (std::size_t f = 0; f < sizeof out / sizeof(double); ++f)
    reinterpret_cast<double*>(&out)[f] = reinterpret_cast<const float*>(&s)[f * kNativeWidth];
  return out;
}
State<P> broadcast(const State<double>& s) {
  State<P> out;
  for (std::size_t f = 0; f < sizeof s / sizeof(double); ++f)
    reinterpret_cast<P*>(&out)[f] = P(static_cast<float>(reinterpret_cast<const double*>(&s)[f]));
  return out;
}

TEST_P(Forces, MatchMujocoInAPackOfFloats) {
  Drops drops(c, 71);
  const Quadruped<float> model = to_float(drops.exact);
  const Params<P> params = nominal_params<P, AllLegs>(model, {});
  std::vector<double> errors;
  State<P> state{};
  P ctrl[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < 2 * kSteps; ++i) {
    if (i % kStepsOfAStart == 0) state = broadcast(drops.start());
    drops.draw(ctrl);
    write(first_lane(state), drops.d);
    mju_normalize4(drops.d.qpos + 3);
    mj_forward(&drops.m, &drops.d);
    StepReport<P, AllLegs> report;
    step<P, AllLegs>(model, {20, 8}, params, ctrl, {}, state, report);
    errors.push_back(relative_error(qacc_of(first_lane(state)), drops.d.qacc));
  }
  expect_within_float_bounds(errors);
}

TEST_P(Forces, MatchMujocoOnARandomisedRobot) {
  Drops drops(c, 72);
  Draw draw(73);
  Params<double> params = random_params(drops.exact, draw);
  apply(params, drops.m);
  const std::vector<mjtNum> nominal(drops.m.dof_invweight0, drops.m.dof_invweight0 + 6);
  mj_setConst(&drops.m, &drops.d);
  std::copy_n(nominal.data(), 6, drops.m.dof_invweight0);  // as set_exact_weights leaves them
  set_exact_weights<double, AllLegs>(drops.exact, {}, params);
  double worst = 0;
  State<double> state{};
  double ctrl[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < kSteps; ++i) {
    if (i % kStepsOfAStart == 0) state = drops.start();
    drops.draw(ctrl);
    write(state, drops.d);
    mj_forward(&drops.m, &drops.d);
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(drops.exact, kConverged, params, ctrl, {}, state, report);
    worst = std::max(worst, relative_error(qacc_of(state), drops.d.qacc));
  }
  EXPECT_LT(worst, kParityDouble);
}

TEST_P(Forces, FourThreadsWithALegEachComputeWhatALoopOverLegsComputes) {
  using Legs = EmulatedGroup::Legs;
  constexpr int kFew = 20;
  Drops drops(c, 74);
  for (const int stiff : {0, 1}) {
    Quadruped<double> model = drops.exact;
    model.stiff = stiff;
    const State<double> start = drops.start();
    double ctrl[kFew][kNumLegs][kJointsPerLeg];
    for (auto& u : ctrl) drops.draw(u);
    State<double> looped = start;
    const Params<double> params = nominal_params<double, AllLegs>(model, {});
    StepReport<double, AllLegs> report;
    for (const auto& u : ctrl) step<double, AllLegs>(model, {2, 1}, params, u, {}, looped, report);

    PhysicsState<double, Legs> threaded[kNumLegs];
    EmulatedGroup group;
    group.run<Legs>([&](const Legs& legs) {
      const int leg = legs.leg(0);
      auto& s = threaded[leg];
      std::memcpy(static_cast<void*>(&s), &start, offsetof(State<double>, leg));
      std::memcpy(&s.leg[0], &start.leg[leg], sizeof s.leg[0]);
      const auto own_params = nominal_params<double, Legs>(model, legs);
      StepReport<double, Legs> own_report;
      for (const auto& u : ctrl) {
        double mine[1][kJointsPerLeg];
        std::memcpy(mine, u[leg], sizeof mine);
        step<double, Legs>(model, {2, 1}, own_params, mine, legs, s, own_report);
      }
    });
    for (int leg = 0; leg < kNumLegs; ++leg) {
      EXPECT_EQ(
          std::memcmp(&threaded[leg].position, &threaded[0].position, offsetof(State<double>, leg)),
          0);
      EXPECT_NEAR(threaded[leg].position.z, looped.position.z, kSameMath);
      for (int j = 0; j < kJointsPerLeg; ++j)
        EXPECT_NEAR(threaded[leg].leg[0].qd[j], looped.leg[leg].qd[j], 1e-9);
    }
  }
}

}  // namespace
}  // namespace kennel::testing
