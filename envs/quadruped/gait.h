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

#include "envs/quadruped/robot.h"
#include "kennel/dynamics/leg_chain.h"

namespace kennel::quadruped {

enum GaitNumber : int {
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
  kNumGaitNumbers
};

/// A number of a gait: where a search starts, how far it looks, and what counts as one step.
struct GaitTerm {
  const char* name;
  double start, low, high;
  double unit;  // of a search's or an estimate's noise; a tenth of it changes a gait visibly
  const char* doc;
};

/// Lengths are in m, of `height` what the base stands higher than in its pose.
inline constexpr GaitTerm kGait[kNumGaitNumbers] = {
    {"frequency", 2.3, 0.5, 5.0, 1.0, "steps of a leg a second, Hz"},
    {"duty", 0.55, 0.3, 0.9, 0.2, "share of the time that a foot stands"},
    {"swing_height", 0.03, 0.0, 0.08, 0.03, "of a foot in mid swing, m"},
    {"gain_x", 1.0, 0.0, 3.0, 0.5, "of the stride ahead; 1: as fast as commanded"},
    {"gain_y", 1.0, 0.0, 3.0, 0.5, "of the stride sideways"},
    {"gain_yaw", 1.0, 0.0, 3.0, 0.5, "of the stride around"},
    {"width", 0.0, -0.03, 0.05, 0.02, "of each foot outwards of its pose, m"},
    {"spread", 0.0, -0.04, 0.04, 0.02, "of each foot away from the middle, fore and aft, m"},
    {"lean", 0.0, -0.04, 0.04, 0.02, "of all feet ahead, m"},
    {"height", 0.0, -0.06, 0.03, 0.02, "of the base over its height in the pose, m"},
    {"phase_sides", 0.5, 0.0, 1.0, 0.25, "left legs behind right ones, of a step"},
    {"phase_ends", 0.5, 0.0, 1.0, 0.25, "hind legs behind front ones, of a step"},
};
static_assert(kGait[kPhaseEnds].name != nullptr, "a row for each number");

/// What a gait needs of a robot.
struct GaitRobot {
  double pose[kNumLegs][kJointsPerLeg];  // rad; where the joints' search starts
  double home[kNumLegs][3];              // of the feet's centres in that pose, base axes, m
};

/// Where a leg's foot is at joint angles q, base axes, and how it moves with them.
template <class T>
struct FootAt {
  Vec3<T> place, column[kJointsPerLeg];
};

template <class T>
KENNEL_HD FootAt<T> foot_at(const Leg<scalar_of<T>>& leg, const T (&q)[kJointsPerLeg]) {
  const T zero(0), one(1);
  const Rotation<T> upright{{one, zero, zero}, {zero, one, zero}, {zero, zero, one}};
  LegParams<T, false, kMaxPoints> nominal;
  for (int j = 0; j < kJointsPerLeg; ++j) nominal.mass[j] = nominal.inertia[j] = one;
  const auto chain = leg_chain<T>(leg, nominal, upright, q);
  FootAt<T> out;
  out.place = chain.point[leg.foot];
  for (int j = 0; j < kJointsPerLeg; ++j)
    out.column[j] = chain.S[j].v + cross(chain.S[j].w, out.place);
  return out;
}

/// The robot in its pose.
/// \param pose  rad, 12
template <class Pose>
GaitRobot gait_robot(const Quadruped<double>& model, const Pose& pose) {
  GaitRobot out;
  for (int leg = 0; leg < kNumLegs; ++leg) {
    for (int j = 0; j < kJointsPerLeg; ++j) out.pose[leg][j] = pose[kJointsPerLeg * leg + j];
    const Vec3<double> foot = foot_at<double>(model.leg[leg], out.pose[leg]).place;
    out.home[leg][0] = foot.x;
    out.home[leg][1] = foot.y;
    out.home[leg][2] = foot.z;
  }
  return out;
}

/// One step of damped least squares (Levenberg, Marquardt) towards a place of the foot:
///   (J'J + damping 1) dq = J' (place - foot(q)).
/// \param damping  m^2; columns of J are about 0.1 m
template <class T>
KENNEL_HD void reach_nearer(const Leg<scalar_of<T>>& leg, const Vec3<T>& place, double damping,
                            T (&q)[kJointsPerLeg]) {
  const T lambda(static_cast<scalar_of<T>>(damping));
  const FootAt<T> foot = foot_at<T>(leg, q);
  const Vec3<T> off = place - foot.place;
  const auto& c = foot.column;
  const T a = dot(c[0], c[0]) + lambda, b = dot(c[0], c[1]), d = dot(c[0], c[2]);
  const T e = dot(c[1], c[1]) + lambda, f = dot(c[1], c[2]), g = dot(c[2], c[2]) + lambda;
  const T x = dot(c[0], off), y = dot(c[1], off), z = dot(c[2], off);
  // Cramer's rule on the symmetric [a b d; b e f; d f g].
  const T A = e * g - f * f, B = d * f - b * g, C = b * f - d * e;
  const T per_det = inverse(a * A + b * B + d * C);
  const T E = a * g - d * d, F = b * d - a * f, G = a * e - b * b;
  q[0] += per_det * (A * x + B * y + C * z);
  q[1] += per_det * (B * x + E * y + F * z);
  q[2] += per_det * (C * x + F * y + G * z);
}

inline constexpr double kReachDamping = 1e-5;  // keeps a leg at its full length calm

/// Joint angles that put a foot at a place. Eight steps leave less than 1e-6 m where the leg
/// reaches; where it does not, the damping keeps the angles near the best.
/// \param q  rad; where to start, receives the angles
template <class T>
KENNEL_HD void reach(const Leg<scalar_of<T>>& leg, const Vec3<T>& place, T (&q)[kJointsPerLeg]) {
  for (int i = 0; i < 8; ++i) reach_nearer<T>(leg, place, kReachDamping, q);
}

/// With derivatives: they follow from one step at the angles found, where (implicit function
/// theorem) dq = J^-1 dplace, almost undamped.
template <class T>
requires(!std::same_as<T, number_of<T>>)  //
    void reach(const Leg<scalar_of<T>>& leg, const Vec3<T>& place, T (&q)[kJointsPerLeg]) {
  number_of<T> found[kJointsPerLeg];
  for (int j = 0; j < kJointsPerLeg; ++j) found[j] = q[j].value;
  const Vec3<number_of<T>> at{place.x.value, place.y.value, place.z.value};
  for (int i = 0; i < 7; ++i) reach_nearer<number_of<T>>(leg, at, kReachDamping, found);
  for (int j = 0; j < kJointsPerLeg; ++j) q[j] = T(found[j]);
  reach_nearer<T>(leg, place, 1e-8, q);
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
KENNEL_HD Vec3<T> gait_foot(const double (&home)[3], const T (&p)[kNumGaitNumbers],
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
/// \param command, cycle  as of gait_foot
template <class T>
KENNEL_HD void gait_targets(const Quadruped<scalar_of<T>>& model, const GaitRobot& robot,
                            const T (&p)[kNumGaitNumbers], const T (&command)[3], const T& cycle,
                            T (&target)[kNumLegs][kJointsPerLeg]) {
  for (int leg = 0; leg < kNumLegs; ++leg) {
    for (int j = 0; j < kJointsPerLeg; ++j)
      target[leg][j] = T(static_cast<scalar_of<T>>(robot.pose[leg][j]));
    reach<T>(model.leg[leg], gait_foot<T>(robot.home[leg], p, command, cycle), target[leg]);
  }
}

}  // namespace kennel::quadruped
