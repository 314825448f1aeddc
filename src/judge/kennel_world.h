// The training simulator's physics as a world of the judge.
#pragma once

#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"
#include "world.h"

namespace kennel::judge {

/// One robot in double, with the solver iterations that training uses: what a policy met while it
/// learned, under the judge's own sensors and scores.
class KennelWorld final : public World {
 public:
  using World::World;
  void step(const Joints& target) override;

 private:
  void model_changed() override;

  Quadruped<double> quadruped_;
  EnvParams<double, AllLegs> params_;
};

}  // namespace kennel::judge
