// Random steps of our double model beside MuJoCo's.
#pragma once

#include "kennel/dynamics/constraint_weights.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {

inline constexpr double kParityDouble = 1e-10;

/// Inverse weights on both sides: of the nominal model; of the randomised one as MuJoCo has them;
/// or the latter recomputed by our own code.
enum class InvWeight { kNominal, kFromMujoco, kOurs };

struct Coverage {
  double worst = 0, worst_state = 0;  // of qacc; of qpos and qvel after the step
  int contacts = 0, base_contacts = 0, limits = 0, saturated = 0;
};

/// How the robot is dropped every 150 steps.
struct Start {
  double low = 0.05, high = 0.25;  // m, of the base
  double tilt = 0.2;               // of the quaternion's x and y; 1: turned in any way
};

/// The state after a step against MuJoCo's, relative like `relative_error`.
template <class Legs>
double state_error(const State<double, Legs>& ours, const mjData& d) {
  double row[kNq + kNv];
  // Both orders are the model's: joints of a leg side by side, legs in qpos order.
  std::vector<double> reference(d.qpos, d.qpos + kNq);
  reference.insert(reference.end(), d.qvel, d.qvel + kNv);
  const double base[] = {ours.position.x,    ours.position.y,    ours.position.z,
                         ours.orientation.w, ours.orientation.x, ours.orientation.y,
                         ours.orientation.z};
  const double rate[] = {ours.velocity.x, ours.velocity.y, ours.velocity.z,
                         ours.omega.x,    ours.omega.y,    ours.omega.z};
  std::copy_n(base, 7, row);
  std::copy_n(rate, 6, row + kNq);
  for (int k = 0; k < kNumJoints; ++k) {
    row[7 + k] = ours.leg[k / kJointsPerLeg].q[k % kJointsPerLeg];
    row[kNq + 6 + k] = ours.leg[k / kJointsPerLeg].qd[k % kJointsPerLeg];
  }
  return relative_error(std::vector<double>(row, row + kNq + kNv), reference.data());
}

/// Steps our double model with random targets and compares each step's qacc with MuJoCo's.
template <class Legs = AllLegs>
Coverage compare_random_steps(MjModelPtr compiled, int num_steps, unsigned seed, bool randomise,
                              InvWeight weights, const Start& start = {}) {
  Reference reference(std::move(compiled));
  reference.converge();
  mjModel& m = *reference.model;
  Draw draw(seed);
  Quadruped<double> model = quadruped_from(m, "test").model;
  Params<double, Legs> params = nominal_params<double, Legs>(model, {});
  if (randomise) {
    params = random_params<Legs>(model, draw);
    apply(params, m);
    if (weights != InvWeight::kNominal) mj_setConst(&m, reference.data.get());
    if (weights == InvWeight::kOurs) set_exact_weights<double, Legs>(model, {}, params);
    if (weights == InvWeight::kFromMujoco) {
      model = quadruped_from(m, "test").model;  // the randomised robot is now the nominal one
      params = nominal_params<double, Legs>(model, {});
    }
  }
  mjData& d = *reference.data;
  Coverage coverage;
  State<double, Legs> state{};
  double target[kNumLegs][kJointsPerLeg] = {};
  for (int step_index = 0; step_index < num_steps; ++step_index) {
    if (step_index % 150 == 0) {
      double qpos[kNq] = {0,
                          0,
                          draw.uniform(start.low, start.high),
                          draw.normal(),
                          start.tilt * draw.normal(),
                          start.tilt * draw.normal(),
                          draw.normal()};
      double qvel[kNv];
      mju_normalize4(qpos + 3);
      for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = draw.uniform(-1, 1) + model.qpos0[7 + k];
      for (double& v : qvel) v = draw.normal();
      state = read<double, Legs>(qpos, qvel);
    }
    if (step_index % 5 == 0)
      for (auto& leg : target)
        for (double& t : leg) t = 1.2 * draw.normal();
    write(state, d);
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j)
        d.ctrl[model.leg[leg].hinge[j].ctrl_index] = target[leg][j];
    mj_step(&m, &d);
    StepReport<double, Legs> report;
    step<double, Legs>(model, kConverged, params, target, {}, state, report);
    const double error = relative_error(qacc_of(state), d.qacc);
    coverage.worst = std::max(coverage.worst, error);
    coverage.worst_state = std::max(coverage.worst_state, state_error(state, d));
    coverage.contacts += d.ncon;
    for (int c = 0; c < d.ncon; ++c)
      for (const int geom : d.contact[c].geom) coverage.base_contacts += m.geom_bodyid[geom] == 1;
    for (int i = 0; i < d.nefc; ++i) coverage.limits += d.efc_type[i] == mjCNSTR_LIMIT_JOINT;
    for (int a = 0; a < m.nactuator; ++a)
      coverage.saturated +=
          std::abs(d.actuator_force[a]) >= m.actuator_forcerange[2 * a + 1] - 1e-12;
  }
  return coverage;
}

}  // namespace kennel::testing
