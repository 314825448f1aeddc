// An open-loop gait of a dozen named numbers: feet on paths in the base's frame, and the joint
// angles that put them there.
//
// A leg's clock runs from 0 to 1 at `frequency`, shifted by where the leg is. For the first `duty`
// of it the foot stands and goes back as fast as the ground does under the commanded motion, times
// a gain; then it swings ahead:
//   v = (vx - yaw y, vy + yaw x),  stride = gain v duty / frequency
//   stance, a = clock / duty:               foot = home + stride (1/2 - a)
//   swing,  a = (clock - duty)/(1 - duty):  foot = home - stride / 2 cos(pi a) + height sin^2(pi a)
// The text takes any lane, duals included: a search finds the numbers, or a gradient does.
#pragma once

#include "kennel/contract/leg_lines.h"

namespace kennel::gait {

enum Number : int {
  kFrequency,
  kDuty,
  kSwingHeight,
  kGainX,
  kGainY,
  kGainYaw,
  kWidth,
  kSpread,
  kLean,
  kHeight,
  kPhaseSides,
  kPhaseEnds,
  kNumNumbers
};

/// A number of a gait: where a search starts, how far it looks, and what counts as one step.
struct Term {
  const char* name;
  double start, low, high;
  double step;       // of a search's or an estimate's noise; a tenth of it changes a gait visibly
  const char* unit;  // "1": none
  const char* doc;
};

/// Of `height`, what the base stands higher than in its pose.
inline constexpr Term kTerms[kNumNumbers] = {
    {"frequency", 2.3, 0.5, 5.0, 1.0, "Hz", "steps of a leg a second"},
    {"duty", 0.55, 0.3, 0.9, 0.2, "1", "share of the time that a foot stands"},
    {"swing_height", 0.03, 0.0, 0.08, 0.03, "m", "of a foot in mid swing"},
    {"gain_x", 1.0, 0.0, 3.0, 0.5, "1", "of the stride ahead; 1: as fast as commanded"},
    {"gain_y", 1.0, 0.0, 3.0, 0.5, "1", "of the stride sideways"},
    {"gain_yaw", 1.0, 0.0, 3.0, 0.5, "1", "of the stride around"},
    {"width", 0.0, -0.03, 0.05, 0.02, "m", "of each foot outwards of its pose"},
    {"spread", 0.0, -0.04, 0.04, 0.02, "m", "of each foot away from the middle, fore and aft"},
    {"lean", 0.0, -0.04, 0.04, 0.02, "m", "of all feet ahead"},
    {"height", 0.0, -0.06, 0.03, 0.02, "m", "of the base over its height in the pose"},
    {"phase_sides", 0.5, 0.0, 1.0, 0.25, "1", "left legs behind right ones, of a step"},
    {"phase_ends", 0.5, 0.0, 1.0, 0.25, "1", "hind legs behind front ones, of a step"},
};
static_assert(kTerms[kPhaseEnds].name != nullptr, "a row for each number");

/// What a gait needs of a robot's body.
struct Body {
  LegLines leg[kNumLegs];
  double pose[kNumLegs][kJointsPerLeg] = {};  // rad; where the joints' search starts
  double home[kNumLegs][3] = {};              // of the feet's centres in that pose, base axes, m

  /// Homes follow from the rest, to rounding.
  bool operator==(const Body& other) const {
    for (int at = 0; at < kNumLegs; ++at)
      for (int j = 0; j < kJointsPerLeg; ++j)
        if (!(leg[at] == other.leg[at]) || pose[at][j] != other.pose[at][j]) return false;
    return true;
  }
};

/// The body in its pose.
/// \param pose  rad, 12
template <class Pose>
Body body_of(const LegLines (&legs)[kNumLegs], const Pose& pose) {
  Body out;
  for (int leg = 0; leg < kNumLegs; ++leg) {
    out.leg[leg] = legs[leg];
    for (int j = 0; j < kJointsPerLeg; ++j) out.pose[leg][j] = pose[kJointsPerLeg * leg + j];
    const Vec3<double> foot = foot_at<double>(legs[leg], out.pose[leg]).place;
    out.home[leg][0] = foot.x;
    out.home[leg][1] = foot.y;
    out.home[leg][2] = foot.z;
  }
  return out;
}

/// What is left of a number when whole ones are taken off: in [0, 1].
template <class T>
KENNEL_HD T fraction(const T& x) {
  return x - round(x - T(scalar_of<T>(0.5)));
}

/// Where a foot is to be, base axes.
/// \param command  vx, vy [m/s], yaw rate [rad/s], base
/// \param cycle    how often the clock has gone round: the integral of the frequency
template <class T>
KENNEL_HD Vec3<T> foot_place(const double (&home)[3], const T (&p)[kNumNumbers],
                             const T (&command)[3], const T& cycle) {
  using R = scalar_of<T>;
  const auto constant = [](double x) { return T(static_cast<R>(x)); };
  const T left = constant(home[1] > 0 ? 1 : 0), hind = constant(home[0] < 0 ? 1 : 0);
  const T clock = fraction(cycle + left * p[kPhaseSides] + hind * p[kPhaseEnds]);
  const T x = constant(home[0]) + constant(home[0] < 0 ? -1 : 1) * p[kSpread] + p[kLean];
  const T y = constant(home[1]) + constant(home[1] < 0 ? -1 : 1) * p[kWidth];
  const T vx = p[kGainX] * command[0] - p[kGainYaw] * command[2] * y;
  const T vy = p[kGainY] * command[1] + p[kGainYaw] * command[2] * x;
  const T stance_time = p[kDuty] * inverse(p[kFrequency]);
  const auto standing = clock < p[kDuty];
  const T swing = (clock - p[kDuty]) * inverse(T(1) - p[kDuty]);
  const SinCos<T> turn = sincos(constant(3.14159265358979) * swing);
  const T along =
      select(standing, constant(0.5) - clock * inverse(p[kDuty]), constant(-0.5) * turn.cos);
  const T up = select(standing, T(0), p[kSwingHeight] * turn.sin * turn.sin);
  return {x + stance_time * vx * along, y + stance_time * vy * along,
          constant(home[2]) - p[kHeight] + up};
}

/// Servo targets of all joints, rad.
/// \param command, cycle  as of foot_place
template <class T>
KENNEL_HD void targets(const Body& body, const T (&p)[kNumNumbers], const T (&command)[3],
                       const T& cycle, T (&target)[kNumLegs][kJointsPerLeg]) {
  for (int leg = 0; leg < kNumLegs; ++leg) {
    for (int j = 0; j < kJointsPerLeg; ++j)
      target[leg][j] = T(static_cast<scalar_of<T>>(body.pose[leg][j]));
    reach<T>(body.leg[leg], foot_place<T>(body.home[leg], p, command, cycle), target[leg]);
  }
}

}  // namespace kennel::gait
