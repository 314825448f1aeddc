// Vectors, symmetric matrices and rotations of three dimensions.
#pragma once

#include "kennel/core/assert.h"
#include "kennel/core/math.h"

namespace kennel {

template <class T>
struct Vec3 {
  T x, y, z;

  template <class Scalar>
  static KENNEL_HD Vec3 from(const Scalar (&a)[3]) {
    return {T(a[0]), T(a[1]), T(a[2])};
  }
};

template <class T>
KENNEL_HD Vec3<T> operator+(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
template <class T>
KENNEL_HD Vec3<T> operator-(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
template <class T>
KENNEL_HD Vec3<T> operator*(const T& s, const Vec3<T>& a) {
  return {s * a.x, s * a.y, s * a.z};
}
template <class T>
KENNEL_HD T dot(const Vec3<T>& a, const Vec3<T>& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
KENNEL_HD Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/// A symmetric 3x3 matrix by its six numbers.
template <class T>
struct Sym3 {
  T xx, yy, zz, xy, xz, yz;

  template <class Scalar>
  static KENNEL_HD Sym3 from(const Scalar (&a)[6]) {
    return {T(a[0]), T(a[1]), T(a[2]), T(a[3]), T(a[4]), T(a[5])};
  }
};

template <class T>
KENNEL_HD Sym3<T> operator+(const Sym3<T>& a, const Sym3<T>& b) {
  return {a.xx + b.xx, a.yy + b.yy, a.zz + b.zz, a.xy + b.xy, a.xz + b.xz, a.yz + b.yz};
}
template <class T>
KENNEL_HD Sym3<T> operator*(const T& s, const Sym3<T>& a) {
  return {s * a.xx, s * a.yy, s * a.zz, s * a.xy, s * a.xz, s * a.yz};
}
template <class T>
KENNEL_HD Vec3<T> operator*(const Sym3<T>& a, const Vec3<T>& v) {
  return {a.xx * v.x + a.xy * v.y + a.xz * v.z, a.xy * v.x + a.yy * v.y + a.yz * v.z,
          a.xz * v.x + a.yz * v.y + a.zz * v.z};
}

/// A rotation by its columns: the axes of the rotated frame, written in the outer frame.
template <class T>
struct Rotation {
  Vec3<T> x, y, z;
};

/// v of the inner frame, in the outer frame.
template <class T>
KENNEL_HD Vec3<T> operator*(const Rotation<T>& r, const Vec3<T>& v) {
  return {r.x.x * v.x + r.y.x * v.y + r.z.x * v.z, r.x.y * v.x + r.y.y * v.y + r.z.y * v.z,
          r.x.z * v.x + r.y.z * v.y + r.z.z * v.z};
}

/// v of the outer frame, in the inner frame: R' v.
template <class T>
KENNEL_HD Vec3<T> to_inner(const Rotation<T>& r, const Vec3<T>& v) {
  return {dot(r.x, v), dot(r.y, v), dot(r.z, v)};
}

/// (R A) R' from the columns of R A; the product is symmetric.
template <class T>
KENNEL_HD Sym3<T> outer_sum(const Rotation<T>& r, const Vec3<T>& cx, const Vec3<T>& cy,
                            const Vec3<T>& cz) {
  return {cx.x * r.x.x + cy.x * r.y.x + cz.x * r.z.x, cx.y * r.x.y + cy.y * r.y.y + cz.y * r.z.y,
          cx.z * r.x.z + cy.z * r.y.z + cz.z * r.z.z, cx.x * r.x.y + cy.x * r.y.y + cz.x * r.z.y,
          cx.x * r.x.z + cy.x * r.y.z + cz.x * r.z.z, cx.y * r.x.z + cy.y * r.y.z + cz.y * r.z.z};
}

/// R Rz(angle): the frame turned about its own z axis.
template <class T>
KENNEL_HD Rotation<T> turn_z(const Rotation<T>& r, const T& sin, const T& cos) {
  return {cos * r.x + sin * r.y, cos * r.y - sin * r.x, r.z};
}

/// c x for a constant of the robot. Where the compiler knows that the constant is 0 the product
/// vanishes; a plain product stays, because of what NaN times 0 is.
template <bool kKnown, class T>
KENNEL_HD T times(const scalar_of<T>& c, const T& x) {
  if constexpr (kKnown) return c == 0 ? nothing<T>() : T(c) * x;
  return T(c) * x;
}
template <bool kKnown, class T>
KENNEL_HD Vec3<T> times(const scalar_of<T>& c, const Vec3<T>& v) {
  return {times<kKnown>(c, v.x), times<kKnown>(c, v.y), times<kKnown>(c, v.z)};
}

/// A constant vector of the inner frame, in the outer frame.
template <bool kKnown, class T>
KENNEL_HD Vec3<T> rotated(const Rotation<T>& r, const scalar_of<T> (&v)[3]) {
  return times<kKnown>(v[0], r.x) + times<kKnown>(v[1], r.y) + times<kKnown>(v[2], r.z);
}

/// R A R' of a constant symmetric tensor: xx yy zz xy xz yz.
template <bool kKnown, class T>
KENNEL_HD Sym3<T> rotated(const Rotation<T>& r, const scalar_of<T> (&a)[6]) {
  const Vec3<T> cx = times<kKnown>(a[0], r.x) + times<kKnown>(a[3], r.y) + times<kKnown>(a[4], r.z);
  const Vec3<T> cy = times<kKnown>(a[3], r.x) + times<kKnown>(a[1], r.y) + times<kKnown>(a[5], r.z);
  const Vec3<T> cz = times<kKnown>(a[4], r.x) + times<kKnown>(a[5], r.y) + times<kKnown>(a[2], r.z);
  return outer_sum(r, cx, cy, cz);
}

/// R Rx(angle) and R Rz(angle) for a constant angle.
template <bool kKnown, class T>
KENNEL_HD Rotation<T> turned_x(const Rotation<T>& r, const scalar_of<T>& sin,
                               const scalar_of<T>& cos) {
  return {r.x, times<kKnown>(cos, r.y) + times<kKnown>(sin, r.z),
          times<kKnown>(cos, r.z) - times<kKnown>(sin, r.y)};
}
template <bool kKnown, class T>
KENNEL_HD Rotation<T> turned_z(const Rotation<T>& r, const scalar_of<T>& sin,
                               const scalar_of<T>& cos) {
  return {times<kKnown>(cos, r.x) + times<kKnown>(sin, r.y),
          times<kKnown>(cos, r.y) - times<kKnown>(sin, r.x), r.z};
}

/// A unit quaternion in MuJoCo's order.
template <class T>
struct Quat {
  T w, x, y, z;
};

template <class T>
KENNEL_HD Quat<T> operator*(const Quat<T>& a, const Quat<T>& b) {
  return {
      a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
      a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

template <class T>
KENNEL_HD Quat<T> normalised(const Quat<T>& q) {
  const T scale = inverse_sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z);
  return {scale * q.w, scale * q.x, scale * q.y, scale * q.z};
}

/// Whether a quaternion turns. A diverged environment's may be NaN, or zero where its norm
/// overflowed; anything else of another norm was never normalised.
template <class T>
KENNEL_HD mask_of<T> is_rotation(const Quat<T>& q) {
  const T norm2 = q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z;
  const auto off = either(norm2 < T(scalar_of<T>(0.999)), T(scalar_of<T>(1.001)) < norm2);
  return negate(both(off, negate(norm2 == T(0))));
}

/// The rotation of a unit quaternion; maps body to world where q is MuJoCo's qpos[3:7].
template <class T>
KENNEL_HD Rotation<T> rotation(const Quat<T>& q) {
  KENNEL_ASSERT(!any(negate(is_rotation(q))));
  const T two(2), one(1);
  const T xx = q.x * q.x, yy = q.y * q.y, zz = q.z * q.z;
  const T xy = q.x * q.y, xz = q.x * q.z, yz = q.y * q.z;
  const T wx = q.w * q.x, wy = q.w * q.y, wz = q.w * q.z;
  return {{one - two * (yy + zz), two * (xy + wz), two * (xz - wy)},
          {two * (xy - wz), one - two * (xx + zz), two * (yz + wx)},
          {two * (xz + wy), two * (yz - wx), one - two * (xx + yy)}};
}

}  // namespace kennel
