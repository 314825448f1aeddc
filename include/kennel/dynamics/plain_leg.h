// The leg mapping of a warp for a robot without what few robots have: its numbers are loaded, but
// the compiler knows which of the physics' branches such a robot takes.
#pragma once

#include "kennel/dynamics/leg_thread.h"
#include "kennel/dynamics/state.h"

namespace kennel {

/// LoadedLegThread for robots of which is_plain<links...> holds, and training's solver.
/// \tparam links  the links that carry a leg's contact spheres
template <class Exchange, int... links>
struct PlainLegThread : LoadedLegThread<Exchange> {
  static constexpr SolverOptions kSolver{};

  KENNEL_HD Leg<float> constants() const {
    Leg<float> leg = *this->constants_of_leg;
    for (auto& hinge : leg.hinge) {
      hinge.limit.power = 2;
      hinge.limits_at_once = hinge.limits_at_once != 0;
    }
    constexpr int kLinks[] = {links...};
    leg.num_spheres = sizeof...(links);
    KENNEL_UNROLL
    for (int s = 0; s < int{sizeof...(links)}; ++s) {
      leg.sphere[s].link = kLinks[s];
      leg.sphere[s].impedance.power = 2;
    }
    return leg;
  }
  KENNEL_HD Quadruped<float> robot(const Quadruped<float>& loaded) const {
    Quadruped<float> robot = loaded;
    robot.both_limits = robot.stiff = 0;
    robot.general_drives = 0;
    robot.base_armature = robot.base_damping = 0;
    robot.base_frictionloss = 0;
    return robot;
  }
};

}  // namespace kennel
