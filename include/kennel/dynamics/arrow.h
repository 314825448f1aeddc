// Symmetric positive definite matrices in block-arrow form: a 6x6 base block, and for every leg a
// 3x3 block and a 6x3 coupling. The mass matrix has this form, and so has the solver's Hessian,
// because a contact touches the base and one leg only.
//
// Solve: factor each leg's block L D L', fold it into the base (Schur complement), sum over legs,
// solve the base, substitute back. Base vectors are ordered (angular, linear).
#pragma once

#include "kennel/core/legs.h"
#include "kennel/core/spatial.h"

namespace kennel {

/// A base-sized symmetric matrix and right-hand side in one array, so that one sum over legs
/// carries both: 21 numbers of the lower triangle by rows, then 6 of the vector.
inline constexpr int kBaseSystem = 27;
KENNEL_HD constexpr int lower(int row, int column) { return row * (row + 1) / 2 + column; }

/// A leg's share of an arrow matrix.
template <class T>
struct ArrowLeg {
  Force<T> F[kJointsPerLeg];  // coupling columns
  T A[6];                     // lower triangle by rows: 00 10 11 20 21 22
};

/// A factored leg, ready for back substitution.
template <class T>
struct ArrowFactor {
  T l10, l20, l21;
  T inv_d[kJointsPerLeg];
  T Z[kJointsPerLeg][6];  // coupling times L^-T, a column a hinge
  T h[kJointsPerLeg];     // L^-1 times the leg's right-hand side
};

template <class T>
KENNEL_HD void add_inertia(const Inertia<T>& inertia, T (&base)[kBaseSystem]) {
  base[lower(0, 0)] = inertia.I.xx;
  base[lower(1, 0)] = inertia.I.xy;
  base[lower(1, 1)] = inertia.I.yy;
  base[lower(2, 0)] = inertia.I.xz;
  base[lower(2, 1)] = inertia.I.yz;
  base[lower(2, 2)] = inertia.I.zz;
  // Rows linear, columns angular: the transpose of [h]x.
  base[lower(3, 0)] = nothing<T>();
  base[lower(3, 1)] = inertia.h.z;
  base[lower(3, 2)] = -inertia.h.y;
  base[lower(4, 0)] = -inertia.h.z;
  base[lower(4, 1)] = nothing<T>();
  base[lower(4, 2)] = inertia.h.x;
  base[lower(5, 0)] = inertia.h.y;
  base[lower(5, 1)] = -inertia.h.x;
  base[lower(5, 2)] = nothing<T>();
  base[lower(3, 3)] = base[lower(4, 4)] = base[lower(5, 5)] = inertia.m;
  base[lower(4, 3)] = base[lower(5, 3)] = base[lower(5, 4)] = nothing<T>();
}

/// Eliminates a leg: factors it and subtracts its Schur complement from `base`, which holds the
/// leg's share of the base block and right-hand side on entry.
/// \param rhs  the leg's part of the right-hand side
template <class T>
KENNEL_HD ArrowFactor<T> eliminate_leg(const ArrowLeg<T>& leg, const T (&rhs)[kJointsPerLeg],
                                       T (&base)[kBaseSystem]) {
  ArrowFactor<T> f;
  const T d0 = leg.A[0];
  f.inv_d[0] = inverse(d0);
  f.l10 = leg.A[1] * f.inv_d[0];
  f.l20 = leg.A[3] * f.inv_d[0];
  const T d1 = leg.A[2] - f.l10 * leg.A[1];
  f.inv_d[1] = inverse(d1);
  const T a21 = leg.A[4] - f.l20 * leg.A[1];
  f.l21 = a21 * f.inv_d[1];
  const T d2 = leg.A[5] - f.l20 * leg.A[3] - f.l21 * a21;
  f.inv_d[2] = inverse(d2);

  f.h[0] = rhs[0];
  f.h[1] = rhs[1] - f.l10 * f.h[0];
  f.h[2] = rhs[2] - f.l20 * f.h[0] - f.l21 * f.h[1];

  const Force<T> z0 = leg.F[0];
  const Force<T> z1 = leg.F[1] + (-f.l10) * z0;
  const Force<T> z2 = leg.F[2] + (-f.l20) * z0 + (-f.l21) * z1;
  const Force<T>* z[kJointsPerLeg] = {&z0, &z1, &z2};
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    f.Z[j][0] = z[j]->n.x;
    f.Z[j][1] = z[j]->n.y;
    f.Z[j][2] = z[j]->n.z;
    f.Z[j][3] = z[j]->f.x;
    f.Z[j][4] = z[j]->f.y;
    f.Z[j][5] = z[j]->f.z;
  }
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    KENNEL_UNROLL
    for (int row = 0; row < 6; ++row) {
      const T scaled = f.Z[j][row] * f.inv_d[j];
      KENNEL_UNROLL
      for (int column = 0; column <= row; ++column)
        base[lower(row, column)] -= scaled * f.Z[j][column];
      base[21 + row] -= scaled * f.h[j];
    }
  }
  return f;
}

/// Factors the summed base block L D L', right-hand side along with it: `base` then holds L D below
/// its diagonal and L^-1 of the right-hand side.
template <class T>
KENNEL_HD void eliminate_base(T (&base)[kBaseSystem], T (&inv_d)[6]) {
  KENNEL_UNROLL
  for (int column = 0; column < 6; ++column) {
    inv_d[column] = inverse(base[lower(column, column)]);
    KENNEL_UNROLL
    for (int row = column + 1; row < 6; ++row) {
      const T l = base[lower(row, column)] * inv_d[column];
      KENNEL_UNROLL
      for (int k = row; k < 6; ++k) base[lower(k, row)] -= l * base[lower(k, column)];
      base[21 + row] -= l * base[21 + column];
    }
  }
}

/// The solution of a base system that eliminate_base has left.
template <class T>
KENNEL_HD Motion<T> substitute_back(const T (&base)[kBaseSystem], const T (&inv_d)[6]) {
  T x[6];
  KENNEL_UNROLL
  for (int row = 5; row >= 0; --row) {
    T sum = base[21 + row];
    KENNEL_UNROLL
    for (int k = row + 1; k < 6; ++k) sum -= base[lower(k, row)] * x[k];
    x[row] = sum * inv_d[row];
  }
  return {{x[0], x[1], x[2]}, {x[3], x[4], x[5]}};
}

/// Solves the summed base system, and leaves it as eliminate_base does; every thread of an
/// environment does so redundantly.
template <class T>
KENNEL_HD Motion<T> solve_base(T (&base)[kBaseSystem], T (&inv_d)[6]) {
  eliminate_base(base, inv_d);
  return substitute_back(base, inv_d);
}
template <class T>
KENNEL_HD Motion<T> solve_base(T (&base)[kBaseSystem]) {
  T inv_d[6];
  return solve_base(base, inv_d);
}

/// A leg's part of the solution once the base's is known.
template <class T>
KENNEL_HD void solve_leg(const ArrowFactor<T>& f, const Motion<T>& base, T (&x)[kJointsPerLeg]) {
  T y[kJointsPerLeg];
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const T coupled = (f.Z[j][0] * base.w.x + f.Z[j][1] * base.w.y + f.Z[j][2] * base.w.z) +
                      (f.Z[j][3] * base.v.x + f.Z[j][4] * base.v.y + f.Z[j][5] * base.v.z);
    y[j] = (f.h[j] - coupled) * f.inv_d[j];
  }
  x[2] = y[2];
  x[1] = y[1] - f.l21 * x[2];
  x[0] = y[0] - f.l10 * x[1] - f.l20 * x[2];
}

/// A whole arrow matrix, factored: what eliminate_leg makes of the legs held here and
/// eliminate_base of the base. Their right-hand sides are of no further use.
template <class T, class Legs>
struct ArrowFactors {
  ArrowFactor<T> leg[Legs::kLocal];
  T base[kBaseSystem], inv_d[6];
};

/// In the place of ArrowFactors where nobody wants them.
struct NoFactor {};

/// Solves with a factored matrix.
/// \param base, leg  right-hand side: the base's, the same in every thread, and of the legs held here
/// \param x          receives the legs' part of the solution
/// \return the base's part
template <class T, class Legs>
KENNEL_HD Motion<T> solve_with(const ArrowFactors<T, Legs>& factors, const Force<T>& base,
                               const T (&leg)[Legs::kLocal][kJointsPerLeg], const Legs& legs,
                               T (&x)[Legs::kLocal][kJointsPerLeg]) {
  ArrowFactor<T> f[Legs::kLocal];
  T local[Legs::kLocal][6], coupled[6], system[kBaseSystem];
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    f[slot] = factors.leg[slot];
    f[slot].h[0] = leg[slot][0];
    f[slot].h[1] = leg[slot][1] - f[slot].l10 * f[slot].h[0];
    f[slot].h[2] = leg[slot][2] - f[slot].l20 * f[slot].h[0] - f[slot].l21 * f[slot].h[1];
    KENNEL_UNROLL
    for (int row = 0; row < 6; ++row) {
      local[slot][row] = nothing<T>();
      KENNEL_UNROLL
      for (int j = 0; j < kJointsPerLeg; ++j)
        local[slot][row] += f[slot].Z[j][row] * f[slot].inv_d[j] * f[slot].h[j];
    }
  }
  legs.sum(local, coupled);
  const T rhs[6] = {base.n.x, base.n.y, base.n.z, base.f.x, base.f.y, base.f.z};
  KENNEL_UNROLL
  for (int i = 0; i < 21; ++i) system[i] = factors.base[i];
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) {
    T sum = rhs[row] - coupled[row];
    KENNEL_UNROLL
    for (int k = 0; k < row; ++k) sum -= system[lower(row, k)] * factors.inv_d[k] * system[21 + k];
    system[21 + row] = sum;
  }
  const Motion<T> solution = substitute_back(system, factors.inv_d);
  for (int slot = 0; slot < Legs::kLocal; ++slot) solve_leg(f[slot], solution, x[slot]);
  return solution;
}

}  // namespace kennel
