// Spatial algebra in world-aligned axes about one origin (Featherstone 2008, chapter 2): motions,
// forces, inertias.
#pragma once

#include "kennel/core/vec3.h"

namespace kennel {

/// A velocity or acceleration: angular part, and linear part of the body point at the origin.
template <class T>
struct Motion {
  Vec3<T> w, v;
};

/// A moment about the origin and a force.
template <class T>
struct Force {
  Vec3<T> n, f;
};

/// A rigid body's inertia about the origin in ten numbers: mass, first moment h = m c, rotational
/// inertia about the origin.
template <class T>
struct Inertia {
  T m;
  Vec3<T> h;
  Sym3<T> I;
};

template <class T>
KENNEL_HD Motion<T> operator+(const Motion<T>& a, const Motion<T>& b) {
  return {a.w + b.w, a.v + b.v};
}
template <class T>
KENNEL_HD Motion<T> operator*(const T& s, const Motion<T>& a) {
  return {s * a.w, s * a.v};
}
template <class T>
KENNEL_HD Force<T> operator+(const Force<T>& a, const Force<T>& b) {
  return {a.n + b.n, a.f + b.f};
}
template <class T>
KENNEL_HD Force<T> operator*(const T& s, const Force<T>& a) {
  return {s * a.n, s * a.f};
}
template <class T>
KENNEL_HD Inertia<T> operator+(const Inertia<T>& a, const Inertia<T>& b) {
  return {a.m + b.m, a.h + b.h, a.I + b.I};
}

/// An inertia with a number added to all six entries of its diagonal as a 6x6 matrix.
template <class T>
KENNEL_HD Inertia<T> with_armature(const Inertia<T>& a, const T& armature) {
  return {a.m + armature,
          a.h,
          {a.I.xx + armature, a.I.yy + armature, a.I.zz + armature, a.I.xy, a.I.xz, a.I.yz}};
}

/// Power of a force along a motion.
template <class T>
KENNEL_HD T dot(const Motion<T>& s, const Force<T>& f) {
  return dot(s.w, f.n) + dot(s.v, f.f);
}

/// Momentum of a motion, or force of an acceleration: I V.
template <class T>
KENNEL_HD Force<T> operator*(const Inertia<T>& a, const Motion<T>& m) {
  return {a.I * m.w + cross(a.h, m.v), a.m * m.v - cross(a.h, m.w)};
}

/// V x S, the rate of a motion S that is carried along with V.
template <class T>
KENNEL_HD Motion<T> cross(const Motion<T>& v, const Motion<T>& s) {
  return {cross(v.w, s.w), cross(v.w, s.v) + cross(v.v, s.w)};
}

/// V x* F, the rate of a force F that is carried along with V.
template <class T>
KENNEL_HD Force<T> cross(const Motion<T>& v, const Force<T>& f) {
  return {cross(v.w, f.n) + cross(v.v, f.f), cross(v.w, f.f)};
}

/// Inertia about the origin of a body of mass m with its centre of mass at c and inertia I_com
/// about it.
template <class T>
KENNEL_HD Inertia<T> inertia_about_origin(const T& m, const Vec3<T>& c, const Sym3<T>& I_com) {
  const Vec3<T> h = m * c;
  const T xx = h.x * c.x, yy = h.y * c.y, zz = h.z * c.z;
  return {m,
          h,
          {I_com.xx + yy + zz, I_com.yy + xx + zz, I_com.zz + xx + yy, I_com.xy - h.x * c.y,
           I_com.xz - h.x * c.z, I_com.yz - h.y * c.z}};
}

/// The motion of a hinge that turns at unit rate about `axis` through `anchor`.
template <class T>
KENNEL_HD Motion<T> hinge_motion(const Vec3<T>& axis, const Vec3<T>& anchor) {
  return {axis, cross(anchor, axis)};
}

}  // namespace kennel
