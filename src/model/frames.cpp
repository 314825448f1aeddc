#include "src/model/frames.h"

#include <cmath>
#include <cstring>

namespace kennel {
namespace {

/// Mass properties about a frame's origin, so that bodies merge by addition.
struct Lump {
  mjtNum mass = 0, h[3] = {}, I[9] = {};  // I about the origin, row-major
};

void add_body(const mjModel& m, const Frame& body_in_base, int body, Lump& lump) {
  mjtNum com[3], R[9], principal[9], inertia[9], tmp[9];
  mju_mulMatVec3(com, body_in_base.R, m.body_ipos + 3 * body);
  mju_addTo3(com, body_in_base.p);
  mju_quat2Mat(tmp, m.body_iquat + 4 * body);
  mju_mulMatMat(R, body_in_base.R, tmp, 3, 3, 3);
  mju_zero(principal, 9);
  for (int i = 0; i < 3; ++i) principal[4 * i] = m.body_inertia[3 * body + i];
  mju_mulMatMat(tmp, R, principal, 3, 3, 3);
  mju_mulMatMatT(inertia, tmp, R, 3, 3, 3);
  const mjtNum mass = m.body_mass[body], c2 = mju_dot3(com, com);
  for (int i = 0; i < 3; ++i) {
    lump.h[i] += mass * com[i];
    for (int j = 0; j < 3; ++j)
      lump.I[3 * i + j] += inertia[3 * i + j] + mass * ((i == j ? c2 : 0) - com[i] * com[j]);
  }
  lump.mass += mass;
}

/// Mass, centre of mass and inertia about it, in the axes of a frame (all relative to the base at
/// qpos0).
void write_lump(const Lump& lump, const Frame& frame, double& mass, double (&com)[3],
                double (&inertia)[6]) {
  mjtNum c[3], about_com[9], tmp[9], local[9], offset[3];
  for (int i = 0; i < 3; ++i) c[i] = lump.h[i] / lump.mass;
  const mjtNum c2 = mju_dot3(c, c);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      about_com[3 * i + j] = lump.I[3 * i + j] - lump.mass * ((i == j ? c2 : 0) - c[i] * c[j]);
  mju_sub3(offset, c, frame.p);
  mju_mulMatTVec(com, frame.R, offset, 3, 3);
  mju_mulMatTMat(tmp, frame.R, about_com, 3, 3, 3);
  mju_mulMatMat(local, tmp, frame.R, 3, 3, 3);
  mass = lump.mass;
  const int index[6] = {0, 4, 8, 1, 2, 5};
  for (int i = 0; i < 6; ++i) inertia[i] = local[index[i]];
}

/// The unit common normal of two axes, or any normal of them when they are parallel.
void common_normal(const mjtNum (&z)[3], const mjtNum (&next)[3], mjtNum (&x)[3]) {
  mju_cross(x, z, next);
  if (mju_norm3(x) > 1e-9) {
    mju_normalize3(x);
    return;
  }
  const mjtNum helper[3] = {std::abs(z[0]) < 0.5 ? 1.0 : 0.0, std::abs(z[0]) < 0.5 ? 0.0 : 1.0,
                            0.0};
  mju_cross(x, z, helper);
  mju_normalize3(x);
}

/// Angle from a to b about the axis, all unit, a and b normal to it.
double angle_about(const mjtNum (&axis)[3], const mjtNum (&a)[3], const mjtNum (&b)[3]) {
  mjtNum c[3];
  mju_cross(c, a, b);
  return std::atan2(mju_dot3(axis, c), mju_dot3(a, b));
}

struct HingeLine {
  mjtNum axis[3], anchor[3];  // at qpos0, in the base's frame
};

HingeLine hinge_line(const mjModel& m, const Skeleton& skeleton, int k) {
  const Frame body = body_frame(m, skeleton, skeleton.link[k]);
  HingeLine line;
  mju_mulMatVec3(line.axis, body.R, m.jnt_axis + 3 * skeleton.joint[k]);
  mju_normalize3(line.axis);
  mju_mulMatVec3(line.anchor, body.R, m.jnt_pos + 3 * skeleton.joint[k]);
  mju_addTo3(line.anchor, body.p);
  return line;
}

/// Frames of one leg: see the top of quadruped.h for how they are chosen.
void fill_leg_frames(const mjModel& m, const Skeleton& skeleton, int leg, Leg<double>& out,
                     Frame* frames) {
  HingeLine line[kJointsPerLeg];
  for (int j = 0; j < kJointsPerLeg; ++j)
    line[j] = hinge_line(m, skeleton, kJointsPerLeg * leg + j);
  mjtNum z_parent[3] = {0, 0, 1}, x_parent[3], p_parent[3] = {0, 0, 0}, x[3];
  common_normal(z_parent, line[0].axis, x_parent);
  out.sin_gamma = x_parent[1];
  out.cos_gamma = x_parent[0];
  Frame parent{{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  for (int j = 0; j < kJointsPerLeg; ++j) {
    auto& hinge = out.hinge[j];
    const double tilt = angle_about(x_parent, z_parent, line[j].axis);
    hinge.sin_alpha = std::sin(tilt);
    hinge.cos_alpha = std::cos(tilt);
    if (j + 1 < kJointsPerLeg) {
      common_normal(line[j].axis, line[j + 1].axis, x);
    } else {
      mju_copy3(x, x_parent);
    }
    const double qpos0 = m.qpos0[m.jnt_qposadr[skeleton.joint[kJointsPerLeg * leg + j]]];
    hinge.offset = angle_about(line[j].axis, x_parent, x) - qpos0;
    mjtNum step[3];
    mju_sub3(step, line[j].anchor, p_parent);
    mju_mulMatTVec(hinge.anchor, parent.R, step, 3, 3);

    Frame& frame = frames[j];
    mjtNum y[3];
    mju_cross(y, line[j].axis, x);
    for (int i = 0; i < 3; ++i) {
      frame.p[i] = line[j].anchor[i];
      frame.R[3 * i] = x[i];
      frame.R[3 * i + 1] = y[i];
      frame.R[3 * i + 2] = line[j].axis[i];
    }
    parent = frame;
    mju_copy3(z_parent, line[j].axis);
    mju_copy3(x_parent, x);
    mju_copy3(p_parent, line[j].anchor);
  }
}

}  // namespace

Frame body_frame(const mjModel& m, const Skeleton& skeleton, int body) {
  Frame frame{{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  // From the body up to the base, prepending each parent offset.
  for (int b = body; b != skeleton.base; b = m.body_parentid[b]) {
    mjtNum R[9], p[3], rotated[9];
    mju_quat2Mat(R, m.body_quat + 4 * b);
    mju_mulMatVec3(p, R, frame.p);
    mju_add3(frame.p, p, m.body_pos + 3 * b);
    mju_mulMatMat(rotated, R, frame.R, 3, 3, 3);
    mju_copy(frame.R, rotated, 9);
  }
  return frame;
}

namespace {

/// The robot's chains of hinges, by the first joint of each: "2 chains of 3 (a, b), 1 chain of 7
/// (c)".
std::string chains(const mjModel& m, int base) {
  std::vector<int> first(m.nbody, -1), length(m.njnt, 0);  // of a body, its chain's first joint
  for (int b = base + 1; b < m.nbody; ++b) {
    first[b] = first[m.body_parentid[b]];
    for (int n = 0; n < m.body_jntnum[b]; ++n) {
      const int j = m.body_jntadr[b] + n;
      if (first[b] < 0) first[b] = j;
      ++length[first[b]];
    }
  }
  std::string out;
  for (int size = 1; size <= m.njnt; ++size) {
    std::string names;
    int count = 0;
    for (int j = 0; j < m.njnt; ++j) {
      if (length[j] != size) continue;
      const char* name = mj_id2name(&m, mjOBJ_JOINT, j);
      names += (count++ ? ", " : "") + (name && *name ? std::string(name) : text("#", j));
    }
    if (count)
      out += text(out.empty() ? "" : ", ", count, count > 1 ? " chains" : " chain", " of ", size,
                  " (", names, ")");
  }
  return out.empty() ? "no chain" : out;
}

}  // namespace

Skeleton find_skeleton(const Source& source) {
  const mjModel& m = source.m;
  Skeleton skeleton;
  int hinges = 0;
  for (int j = 0; j < m.njnt; ++j) {
    if (m.jnt_type[j] == mjJNT_FREE) {
      source.require(skeleton.base < 0, mjOBJ_JOINT, j,
                     "a second free joint; expected one floating base: remove its body, or "
                     "give it no joint");
      skeleton.base = m.jnt_bodyid[j];
      source.require(m.jnt_qposadr[j] == 0, mjOBJ_JOINT, j, "the free joint must come first");
    } else {
      ++hinges;
    }
  }
  KENNEL_CHECK(skeleton.base >= 0, source.name,
               ": no free joint; expected a floating base with four legs of three hinges: put "
               "<freejoint/> into the base's body");
  KENNEL_CHECK(hinges == kNumJoints, source.name, ": ", hinges, " hinges, in ",
               chains(m, skeleton.base),
               "; expected twelve: four legs of three (take the joint out of "
               "a link that is to stay fixed)");

  skeleton.rigid_root.assign(m.nbody, 0);
  for (int b = 1; b < m.nbody; ++b) {
    source.require(m.body_jntnum[b] <= 1, mjOBJ_BODY, b,
                   "more than one joint in a body is not supported");
    skeleton.rigid_root[b] = m.body_jntnum[b] ? b : skeleton.rigid_root[m.body_parentid[b]];
  }
  for (int j = 0; j < m.njnt; ++j) {
    if (m.jnt_type[j] == mjJNT_FREE) continue;
    const int k = m.jnt_qposadr[j] - 7;
    skeleton.link[k] = m.jnt_bodyid[j];
    skeleton.joint[k] = j;
  }
  for (int k = 0; k < kNumJoints; ++k) {
    const int parent = skeleton.rigid_root[m.body_parentid[skeleton.link[k]]];
    const int expected = k % kJointsPerLeg == 0 ? skeleton.base : skeleton.link[k - 1];
    source.require(parent == expected, mjOBJ_JOINT, skeleton.joint[k],
                   "does not continue its leg; expected four unbranched legs of three hinges on "
                   "one base, in order");
  }
  return skeleton;
}

void axis_of(const mjModel& m, const Skeleton& skeleton, int k, mjtNum* axis) {
  const Frame body = body_frame(m, skeleton, skeleton.link[k]);
  mju_mulMatVec3(axis, body.R, m.jnt_axis + 3 * skeleton.joint[k]);
}

std::array<Frame, kNumJoints> fill_frames(const Source& source, const Skeleton& skeleton,
                                          Quadruped<double>& out) {
  const mjModel& m = source.m;
  std::array<Frame, kNumJoints> frames;
  for (int leg = 0; leg < kNumLegs; ++leg)
    fill_leg_frames(m, skeleton, leg, out.leg[leg], frames.data() + kJointsPerLeg * leg);

  std::vector<Lump> lumps(m.nbody);
  for (int b = 1; b < m.nbody; ++b)
    if (const int root = skeleton.rigid_root[b]) {
      source.require(root == skeleton.base || m.body_rootid[b] == skeleton.base, mjOBJ_BODY, b,
                     "a second moving tree is not supported");
      add_body(m, body_frame(m, skeleton, b), b, lumps[root]);
    }
  const Frame base{{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  source.require(lumps[skeleton.base].mass > 0, mjOBJ_BODY, skeleton.base, "mass must be positive");
  write_lump(lumps[skeleton.base], base, out.base_mass, out.base_com, out.base_inertia);
  out.total_mass = out.base_mass;
  for (int k = 0; k < kNumJoints; ++k) {
    const int body = skeleton.link[k];
    source.require(lumps[body].mass > 0, mjOBJ_BODY, body, "mass must be positive");
    auto& hinge = out.leg[k / kJointsPerLeg].hinge[k % kJointsPerLeg];
    write_lump(lumps[body], frames[k], hinge.mass, hinge.com, hinge.inertia);
    out.total_mass += hinge.mass;
  }
  return frames;
}

}  // namespace kennel
