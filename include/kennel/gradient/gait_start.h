// Where the control steps begin that a gait is paid for: a robot that trots already.
#pragma once

#include <array>

#include "kennel/core/legs.h"
#include "kennel/dynamics/state.h"

namespace kennel::gradient {

struct GaitStart {
  std::array<double, 3> command{};        // m/s, m/s, rad/s
  double cycle = 0;                       // of the gait's clock: how often it has gone round
  PhysicsState<double, AllLegs> state{};  // without derivatives, warm start included
  bool fallen = false;                    // on the way here
};

}  // namespace kennel::gradient
