// Bare physics on the CPU under a fixed load, for comparing machines and simulators.
#pragma once

#include <array>
#include <memory>

#include "kennel/dynamics/state.h"

namespace kennel {

struct Rate {
  double steps_per_s = 0;
  double mean_contacts = 0;  // spheres on the floor, a robot
};

/// How a robot stands at the start.
struct BenchPose {
  std::array<float, kNumJoints> joint;  // rad, what targets are drawn around
  float height;                         // m of the base
  float fallen_height;                  // m of the base below which it has fallen
};

/// The load: joint targets = default pose + 0.3 rad x normal, new every 5 steps; robots that fell
/// (tilt beyond 0.9 rad or base too low) are put back between chunks of 50 steps. Only the
/// stepping is timed. State carries over between measurements.
class PhysicsBench {
 public:
  virtual ~PhysicsBench() = default;
  virtual Rate measure(double seconds) = 0;
};

std::unique_ptr<PhysicsBench> make_physics_bench(const Quadruped<float>& model,
                                                 const BenchPose& pose, const SolverOptions& solver,
                                                 int num_envs, int num_threads);

}  // namespace kennel
