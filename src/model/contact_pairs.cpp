#include "src/model/contact_pairs.h"

#include <algorithm>
#include <cmath>

#include "src/model/feet.h"

namespace kennel {
namespace {

/// A contact's parameters after mixing.
struct Mixed {
  int condim;
  mjtNum solref[mjNREF], solreffriction[mjNREF], solimp[mjNIMP], friction[2], margin;
};

bool is_moving(const Skeleton& skeleton, const mjModel& m, int geom) {
  return skeleton.rigid_root[m.geom_bodyid[geom]] != 0;
}

int explicit_pair(const mjModel& m, int a, int b) {
  for (int p = 0; p < m.npair; ++p)
    if ((m.pair_geom1[p] == a && m.pair_geom2[p] == b) ||
        (m.pair_geom1[p] == b && m.pair_geom2[p] == a))
      return p;
  return -1;
}

bool excluded(const mjModel& m, int a, int b) {
  const int body_a = std::min(m.geom_bodyid[a], m.geom_bodyid[b]),
            body_b = std::max(m.geom_bodyid[a], m.geom_bodyid[b]);
  for (int e = 0; e < m.nexclude; ++e)
    if (m.exclude_signature[e] == (body_a << 16) + body_b) return true;
  return false;
}

/// MuJoCo's filter: explicit pairs always; else the bit masks, unless excluded, one rigid body, or
/// parent and child.
bool collides(const mjModel& m, const Skeleton& skeleton, int a, int b) {
  if (m.opt.disableflags & mjDSBL_CONTACT) return false;
  if (explicit_pair(m, a, b) >= 0) return true;
  if (!((m.geom_contype[a] & m.geom_conaffinity[b]) || (m.geom_contype[b] & m.geom_conaffinity[a])))
    return false;
  if (excluded(m, a, b)) return false;
  const int root_a = skeleton.rigid_root[m.geom_bodyid[a]],
            root_b = skeleton.rigid_root[m.geom_bodyid[b]];
  if (root_a == root_b) return false;
  if (m.opt.disableflags & mjDSBL_FILTERPARENT) return true;
  if (root_a == 0 || root_b == 0) return true;  // the world is nobody's parent here
  const auto parent = [&](int root) { return skeleton.rigid_root[m.body_parentid[root]]; };
  return parent(root_a) != root_b && parent(root_b) != root_a;
}

/// Parameters of a dynamic pair: the higher priority decides; at equal priority condim and friction
/// are the larger, solref and solimp are mixed (solref element-wise smaller if either is in direct
/// form).
Mixed mix(const mjModel& m, int a, int b) {
  Mixed out{};
  const int chosen = m.geom_priority[a] > m.geom_priority[b]   ? a
                     : m.geom_priority[a] < m.geom_priority[b] ? b
                                                               : -1;
  out.margin = m.geom_margin[a] + m.geom_margin[b];
  if (chosen >= 0) {
    out.condim = m.geom_condim[chosen];
    std::copy_n(m.geom_solref + mjNREF * chosen, mjNREF, out.solref);
    std::copy_n(m.geom_solimp + mjNIMP * chosen, mjNIMP, out.solimp);
    out.friction[0] = out.friction[1] = m.geom_friction[3 * chosen];
    return out;
  }
  out.condim = std::max(m.geom_condim[a], m.geom_condim[b]);
  out.friction[0] = out.friction[1] = std::max(m.geom_friction[3 * a], m.geom_friction[3 * b]);
  const mjtNum wa = m.geom_solmix[a], wb = m.geom_solmix[b];
  const bool has_a = wa >= mjMINVAL, has_b = wb >= mjMINVAL;
  const mjtNum weight = has_a && has_b ? wa / (wa + wb) : has_a == has_b ? 0.5 : has_a ? 1.0 : 0.0;
  const mjtNum *ra = m.geom_solref + mjNREF * a, *rb = m.geom_solref + mjNREF * b;
  const bool standard = ra[0] > 0 && rb[0] > 0;
  for (int i = 0; i < mjNREF; ++i)
    out.solref[i] = standard ? weight * ra[i] + (1 - weight) * rb[i] : std::min(ra[i], rb[i]);
  for (int i = 0; i < mjNIMP; ++i)
    out.solimp[i] =
        weight * m.geom_solimp[mjNIMP * a + i] + (1 - weight) * m.geom_solimp[mjNIMP * b + i];
  return out;
}

Mixed parameters(const mjModel& m, int a, int b) {
  const int p = explicit_pair(m, a, b);
  if (p < 0) return mix(m, a, b);
  Mixed out{};
  out.condim = m.pair_dim[p];
  std::copy_n(m.pair_solref + mjNREF * p, mjNREF, out.solref);
  std::copy_n(m.pair_solreffriction + mjNREF * p, mjNREF, out.solreffriction);
  std::copy_n(m.pair_solimp + mjNIMP * p, mjNIMP, out.solimp);
  std::copy_n(m.pair_friction + 5 * p, 2, out.friction);
  out.margin = m.pair_margin[p];
  return out;
}

/// \param k  the link in qpos order; -1: the base
Sphere<double> sphere_from(const Source& s, const Skeleton& skeleton,
                           const std::array<Frame, kNumJoints>& frames, int geom, int floor,
                           int k) {
  const mjModel& m = s.m;
  const Mixed mixed = parameters(m, geom, floor);
  s.require(mixed.condim == 3, mjOBJ_GEOM, geom, "contact with the floor has condim ", mixed.condim,
            "; only 3 is supported (--pyramidal puts it in its place)");
  s.require(mixed.friction[0] == mixed.friction[1], mjOBJ_GEOM, geom,
            "anisotropic friction of a <pair> is not supported");
  const int adhesive = explicit_pair(m, geom, floor);
  s.require(adhesive < 0 ? m.geom_adhesion[geom] + m.geom_adhesion[floor] == 0
                         : m.pair_adhesion[adhesive] == 0,
            mjOBJ_GEOM, geom, "adhesion is not supported");
  Sphere<double> sphere;
  sphere.link = k < 0 ? -1 : k % kJointsPerLeg;
  const int body = m.geom_bodyid[geom];
  const Frame from = body_frame(m, skeleton, body);
  const auto in_link = [&](const mjtNum* in_body, double(&out)[3]) {
    mjtNum in_base[3], offset[3];
    mju_mulMatVec3(in_base, from.R, in_body);
    mju_addTo3(in_base, from.p);
    if (k < 0) return mju_copy3(out, in_base);
    mju_sub3(offset, in_base, frames[k].p);
    mju_mulMatTVec(out, frames[k].R, offset, 3, 3);
  };
  in_link(m.geom_pos + 3 * geom, sphere.centre);
  in_link(m.body_ipos + 3 * body, sphere.body_com);
  sphere.radius = m.geom_size[3 * geom];
  sphere.margin = mixed.margin;
  sphere.friction = std::max(mixed.friction[0], mjtNum{mjMINMU});
  sphere.invweight = m.body_invweight0[2 * body] + m.body_invweight0[2 * m.geom_bodyid[floor]];
  sphere.impedance = impedance_from(m, mixed.solref, mixed.solimp);
  return sphere;
}

/// The one static geom that moving geoms can touch, or -1: a horizontal plane.
int find_floor(const Source& s, const Skeleton& skeleton) {
  const mjModel& m = s.m;
  int floor = -1;
  for (int g = 0; g < m.ngeom; ++g) {
    if (is_moving(skeleton, m, g)) continue;
    bool touched = false;
    for (int other = 0; other < m.ngeom; ++other)
      touched |= is_moving(skeleton, m, other) && collides(m, skeleton, g, other);
    if (!touched) continue;
    if (s.require(m.geom_type[g] == mjGEOM_PLANE, mjOBJ_GEOM, g,
                  "an obstacle is not supported; the only ground is one horizontal plane "
                  "(--add-floor puts one in the place of what stands around)") &&
        s.require(floor < 0, mjOBJ_GEOM, g, "a second floor is not supported"))
      floor = g;
  }
  return floor;
}

double floor_height(const Source& s, int floor) {
  const mjModel& m = s.m;
  mjtNum p[3], q[4], normal[3];
  const mjtNum up[3] = {0, 0, 1};
  mju_copy3(p, m.geom_pos + 3 * floor);
  mju_copy4(q, m.geom_quat + 4 * floor);
  for (int b = m.geom_bodyid[floor]; b; b = m.body_parentid[b]) {  // static bodies above it
    mjtNum moved[3], turned[4];
    mju_rotVecQuat(moved, p, m.body_quat + 4 * b);
    mju_add3(p, moved, m.body_pos + 3 * b);
    mju_mulQuat(turned, m.body_quat + 4 * b, q);
    mju_copy4(q, turned);
  }
  mju_rotVecQuat(normal, up, q);
  s.require(normal[2] > 1 - 1e-12, mjOBJ_GEOM, floor,
            "a tilted floor is not supported; tilt gravity instead");
  return p[2];
}

/// Refuses parts of the robot that would collide and are not spheres, each once; the spheres of
/// different parts that would are named in one warning, grouped by the first of each pair.
void warn_of_leg_pairs(const Source& s, const Skeleton& skeleton,
                       std::vector<std::string>& warnings) {
  const mjModel& m = s.m;
  std::vector<bool> refused(m.ngeom, false);
  const auto is_sphere = [&](int geom) {
    const bool sphere = m.geom_type[geom] == mjGEOM_SPHERE;
    if (!sphere && !refused[geom]) {
      refused[geom] = true;
      s.require(false, mjOBJ_GEOM, geom,
                "can collide with another part of the robot and is not a sphere (--feet-only "
                "leaves the feet only)");
    }
    return sphere;
  };
  int count = 0;
  std::string pairs;
  for (int a = 0; a < m.ngeom; ++a) {
    std::string partners;
    for (int b = a + 1; b < m.ngeom; ++b) {
      if (!is_moving(skeleton, m, a) || !is_moving(skeleton, m, b) || !collides(m, skeleton, a, b))
        continue;
      if (!is_sphere(a) || !is_sphere(b)) continue;
      partners += (partners.empty() ? "" : ", ") + geom_label(m, b);
      ++count;
    }
    if (!partners.empty())
      pairs += (pairs.empty() ? "" : "; ") + geom_label(m, a) + " with " + partners;
  }
  if (count > 0)
    warnings.push_back(text(
        s.name, ": ", count,
        " pairs of spheres on different parts do not collide here, but do in MuJoCo: ", pairs));
}

}  // namespace

Impedance<double> impedance_from(const mjModel& m, const mjtNum* solref, const mjtNum* solimp) {
  const auto within = [](mjtNum x) { return std::clamp<mjtNum>(x, mjMINIMP, mjMAXIMP); };
  Impedance<double> p;
  p.d0 = within(solimp[0]);
  p.dmax = within(solimp[1]);
  const double width = std::max<mjtNum>(0, solimp[2]);
  p.midpoint = within(solimp[3]);
  p.power = std::max<mjtNum>(1, solimp[4]);
  p.scale_low = 1 / std::pow(p.midpoint, p.power - 1);
  p.scale_high = 1 / std::pow(1 - p.midpoint, p.power - 1);
  const double dmax = p.dmax;
  if (p.d0 == p.dmax || width <= mjMINVAL) {
    p.d0 = p.dmax = 0.5 * (p.d0 + p.dmax);
    p.inv_width = 1;
  } else {
    p.inv_width = 1 / width;
  }
  mjtNum ref[2] = {solref[0], solref[1]};
  if ((ref[0] > 0) != (ref[1] > 0)) {  // mixed formats: MuJoCo falls back to its defaults
    ref[0] = 0.02;
    ref[1] = 1;
  }
  if (ref[0] > 0) {
    if (!(m.opt.disableflags & mjDSBL_REFSAFE)) ref[0] = std::max(ref[0], 2 * m.opt.timestep);
    p.K = 1 / std::max<mjtNum>(mjMINVAL, dmax * dmax * ref[0] * ref[0] * ref[1] * ref[1]);
    p.B = 2 / std::max<mjtNum>(mjMINVAL, dmax * ref[0]);
  } else {
    p.K = -ref[0] / std::max<mjtNum>(mjMINVAL, dmax * dmax);
    p.B = -ref[1] / std::max<mjtNum>(mjMINVAL, dmax);
  }
  return p;
}

namespace {

constexpr const char* kWayOut = " (--feet-only leaves the feet only)";

/// The moving geoms that can touch the floor, each a sphere; others are refused.
std::vector<int> spheres_above(const Source& s, const Skeleton& skeleton, int floor) {
  const mjModel& m = s.m;
  std::vector<int> spheres;
  for (int g = 0; g < m.ngeom; ++g) {
    if (!is_moving(skeleton, m, g) || !collides(m, skeleton, g, floor)) continue;
    if (s.require(m.geom_type[g] == mjGEOM_SPHERE, mjOBJ_GEOM, g,
                  "can reach the ground and is not a sphere; set contype and conaffinity to 0, or "
                  "put spheres in its place",
                  kWayOut))
      spheres.push_back(g);
  }
  return spheres;
}

/// Which spheres each leg handles: its own, of which its foot is the last, whatever order the file
/// has; then those of the base, each dealt to the leg that has the fewest so far, the first of
/// several.
std::array<std::vector<int>, kNumLegs> dealt(const Source& s, const Skeleton& skeleton,
                                             const std::vector<int>& spheres) {
  const mjModel& m = s.m;
  const auto root = [&](int g) { return skeleton.rigid_root[m.geom_bodyid[g]]; };
  std::array<std::vector<int>, kNumLegs> legs;
  for (const int g : spheres) {
    if (root(g) == skeleton.base) continue;
    const auto link = std::find(skeleton.link.begin(), skeleton.link.end(), root(g));
    auto& own = legs[(link - skeleton.link.begin()) / kJointsPerLeg];
    if (s.require(own.size() < kMaxPoints, mjOBJ_GEOM, g, "a leg's contact sphere number ",
                  kMaxPoints + 1, "; at most ", kMaxPoints, " are supported", kWayOut))
      own.push_back(g);
  }
  const auto feet = find_feet(m, skeleton);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto foot = std::find(legs[leg].begin(), legs[leg].end(), feet[leg].geom);
    if (foot != legs[leg].end()) std::rotate(foot, foot + 1, legs[leg].end());
  }
  for (const int g : spheres) {
    if (root(g) != skeleton.base) continue;
    auto& fewest = *std::min_element(
        legs.begin(), legs.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    if (s.require(fewest.size() < kMaxPoints, mjOBJ_GEOM, g,
                  "a contact sphere on the base for which there is no room; at most ",
                  kNumLegs * kMaxPoints, " on base and legs together are supported", kWayOut))
      fewest.push_back(g);
  }
  return legs;
}

}  // namespace

void fill_contacts(const Source& s, const Skeleton& skeleton,
                   const std::array<Frame, kNumJoints>& frames, LoadedQuadruped& loaded,
                   Stiffest& stiffest) {
  const mjModel& m = s.m;
  Quadruped<double>& out = loaded.model;
  const int floor = find_floor(s, skeleton);
  if (floor >= 0) {
    out.floor_height = floor_height(s, floor);
    const auto geoms = dealt(s, skeleton, spheres_above(s, skeleton, floor));
    for (int i = 0; i < kNumLegs; ++i) {
      auto& leg = out.leg[i];
      for (const int g : geoms[i]) {
        const auto link = std::find(skeleton.link.begin(), skeleton.link.end(),
                                    skeleton.rigid_root[m.geom_bodyid[g]]);
        const bool on_base = link == skeleton.link.end();
        const int k = on_base ? -1 : static_cast<int>(link - skeleton.link.begin());
        const Sphere<double> sphere = sphere_from(s, skeleton, frames, g, floor, k);
        stiffest.add(stiffness(sphere, out.impratio), mjOBJ_GEOM, g);
        if (!on_base) leg.foot = leg.num_spheres;
        loaded.sphere_geom[i][leg.num_spheres] = g;
        leg.sphere[leg.num_spheres++] = sphere;
      }
    }
  } else {
    loaded.warnings.push_back(
        s.name +
        ": nothing can touch a floor: the robot will fall for ever (--add-floor adds one)");
  }
  warn_of_leg_pairs(s, skeleton, loaded.warnings);
}

}  // namespace kennel
