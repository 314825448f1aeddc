// A model written as Kennel steps it, beside MuJoCo on the same file.
#pragma once

#include <algorithm>
#include <filesystem>
#include <utility>

#include "kennel/model/edits.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {

inline constexpr double kParityDouble = 1e-10;

/// Writes a model as Kennel steps it, and reads it without any switch.
struct Rewritten {
  EditedModel edited;
  std::filesystem::path file;
  LoadedQuadruped robot;

  Rewritten(const std::filesystem::path& from, const ModelEdits& edits)
      : edited(compile_edited(from, edits)), file(from.string() + ".stepped.xml") {
    quadruped_from(*edited.model, from.string());
    write_mjcf(edited, file);
    robot = load_quadruped(file);
  }
};

/// The worst relative error of qacc against MuJoCo over states about the stance, in single steps.
/// \param contacts  receives how many contacts MuJoCo saw
inline double worst_error(const Rewritten& model, int* contacts) {
  Reference reference{compile_mjcf(model.file)};
  reference.converge();
  mjModel& m = *reference.model;
  mjData& d = *reference.data;
  const auto params = nominal_params<double, AllLegs>(model.robot.model, {});
  Draw draw(11);
  double worst = 0;
  State<double> state{};
  double target[kNumLegs][kJointsPerLeg] = {};
  for (int i = 0; i < 400; ++i) {
    if (i % 40 == 0) {
      double qpos[kNq] = {0,
                          0,
                          m.key_qpos[2] * draw.uniform(0.6, 1.1),
                          1,
                          0.2 * draw.normal(),
                          0.2 * draw.normal(),
                          draw.normal()},
             qvel[kNv];
      mju_normalize4(qpos + 3);
      for (int k = 0; k < kNumJoints; ++k)
        qpos[7 + k] = m.key_qpos[7 + k] + draw.uniform(-0.5, 0.5);
      for (double& x : qvel) x = draw.normal();
      state = read(qpos, qvel);
    }
    for (int k = 0; k < kNumJoints; ++k) {
      target[k / 3][k % 3] = m.key_qpos[7 + k] + 0.5 * draw.normal();
      d.ctrl[model.robot.model.leg[k / 3].hinge[k % 3].ctrl_index] = target[k / 3][k % 3];
    }
    write(state, d);
    mj_forward(&m, &d);
    *contacts += d.ncon;
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(model.robot.model, kConverged, params, target, {}, state, report);
    worst = std::max(worst, relative_error(qacc_of(state), d.qacc));
  }
  return worst;
}

/// The base's height, and how upright it is, after five seconds on the stance's targets.
inline std::pair<double, double> stood(const Rewritten& model) {
  const MjModelPtr m = compile_mjcf(model.file);
  const double still[kNv] = {};
  State<double> state = read(m->key_qpos, still);
  double target[kNumLegs][kJointsPerLeg];
  for (int k = 0; k < kNumJoints; ++k) target[k / 3][k % 3] = m->key_qpos[7 + k];
  const auto params = nominal_params<double, AllLegs>(model.robot.model, {});
  for (double t = 0; t < 5; t += model.robot.model.timestep) {
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(model.robot.model, SolverOptions{}, params, target, {}, state, report);
  }
  const double up = 1 - 2 * (state.orientation.x * state.orientation.x +
                             state.orientation.y * state.orientation.y);
  return {state.position.z / m->key_qpos[2], up};
}

}  // namespace kennel::testing
