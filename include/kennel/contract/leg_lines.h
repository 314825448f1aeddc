// A leg by what its foot's place follows from: three hinges as lines in space, and the foot's
// centre. The foot is where the turns about these lines put it (product of exponentials; Lynch and
// Park 2017, "Modern Robotics", section 4.1), and the way back is Newton's.
//
// The text takes any lane, duals included.
#pragma once

#include <type_traits>

#include "kennel/core/legs.h"
#include "kennel/core/vec3.h"

namespace kennel::gait {

/// A hinge at zero joint angles, base axes.
struct HingeLine {
  double axis[3] = {0, 0, 1};  // unit vector
  double place[3] = {};        // of a point of the axis, m from the base's origin
  bool operator==(const HingeLine&) const = default;
};

struct LegLines {
  HingeLine hinge[kJointsPerLeg];  // from the base outwards
  double foot[3] = {};             // the foot's centre at zero joint angles, base axes, m
  bool operator==(const LegLines&) const = default;
};

/// Where a leg's foot is at some joint angles, base axes, and how it moves with them.
template <class T>
struct FootAt {
  Vec3<T> place;                  // m
  Vec3<T> column[kJointsPerLeg];  // of the Jacobian, m/rad
};

/// v turned about a unit axis (Rodrigues).
template <class T>
KENNEL_HD Vec3<T> turned(const SinCos<T>& angle, const Vec3<T>& axis, const Vec3<T>& v) {
  return angle.cos * v + angle.sin * cross(axis, v) + ((T(1) - angle.cos) * dot(axis, v)) * axis;
}

/// \param q  rad
template <class T>
KENNEL_HD FootAt<T> foot_at(const LegLines& leg, const T (&q)[kJointsPerLeg]) {
  Vec3<T> axis[kJointsPerLeg], place[kJointsPerLeg], foot = Vec3<T>::from(leg.foot);
  // The outermost hinge first: each turns what is further out, all of it still at zero angles of
  // the hinges nearer the base.
  for (int j = kJointsPerLeg - 1; j >= 0; --j) {
    axis[j] = Vec3<T>::from(leg.hinge[j].axis);
    place[j] = Vec3<T>::from(leg.hinge[j].place);
    const SinCos<T> angle = sincos(q[j]);
    foot = place[j] + turned(angle, axis[j], foot - place[j]);
    for (int k = j + 1; k < kJointsPerLeg; ++k) {
      axis[k] = turned(angle, axis[j], axis[k]);
      place[k] = place[j] + turned(angle, axis[j], place[k] - place[j]);
    }
  }
  FootAt<T> out;
  out.place = foot;
  for (int j = 0; j < kJointsPerLeg; ++j) out.column[j] = cross(axis[j], foot - place[j]);
  return out;
}

/// What the next step towards a place is damped by, m^2: a floor, and a share of how far off the
/// foot is, times the Jacobian's size. Near the place the share vanishes and steps are Newton's,
/// which end there. A place that the leg does not reach is never near: undamped, a leg would swing
/// about its full length without end, since the Jacobian is singular there, while the foot's path
/// curves by about a quarter of the leg.
template <class T>
KENNEL_HD T reach_damping(const FootAt<T>& foot, const Vec3<T>& off, double floor) {
  using R = scalar_of<T>;
  T size = T(0);
  for (const Vec3<T>& column : foot.column) size += dot(column, column);
  return T(static_cast<R>(floor)) + T(static_cast<R>(0.15)) * sqrt(size * dot(off, off));
}

/// A number that carries derivatives is damped as a constant.
template <class T>
requires(!std::same_as<T, number_of<T>>)  //
    KENNEL_HD T reach_damping(const FootAt<T>& foot, const Vec3<T>& off, double floor) {
  using N = number_of<T>;
  const auto value = [](const Vec3<T>& v) { return Vec3<N>{v.x.value, v.y.value, v.z.value}; };
  FootAt<N> at;
  for (int j = 0; j < kJointsPerLeg; ++j) at.column[j] = value(foot.column[j]);
  return T(reach_damping(at, value(off), floor));
}

/// One step of damped least squares (Levenberg, Marquardt; the damping: Yamashita and Fukushima
/// 2001, section 2) towards a place of the foot:
///   (J'J + damping 1) dq = J' (place - foot(q)).
/// \param floor  of the damping, m^2; columns of J are about 0.1 m
template <class T>
KENNEL_HD void reach_nearer(const LegLines& leg, const Vec3<T>& place, double floor,
                            T (&q)[kJointsPerLeg]) {
  const FootAt<T> foot = foot_at<T>(leg, q);
  const Vec3<T> off = place - foot.place;
  const T lambda = reach_damping(foot, off, floor);
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

inline constexpr double kReachDamping = 1e-5;

/// Joint angles that put a foot at a place. Eight steps leave less than 1e-6 m where the leg
/// reaches; where it does not, they come near to the nearest place that it does.
/// \param q  rad; where to start, receives the angles
template <class T>
KENNEL_HD void reach(const LegLines& leg, const Vec3<T>& place, T (&q)[kJointsPerLeg]) {
  for (int i = 0; i < 8; ++i) reach_nearer<T>(leg, place, kReachDamping, q);
}

/// With derivatives: they follow from one step at the angles found, where (implicit function
/// theorem) dq = J^-1 dplace, almost undamped where the leg reaches.
template <class T>
requires(!std::same_as<T, number_of<T>>)  //
    void reach(const LegLines& leg, const Vec3<T>& place, T (&q)[kJointsPerLeg]) {
  number_of<T> found[kJointsPerLeg];
  for (int j = 0; j < kJointsPerLeg; ++j) found[j] = q[j].value;
  const Vec3<number_of<T>> at{place.x.value, place.y.value, place.z.value};
  for (int i = 0; i < 7; ++i) reach_nearer<number_of<T>>(leg, at, kReachDamping, found);
  for (int j = 0; j < kJointsPerLeg; ++j) q[j] = T(found[j]);
  reach_nearer<T>(leg, place, 1e-8, q);
}

static_assert(std::is_trivially_copyable_v<LegLines>);

}  // namespace kennel::gait
