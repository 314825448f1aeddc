// Bare physics on the CPU under a fixed load, for comparing machines and simulators.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "kennel/core/pack.h"
#include "kennel/core/thread_pool.h"
#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"

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
  PhysicsBench(const Quadruped<float>& model, const BenchPose& pose, const SolverOptions& solver,
               int num_envs, int num_threads);

  Rate measure(double seconds);

 private:
  using Lane = NativePack;
  static constexpr int kStepsPerTarget = 5, kTargetsPerChunk = 10;
  struct Block {
    PhysicsState<Lane, AllLegs> state;
    EnvParams<Lane, AllLegs> params;
    StepReport<Lane, AllLegs> report;
    Lane target[kTargetsPerChunk][kNumLegs][kJointsPerLeg];
  };

  void draw_targets();
  void put_back_fallen(bool all);
  void run_chunk(Block& block) const;
  double contacts() const;

  Quadruped<float> model_;
  BenchPose pose_;
  SolverOptions solver_;
  std::vector<Block> blocks_;
  ThreadPool pool_;
  std::mt19937_64 generator_{1};
};

}  // namespace kennel
