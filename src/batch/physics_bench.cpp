#include "kennel/batch/physics_bench.h"

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "envs/quadruped/sensors.h"
#include "kennel/core/pack.h"
#include "kennel/core/thread_pool.h"
#include "kennel/dynamics/step.h"

namespace kennel {
namespace {

template <class Legs>
class LaneBench final : public PhysicsBench {
 public:
  LaneBench(const Quadruped<float>& model, const BenchPose& pose, const SolverOptions& solver,
            int num_envs, int num_threads);

  Rate measure(double seconds) override;

 private:
  using Lane = NativePack;
  static constexpr int kStepsPerTarget = 5, kTargetsPerChunk = 10;
  struct Block {
    PhysicsState<Lane, Legs> state;
    EnvParams<Lane, Legs> params;
    StepReport<Lane, Legs> report;
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

template <class Legs>
LaneBench<Legs>::LaneBench(const Quadruped<float>& model, const BenchPose& pose,
                           const SolverOptions& solver, int num_envs, int num_threads)
    : model_(model),
      pose_(pose),
      solver_(solver),
      blocks_((num_envs + kNativeWidth - 1) / kNativeWidth),
      pool_(num_threads) {
  for (Block& block : blocks_) block.params = nominal_params<Lane, Legs>(model, {});
  put_back_fallen(true);
}

template <class Legs>
void LaneBench<Legs>::draw_targets() {
  std::normal_distribution<float> normal(0.0f, 0.3f);
  for (Block& block : blocks_)
    for (auto& target : block.target)
      for (int k = 0; k < kNumJoints; ++k)
        for (int lane = 0; lane < kNativeWidth; ++lane)
          target[k / kJointsPerLeg][k % kJointsPerLeg].set(lane,
                                                           pose_.joint[k] + normal(generator_));
}

template <class Legs>
void LaneBench<Legs>::put_back_fallen(bool all) {
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

template <class Legs>
void LaneBench<Legs>::run_chunk(Block& block) const {
  for (const auto& target : block.target)
    for (int i = 0; i < kStepsPerTarget; ++i)
      step<Lane, Legs>(model_, solver_, block.params, target, {}, block.state, block.report);
}

template <class Legs>
double LaneBench<Legs>::contacts() const {
  double sum = 0;
  for (const Block& block : blocks_)
    for (const auto& leg : block.report.leg)
      for (const Lane& distance : leg.distance)
        for (int lane = 0; lane < kNativeWidth; ++lane) sum += distance[lane] < 0;
  return sum / (static_cast<double>(blocks_.size()) * kNativeWidth);
}

template <class Legs>
Rate LaneBench<Legs>::measure(double seconds) {
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

}  // namespace

std::unique_ptr<PhysicsBench> make_physics_bench(const Quadruped<float>& model,
                                                 const BenchPose& pose, const SolverOptions& solver,
                                                 int num_envs, int num_threads) {
  if (has_many_points(model))
    return std::make_unique<LaneBench<ManyPoints<AllLegs>>>(model, pose, solver, num_envs,
                                                            num_threads);
  return std::make_unique<LaneBench<AllLegs>>(model, pose, solver, num_envs, num_threads);
}

}  // namespace kennel
