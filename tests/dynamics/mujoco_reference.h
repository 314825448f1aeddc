// MuJoCo as the reference of the dynamics: the same state, the same parameters, its solver run to
// convergence.
#pragma once

#include <mujoco/mujoco.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kennel/dynamics/step.h"
#include "kennel/model/mjcf.h"

namespace kennel::testing {

inline const std::filesystem::path kPupper =
    std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml";
inline const std::filesystem::path kGo1 =
    std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/go1/go1.xml";

/// rad, of the pose that Pupper stands in; right legs and left are mirror images.
inline double pupper_pose(int joint) {
  const double pose[kJointsPerLeg] = {0.26, 0, -0.52};
  return (joint / kJointsPerLeg % 2 ? -1 : 1) * pose[joint % kJointsPerLeg];
}

struct MjDataDeleter {
  void operator()(mjData* d) const { mj_deleteData(d); }
};

/// A compiled model and its data; spheres of different legs are masked, because the dynamics do not
/// collide them.
struct Reference {
  MjModelPtr model;
  std::unique_ptr<mjData, MjDataDeleter> data;

  explicit Reference(const std::filesystem::path& file) : Reference(compile_mjcf(file)) {}
  explicit Reference(MjModelPtr compiled) : model(std::move(compiled)) {
    mask_legs_against_legs(*model);
    // A body's tree of bounding boxes stays where its centre of mass was before `apply` moved it.
    model->opt.disableflags |= mjDSBL_MIDPHASE;
    data.reset(mj_makeData(model.get()));
  }

  static void mask_legs_against_legs(mjModel& m) {
    for (int g = 0; g < m.ngeom; ++g) {
      if (!m.geom_contype[g] && !m.geom_conaffinity[g]) continue;
      const bool moving = m.geom_bodyid[g] != 0;
      m.geom_contype[g] = moving ? 1 : 0;
      m.geom_conaffinity[g] = moving ? 0 : 1;
    }
  }

  /// Newton to the last digit.
  void converge() {
    model->opt.solver = mjSOL_NEWTON;
    model->opt.tolerance = 0;
    model->opt.ls_tolerance = 1e-12;
    model->opt.iterations = 60;
    model->opt.ls_iterations = 100;
  }
};

template <class T, class Legs = AllLegs>
using State = PhysicsState<T, Legs>;
template <class T, class Legs = AllLegs>
using Params = EnvParams<T, Legs>;

/// Applies an environment's parameters to a compiled model, as MuJoCo users would.
template <class Legs>
void apply(const Params<double, Legs>& p, mjModel& m) {
  int base = 0;
  for (int j = 0; j < m.njnt; ++j)
    if (m.jnt_type[j] == mjJNT_FREE) base = m.jnt_bodyid[j];
  const auto scale_body = [&](int body, double mass, double inertia) {
    m.body_mass[body] *= mass;
    for (int i = 0; i < 3; ++i) m.body_inertia[3 * body + i] *= inertia;
  };
  scale_body(base, p.base_mass, p.base_inertia);
  m.body_ipos[3 * base] += p.base_com_shift.x;
  m.body_ipos[3 * base + 1] += p.base_com_shift.y;
  m.body_ipos[3 * base + 2] += p.base_com_shift.z;
  for (int j = 0; j < m.njnt; ++j) {
    if (m.jnt_type[j] == mjJNT_FREE) continue;
    const int k = m.jnt_qposadr[j] - 7, dof = m.jnt_dofadr[j];
    const auto& leg = p.leg[k / kJointsPerLeg];
    scale_body(m.jnt_bodyid[j], leg.mass[k % 3], leg.inertia[k % 3]);
    m.dof_armature[dof] *= p.armature;
    m.dof_damping[dof] *= p.damping;
    m.dof_frictionloss[dof] *= p.frictionloss;
  }
  for (int a = 0; a < m.nactuator; ++a) {
    for (int i = 0; i < 3; ++i) m.actuator_gainprm[mjNGAIN * a + i] *= p.kp * p.strength;
    m.actuator_biasprm[mjNBIAS * a] *= p.strength;
    m.actuator_biasprm[mjNBIAS * a + 1] *= p.kp * p.strength;
    m.actuator_biasprm[mjNBIAS * a + 2] *= p.kd * p.strength;
    m.actuator_forcerange[2 * a] *= p.strength;
    m.actuator_forcerange[2 * a + 1] *= p.strength;
    const int joint = m.actuator_trnid[2 * a];
    for (int side = 0; side < 2; ++side) m.jnt_actfrcrange[2 * joint + side] *= p.strength;
  }
  for (int g = 0; g < m.ngeom; ++g) m.geom_friction[3 * g] = p.leg[0].friction[0];
}

/// qpos, qvel and warm start of a state into mjData.
template <class Legs>
void write(const State<double, Legs>& s, mjData& d) {
  const double base[] = {s.position.x,    s.position.y,    s.position.z,   s.orientation.w,
                         s.orientation.x, s.orientation.y, s.orientation.z};
  const double velocity[] = {s.velocity.x, s.velocity.y, s.velocity.z,
                             s.omega.x,    s.omega.y,    s.omega.z};
  const double acc[] = {s.lin_acc.x, s.lin_acc.y, s.lin_acc.z,
                        s.ang_acc.x, s.ang_acc.y, s.ang_acc.z};
  std::copy_n(base, 7, d.qpos);
  std::copy_n(velocity, 6, d.qvel);
  std::copy_n(acc, 6, d.qacc_warmstart);
  for (int k = 0; k < kNumJoints; ++k) {
    d.qpos[7 + k] = s.leg[k / 3].q[k % 3];
    d.qvel[6 + k] = s.leg[k / 3].qd[k % 3];
    d.qacc_warmstart[6 + k] = s.leg[k / 3].qacc[k % 3];
  }
}

/// A state from MuJoCo's qpos and qvel, warm start zero.
template <class T = double, class Legs = AllLegs>
State<T, Legs> read(const double* qpos, const double* qvel) {
  State<T, Legs> s;
  s.position = {T(qpos[0]), T(qpos[1]), T(qpos[2])};
  s.orientation = {T(qpos[3]), T(qpos[4]), T(qpos[5]), T(qpos[6])};
  s.velocity = {T(qvel[0]), T(qvel[1]), T(qvel[2])};
  s.omega = {T(qvel[3]), T(qvel[4]), T(qvel[5])};
  s.lin_acc = s.ang_acc = {T(0), T(0), T(0)};
  for (int k = 0; k < kNumJoints; ++k) {
    s.leg[k / 3].q[k % 3] = T(qpos[7 + k]);
    s.leg[k / 3].qd[k % 3] = T(qvel[6 + k]);
    s.leg[k / 3].qacc[k % 3] = T(0);
  }
  return s;
}

/// qacc (18) that a forward pass left in the state.
template <class T, class Legs>
std::vector<double> qacc_of(const State<T, Legs>& s) {
  std::vector<double> out = {double(s.lin_acc.x), double(s.lin_acc.y), double(s.lin_acc.z),
                             double(s.ang_acc.x), double(s.ang_acc.y), double(s.ang_acc.z)};
  for (const auto& leg : s.leg)
    for (T a : leg.qacc) out.push_back(double(a));
  return out;
}

/// Max abs difference over 1 + max abs reference.
inline double relative_error(const std::vector<double>& ours, const double* reference) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    difference = std::max(difference, std::abs(ours[i] - reference[i]));
    size = std::max(size, std::abs(reference[i]));
    if (!std::isfinite(ours[i])) return INFINITY;
  }
  return difference / (1 + size);
}

/// Random numbers of a test, by seed.
class Draw {
 public:
  explicit Draw(unsigned seed) : generator_(seed) {}
  double uniform(double low, double high) {
    return std::uniform_real_distribution<>(low, high)(generator_);
  }
  double normal() { return std::normal_distribution<>()(generator_); }

 private:
  std::mt19937 generator_;
};

template <class Legs = AllLegs>
Params<double, Legs> random_params(const Quadruped<double>& model, Draw& draw) {
  Params<double, Legs> p = nominal_params<double, Legs>(model, {});
  p.base_mass = draw.uniform(0.8, 1.4);
  p.base_inertia = draw.uniform(0.8, 1.4);
  p.base_com_shift = {draw.uniform(-.03, .03), draw.uniform(-.01, .01), draw.uniform(-.02, .02)};
  p.strength = draw.uniform(0.6, 1.1);
  p.kp = draw.uniform(0.6, 1.2);
  p.kd = draw.uniform(0.5, 2.0);
  p.frictionloss = draw.uniform(0.5, 1.5);
  p.damping = draw.uniform(0.5, 1.5);
  p.armature = draw.uniform(0.8, 1.3);
  const double friction = draw.uniform(0.3, 1.4);
  for (auto& leg : p.leg) {
    for (int j = 0; j < kJointsPerLeg; ++j) {
      leg.mass[j] = draw.uniform(0.8, 1.4);
      leg.inertia[j] = draw.uniform(0.8, 1.4);
    }
    for (double& mu : leg.friction) mu = friction;
  }
  return p;
}

/// The first lane of a number.
template <class T>
double lane_of(const T& x) {
  if constexpr (std::is_arithmetic_v<T>) {
    return x;
  } else {
    return x[0];
  }
}

}  // namespace kennel::testing
