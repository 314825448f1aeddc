// Kennel's physics as worlds of the judge: as training computes it, and as well as it can.
#pragma once

#include "kennel/dynamics/state.h"
#include "kennel/judge/world.h"
#include "kennel/model/env_params.h"

namespace kennel::judge {

/// One robot in lanes of T under a mapping of legs (AllLegs or ManyPoints<AllLegs>), with the
/// solver iterations that the policy was trained with.
template <class T, class Legs>
class LaneWorld : public World {
 public:
  LaneWorld(const JudgeModel& judge, const PolicyFile& policy);
  void step(const Joints& target) override;

 protected:
  Quadruped<T> quadruped_;
  EnvParams<T, Legs> params_;

 private:
  void report_step(const StepReport<T, Legs>& report);

  SolverOptions solver_;
  PhysicsState<T, Legs> state_;
  std::array<double, 4> written_{};  // the orientation that the last step left in the data
};

/// What a policy met while it learned, under the judge's own sensors and scores: single precision,
/// and a plan's masses as factors of the nominal robot, which keeps its inverse weights.
template <class Legs>
class KennelWorld final : public LaneWorld<float, Legs> {
 public:
  using LaneWorld<float, Legs>::LaneWorld;

 private:
  void model_changed() override;
};

/// The same equations in double, with the inverse weights of the plan's own robot. What differs
/// between the two is rounding and weights; what differs from MuJoCo is the number of solver
/// iterations and the contacts that are left out.
template <class Legs>
class ExactWorld final : public LaneWorld<double, Legs> {
 public:
  using LaneWorld<double, Legs>::LaneWorld;

 private:
  void model_changed() override;
};

}  // namespace kennel::judge
