#include "src/model/feet.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kennel {
namespace {

using Point = std::array<mjtNum, 3>;

/// A sphere is a foot if it reaches so much of what the leg's farthest geom does.
constexpr mjtNum kNearlyAsFar = 0.85;

bool can_collide(const mjModel& m, int geom) {
  if (m.geom_contype[geom] || m.geom_conaffinity[geom]) return true;
  for (int p = 0; p < m.npair; ++p)
    if (m.pair_geom1[p] == geom || m.pair_geom2[p] == geom) return true;
  return false;
}

/// Points that span a geom's surface, in its own frame; for a sphere and a capsule their centres.
std::vector<Point> outline(const mjModel& m, int geom) {
  const mjtNum* size = m.geom_size + 3 * geom;
  std::vector<Point> points;
  switch (m.geom_type[geom]) {
    case mjGEOM_SPHERE:
      return {{0, 0, 0}};
    case mjGEOM_CAPSULE:
      return {{0, 0, -size[1]}, {0, 0, size[1]}};
    case mjGEOM_CYLINDER:
      for (int n = 0; n < 16; ++n)
        for (const mjtNum z : {-size[1], size[1]})
          points.push_back({size[0] * std::cos(n * mjPI / 8), size[0] * std::sin(n * mjPI / 8), z});
      return points;
    case mjGEOM_BOX:
      for (int n = 0; n < 8; ++n)
        points.push_back(
            {n & 1 ? size[0] : -size[0], n & 2 ? size[1] : -size[1], n & 4 ? size[2] : -size[2]});
      return points;
    case mjGEOM_ELLIPSOID:
      for (int axis = 0; axis < 3; ++axis)
        for (const mjtNum sign : {-1.0, 1.0}) {
          Point p{};
          p[axis] = sign * size[axis];
          points.push_back(p);
        }
      return points;
    case mjGEOM_MESH: {
      const int mesh = m.geom_dataid[geom];
      for (int v = 0; v < m.mesh_vertnum[mesh]; ++v) {
        const float* vertex = m.mesh_vert + 3 * (m.mesh_vertadr[mesh] + v);
        points.push_back({vertex[0], vertex[1], vertex[2]});
      }
      return points;
    }
    default:
      return points;
  }
}

mjtNum rounding(const mjModel& m, int geom) {
  const bool round = m.geom_type[geom] == mjGEOM_SPHERE || m.geom_type[geom] == mjGEOM_CAPSULE;
  return round ? m.geom_size[3 * geom] : 0;
}

/// The outline in a body's frame, relative to a point of it.
std::vector<Point> outline_from(const mjModel& m, int geom, const Point& origin) {
  std::vector<Point> points = outline(m, geom);
  for (Point& p : points) {
    mjtNum turned[3];
    mju_rotVecQuat(turned, p.data(), m.geom_quat + 4 * geom);
    for (int i = 0; i < 3; ++i) p[i] = turned[i] + m.geom_pos[3 * geom + i] - origin[i];
  }
  return points;
}

const Point* farthest(const std::vector<Point>& points) {
  const auto it = std::max_element(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return mju_norm3(a.data()) < mju_norm3(b.data());
  });
  return it == points.end() ? nullptr : &*it;
}

/// A sphere inside the tip of a shape: as wide as what lies in the last tenth of its reach, between
/// 2 and 10 % of the reach.
Foot fit(const std::vector<Point>& points, const Point& knee) {
  const Point tip = *farthest(points);
  Point u = tip;
  const mjtNum reach = mju_normalize3(u.data());
  Point low, high;
  low.fill(1e9);
  high.fill(-1e9);
  for (const Point& p : points) {
    const mjtNum along = mju_dot3(p.data(), u.data());
    if (along < 0.9 * reach) continue;
    for (int i = 0; i < 3; ++i) {
      const mjtNum across = p[i] - along * u[i];
      low[i] = std::min(low[i], across);
      high[i] = std::max(high[i], across);
    }
  }
  std::array<mjtNum, 3> width;
  for (int i = 0; i < 3; ++i) width[i] = high[i] - low[i];
  std::sort(width.begin(), width.end());  // the smallest is the direction of the leg
  Foot foot;
  foot.fitted = true;
  foot.radius = std::clamp(width[1] / 2, 0.02 * reach, 0.1 * reach);
  for (int i = 0; i < 3; ++i)
    foot.centre[i] = knee[i] + (low[i] + high[i]) / 2 + (reach - foot.radius) * u[i];
  return foot;
}

}  // namespace

std::array<Foot, kNumLegs> find_feet(const mjModel& m, const Skeleton& skeleton) {
  std::array<Foot, kNumLegs> feet;
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const int knee = kJointsPerLeg * leg + 2, link = skeleton.link[knee];
    int any = -1, sphere = -1;
    mjtNum any_reach = 0, sphere_reach = 0;
    // The knee in the frame of a body of the last link.
    const auto knee_in = [&](int body) {
      const Frame of_link = body_frame(m, skeleton, link), of_body = body_frame(m, skeleton, body);
      mjtNum p[3], offset[3];
      mju_mulMatVec3(p, of_link.R, m.jnt_pos + 3 * skeleton.joint[knee]);
      mju_addTo3(p, of_link.p);
      mju_sub3(offset, p, of_body.p);
      Point out;
      mju_mulMatTVec(out.data(), of_body.R, offset, 3, 3);
      return out;
    };
    for (int g = 0; g < m.ngeom; ++g) {
      if (skeleton.rigid_root[m.geom_bodyid[g]] != link || !can_collide(m, g)) continue;
      const auto points = outline_from(m, g, knee_in(m.geom_bodyid[g]));
      const Point* tip = farthest(points);
      if (!tip) continue;
      const mjtNum reach = mju_norm3(tip->data()) + rounding(m, g);
      if (reach > any_reach) any = g, any_reach = reach;
      if (m.geom_type[g] == mjGEOM_SPHERE && reach > sphere_reach) sphere = g, sphere_reach = reach;
    }
    if (any < 0) continue;
    Foot& foot = feet[leg];
    if (sphere >= 0 && sphere_reach >= kNearlyAsFar * any_reach) {
      mju_copy3(foot.centre, m.geom_pos + 3 * sphere);
      foot.radius = m.geom_size[3 * sphere];
      foot.geom = sphere;
      continue;
    }
    const Point origin = knee_in(m.geom_bodyid[any]);
    const auto points = outline_from(m, any, origin);
    if (m.geom_type[any] == mjGEOM_CAPSULE) {
      const Point& tip = *farthest(points);
      foot.fitted = true;
      foot.radius = m.geom_size[3 * any];
      for (int i = 0; i < 3; ++i) foot.centre[i] = origin[i] + tip[i];
    } else {
      foot = fit(points, origin);
    }
    foot.geom = any;
  }
  return feet;
}

}  // namespace kennel
