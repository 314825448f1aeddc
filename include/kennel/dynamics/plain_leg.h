// The leg mapping of a warp for a robot without what few robots have. Its numbers are loaded, but
// for some that all such robots share: the compiler knows these, and drops what they rule out.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <tuple>

#include "kennel/dynamics/leg_thread.h"
#include "kennel/dynamics/state.h"

namespace kennel {

/// The links that carry the contact spheres of every leg.
template <int... link>
struct Links {
  template <int points>
  static KENNEL_HD void set(Leg<float, points>& leg) {
    leg.num_spheres = sizeof...(link);
    leg.foot = sizeof...(link) - 1;
    int s = 0;
    ((leg.sphere[s++].link = link), ...);
  }
};

/// Those that have a kernel: a foot alone, a knee above it, two points of one link.
using PlainLinks = std::tuple<Links<2>, Links<1, 2>, Links<2, 2>>;
inline constexpr int kNumPlain = std::tuple_size_v<PlainLinks>;
template <int index>
using PlainLinksAt = std::tuple_element_t<index, PlainLinks>;

/// LoadedLegThread for robots that are plain (below) and training's solver.
template <class Exchange, class Links>
struct PlainLegThread : LoadedLegThread<Exchange> {
  static constexpr SolverOptions kSolver{};

  KENNEL_HD Leg<float, kFewPoints> constants() const { return plain(this->loaded_constants()); }
  KENNEL_HD Quadruped<float> robot(const Quadruped<float>& loaded) const { return plain(loaded); }

  /// A leg's constants, and the robot's without the legs', as a plain robot has them.
  template <int points>
  static KENNEL_HD Leg<float, points> plain(Leg<float, points> leg) {
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j)
      leg.hinge[j].limits_at_once = leg.hinge[j].limits_at_once != 0;  // one of them at most
    Links::set(leg);
    return leg;
  }
  static KENNEL_HD Quadruped<float> plain(Quadruped<float> robot) {
    robot.stiff = robot.both_limits = 0;
    return robot;
  }
};

/// Whether PlainLegThread computes what the robot is: whether its numbers are the robot's to the
/// bit.
template <class Links>
bool is_plain(const Quadruped<float>& robot) {
  using Legs = PlainLegThread<NoExchange, Links>;
  using Words = std::array<std::uint32_t, sizeof robot / 4>;
  Quadruped<float> seen = Legs::plain(robot);
  for (Leg<float>& leg : seen.leg) leg = Legs::plain(leg);
  return std::bit_cast<Words>(seen) == std::bit_cast<Words>(robot);
}

}  // namespace kennel
