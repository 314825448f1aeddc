#include "kennel/batch/physics_bench.h"

#include <chrono>

#include "envs/quadruped/sensors.h"
#include "kennel/dynamics/step.h"

namespace kennel {

PhysicsBench::PhysicsBench(const Quadruped<float>& model, const BenchPose& pose,
                           const SolverOptions& solver, int num_envs, int num_threads)
    : model_(model),
      pose_(pose),
      solver_(solver),
      blocks_((num_envs + kNativeWidth - 1) / kNativeWidth),
      pool_(num_threads) {
  for (Block& block : blocks_) block.params = nominal_params<Lane, AllLegs>(model, {});
  put_back_fallen(true);
}

void PhysicsBench::draw_targets() {
  std::normal_distribution<float> normal(0.0f, 0.3f);
  for (Block& block : blocks_)
    for (auto& target : block.target)
      for (int k = 0; k < kNumJoints; ++k)
        for (int lane = 0; lane < kNativeWidth; ++lane)
          target[k / kJointsPerLeg][k % kJointsPerLeg].set(lane,
                                                           pose_.joint[k] + normal(generator_));
}

void PhysicsBench::put_back_fallen(bool all) {
  constexpr float kCosTilt = 0.6216f;  // cos 0.9 rad
  const Lane zero(0.0f);
  for (Block& block : blocks_) {
    auto& s = block.state;
    if (all) s.position = {zero, zero, zero};
    const auto fallen = either(negate(Lane(pose_.fallen_height) < s.position.z),
                               negate(Lane(kCosTilt) < quadruped::up_in_base(s.orientation).z));
    const auto put = [&](Lane& x, float value) { x = select(fallen, Lane(value), x); };
    const auto put3 = [&](Vec3<Lane>& v, float x, float y, float z) {
      put(v.x, x), put(v.y, y), put(v.z, z);
    };
    put3(s.position, 0.0f, 0.0f, pose_.height);
    put(s.orientation.w, 1.0f), put(s.orientation.x, 0.0f), put(s.orientation.y, 0.0f),
        put(s.orientation.z, 0.0f);
    for (Vec3<Lane>* v : {&s.velocity, &s.omega, &s.lin_acc, &s.ang_acc})
      put3(*v, 0.0f, 0.0f, 0.0f);
    for (int k = 0; k < kNumJoints; ++k) {
      auto& leg = s.leg[k / kJointsPerLeg];
      put(leg.q[k % kJointsPerLeg], pose_.joint[k]);
      put(leg.qd[k % kJointsPerLeg], 0.0f);
      put(leg.qacc[k % kJointsPerLeg], 0.0f);
    }
  }
}

void PhysicsBench::run_chunk(Block& block) const {
  for (const auto& target : block.target)
    for (int i = 0; i < kStepsPerTarget; ++i)
      step<Lane, AllLegs>(model_, solver_, block.params, target, {}, block.state, block.report);
}

double PhysicsBench::contacts() const {
  double sum = 0;
  for (const Block& block : blocks_)
    for (const auto& leg : block.report.leg)
      for (const Lane& distance : leg.distance)
        for (int lane = 0; lane < kNativeWidth; ++lane) sum += distance[lane] < 0;
  return sum / (static_cast<double>(blocks_.size()) * kNativeWidth);
}

Rate PhysicsBench::measure(double seconds) {
  using Clock = std::chrono::steady_clock;
  const double steps_per_chunk =
      static_cast<double>(blocks_.size()) * kNativeWidth * kStepsPerTarget * kTargetsPerChunk;
  double elapsed = 0, chunks = 0, touching = 0;
  while (elapsed < seconds) {
    draw_targets();
    const auto start = Clock::now();
    pool_.run(static_cast<std::int64_t>(blocks_.size()),
              [&](std::int64_t b, int) { run_chunk(blocks_[static_cast<std::size_t>(b)]); });
    elapsed += std::chrono::duration<double>(Clock::now() - start).count();
    touching += contacts();
    chunks += 1;
    put_back_fallen(false);
  }
  return {chunks * steps_per_chunk / elapsed, touching / chunks};
}

}  // namespace kennel
