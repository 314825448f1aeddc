// The double model in single precision.
#include <algorithm>
#include <cmath>

#include "kennel/model/mjcf.h"

namespace kennel {
namespace {

template <std::size_t N>
void copy(const double (&from)[N], float (&to)[N]) {
  for (std::size_t i = 0; i < N; ++i) to[i] = static_cast<float>(from[i]);
}

/// Zero where `x` disappears in any sum of floats with numbers of `size`. Angles of 90 degrees that
/// were written in radians leave such numbers, and a zero is a product less.
float rounded(double x, double size) {
  return std::abs(x) < 1e-9 * size ? 0.0f : static_cast<float>(x);
}

template <std::size_t N>
void copy_rounded(const double (&from)[N], float (&to)[N]) {
  double size = 0;
  for (double x : from) size = std::max(size, std::abs(x));
  for (std::size_t i = 0; i < N; ++i) to[i] = rounded(from[i], size);
}

Impedance<float> to_float(const Impedance<double>& p) {
  const auto f = [](double x) { return static_cast<float>(x); };
  return {f(p.d0),        f(p.dmax),       f(p.inv_width), f(p.midpoint), f(p.power),
          f(p.scale_low), f(p.scale_high), f(p.K),         f(p.B)};
}

Hinge<float> to_float(const Hinge<double>& h) {
  const auto f = [](double x) { return static_cast<float>(x); };
  Hinge<float> out;
  copy_rounded(h.anchor, out.anchor);
  copy_rounded(h.com, out.com);
  copy_rounded(h.inertia, out.inertia);
  out.sin_alpha = rounded(h.sin_alpha, 1);
  out.cos_alpha = rounded(h.cos_alpha, 1);
  out.offset = f(h.offset);
  out.mass = f(h.mass);
  out.armature = f(h.armature);
  out.damping = f(h.damping);
  out.frictionloss = f(h.frictionloss);
  out.stiffness = f(h.stiffness);
  out.springref = f(h.springref);
  out.friction_R = f(h.friction_R);
  out.friction_B = f(h.friction_B);
  out.range_low = f(h.range_low);
  out.range_high = f(h.range_high);
  out.limit_margin = f(h.limit_margin);
  out.invweight = f(h.invweight);
  out.limit = to_float(h.limit);
  out.kp = f(h.kp);
  out.kd = f(h.kd);
  out.gain = f(h.gain);
  out.gain_q = f(h.gain_q);
  out.gain_qd = f(h.gain_qd);
  out.bias = f(h.bias);
  out.force_low = f(h.force_low);
  out.force_high = f(h.force_high);
  out.target_low = f(h.target_low);
  out.target_high = f(h.target_high);
  out.limits_at_once = h.limits_at_once;
  out.qpos_index = h.qpos_index;
  out.ctrl_index = h.ctrl_index;
  return out;
}

Sphere<float> to_float(const Sphere<double>& s) {
  Sphere<float> out;
  out.link = s.link;
  copy_rounded(s.centre, out.centre);
  copy_rounded(s.body_com, out.body_com);
  out.radius = static_cast<float>(s.radius);
  out.margin = static_cast<float>(s.margin);
  out.friction = static_cast<float>(s.friction);
  out.invweight = static_cast<float>(s.invweight);
  out.impedance = to_float(s.impedance);
  return out;
}

}  // namespace

Quadruped<float> to_float(const Quadruped<double>& m) {
  Quadruped<float> out;
  out.timestep = static_cast<float>(m.timestep);
  copy(m.gravity, out.gravity);
  out.impratio = static_cast<float>(m.impratio);
  out.floor_height = static_cast<float>(m.floor_height);
  out.integrator = m.integrator;
  out.both_limits = m.both_limits;
  out.stiff = m.stiff;
  out.general_drives = m.general_drives;
  out.base_mass = static_cast<float>(m.base_mass);
  copy_rounded(m.base_com, out.base_com);
  copy_rounded(m.base_inertia, out.base_inertia);
  out.base_armature = static_cast<float>(m.base_armature);
  out.base_damping = static_cast<float>(m.base_damping);
  out.base_frictionloss = static_cast<float>(m.base_frictionloss);
  copy(m.base_friction_R, out.base_friction_R);
  out.base_friction_B = static_cast<float>(m.base_friction_B);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto& from = m.leg[leg];
    auto& to = out.leg[leg];
    to.sin_gamma = rounded(from.sin_gamma, 1);
    to.cos_gamma = rounded(from.cos_gamma, 1);
    for (int j = 0; j < kJointsPerLeg; ++j) to.hinge[j] = to_float(from.hinge[j]);
    for (int s = 0; s < kMaxPoints; ++s) to.sphere[s] = to_float(from.sphere[s]);
    to.num_spheres = from.num_spheres;
    to.foot = from.foot;
  }
  copy(m.qpos0, out.qpos0);
  out.total_mass = static_cast<float>(m.total_mass);
  return out;
}

}  // namespace kennel
