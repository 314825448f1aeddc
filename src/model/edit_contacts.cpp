// Edits of what collides and how.
#include <algorithm>

#include "src/model/edit_parts.h"

namespace kennel {
namespace {

std::string body_name(const mjModel& m, int body) {
  const char* name = mj_id2name(&m, mjOBJ_BODY, body);
  return name && *name ? name : text("body_", body);
}

/// What two geoms that touch make of the contact, without where and what they are.
void copy_contact(const mjsGeom& from, mjsGeom& to) {
  to.condim = from.condim;
  to.priority = from.priority;
  std::copy_n(from.friction, 3, to.friction);
  to.solmix = from.solmix;
  std::copy_n(from.solref, mjNREF, to.solref);
  std::copy_n(from.solimp, mjNIMP, to.solimp);
  to.margin = from.margin;
  to.gap = from.gap;
}

void set_mask(mjsGeom& geom, int contype, int conaffinity) {
  geom.contype = contype;
  geom.conaffinity = conaffinity;
}

bool is_static(const Edited& edited, int geom) {
  return edited.skeleton.rigid_root[edited.m.geom_bodyid[geom]] == 0;
}

void fit_sphere(const Edited& edited, const Foot& foot, mjsGeom& shape) {
  mjsGeom* sphere = mjs_addGeom(mjs_getParent(shape.element), nullptr);
  sphere->type = mjGEOM_SPHERE;
  std::copy_n(foot.centre, 3, sphere->pos);
  sphere->size[0] = foot.radius;
  sphere->mass = 0;
  sphere->group = 3;
  copy_contact(shape, *sphere);
  set_mask(*sphere, 1, 0);
  mjs_setName(sphere->element,
              (body_name(edited.m, edited.m.geom_bodyid[foot.geom]) + "_foot_sphere").c_str());
}

}  // namespace

void leave_feet_only(const Edited& edited) {
  const mjModel& m = edited.m;
  std::vector<std::string> silenced, kept;
  const auto foot_of = [&](int geom) {
    return std::find_if(edited.feet.begin(), edited.feet.end(),
                        [geom](const Foot& foot) { return foot.geom == geom; });
  };
  for (int leg = 0; leg < kNumLegs; ++leg)
    KENNEL_CHECK(
        edited.feet[leg].geom >= 0, edited.name, ": body '",
        body_name(m, edited.skeleton.link[kJointsPerLeg * leg + 2]),
        "' has no geom that can collide and be a foot; give it a sphere, or its mesh file");
  const auto geoms = by_id(edited.spec, mjOBJ_GEOM), pairs = by_id(edited.spec, mjOBJ_PAIR);
  for (int id = 0; id < m.ngeom; ++id) {
    mjsGeom& geom = *mjs_asGeom(geoms[id]);
    const bool collided = geom.contype || geom.conaffinity;
    if (is_static(edited, id)) {
      if (collided) set_mask(geom, 0, 1);
      continue;
    }
    const auto foot = foot_of(id);
    if (foot == edited.feet.end()) {
      if (collided) silenced.push_back(geom_label(m, id));
      set_mask(geom, 0, 0);
      continue;
    }
    kept.push_back(geom_label(m, id) +
                   (foot->fitted ? text(" as a sphere of ", foot->radius, " m") : ""));
    set_mask(geom, foot->fitted ? 0 : 1, 0);
    if (name_of(geoms[id]).empty() && !foot->fitted)
      mjs_setName(geoms[id], (body_name(m, m.geom_bodyid[id]) + "_foot").c_str());
  }
  for (const Foot& foot : edited.feet)
    if (foot.fitted) fit_sphere(edited, foot, *mjs_asGeom(geoms[foot.geom]));
  for (int pair = 0; pair < m.npair; ++pair) {
    const int one = m.pair_geom1[pair], two = m.pair_geom2[pair];
    const int moving = is_static(edited, one) ? two : one, other = moving == one ? two : one;
    const auto foot = foot_of(moving);
    if (foot == edited.feet.end() || foot->fitted || !is_static(edited, other))
      mjs_delete(&edited.spec, pairs[pair]);
  }
  edited.warnings.push_back(text(edited.name, ": --feet-only: the feet are ", listed(kept, 4), "; ",
                                 silenced.size(), " geoms no longer collide",
                                 silenced.empty() ? "" : ": ", listed(silenced)));
}

void make_pyramidal(const Edited& edited) {
  std::vector<std::string> changes, geoms;
  if (edited.spec.option.cone != mjCONE_PYRAMIDAL) {
    edited.spec.option.cone = mjCONE_PYRAMIDAL;
    changes.push_back("the cone is a pyramid");
  }
  for_each(edited.spec, mjOBJ_GEOM, [&](mjsElement* e) {
    mjsGeom& geom = *mjs_asGeom(e);
    if (geom.condim == 3 || !(geom.contype || geom.conaffinity)) return;
    geoms.push_back(geom_label(edited.m, mjs_getId(e)));
    geom.condim = 3;
  });
  for_each(edited.spec, mjOBJ_PAIR, [&](mjsElement* e) {
    mjsPair& pair = *mjs_asPair(e);
    if (pair.condim == 3) return;
    geoms.push_back("pair " + name_of(e));
    pair.condim = 3;
  });
  if (!geoms.empty()) changes.push_back("condim is 3 on " + listed(geoms));
  if (!changes.empty())
    edited.warnings.push_back(text(edited.name, ": --pyramidal: ", listed(changes)));
}

void put_floor(const Edited& edited, bool feet_only) {
  constexpr int kHiddenGroup = 4;  // MuJoCo's viewers draw 0 to 2 unless told otherwise
  std::vector<std::string> silenced;
  const mjModel& m = edited.m;
  const auto geoms = by_id(edited.spec, mjOBJ_GEOM), pairs = by_id(edited.spec, mjOBJ_PAIR);
  for (int id = 0; id < m.ngeom; ++id) {
    mjsGeom& geom = *mjs_asGeom(geoms[id]);
    if (!is_static(edited, id) || !(geom.contype || geom.conaffinity)) continue;
    silenced.push_back(geom_label(m, id));
    set_mask(geom, 0, 0);
    geom.group = kHiddenGroup;  // two floors at one height would flicker
  }
  for (int pair = 0; pair < m.npair; ++pair) {
    if (is_static(edited, m.pair_geom1[pair]) || is_static(edited, m.pair_geom2[pair]))
      mjs_delete(&edited.spec, pairs[pair]);
  }
  mjsGeom* floor = mjs_addGeom(mjs_findBody(&edited.spec, "world"), nullptr);
  floor->type = mjGEOM_PLANE;
  floor->size[2] = 0.05;
  set_mask(*floor, feet_only ? 0 : 1, 1);
  mjs_setName(floor->element, mj_name2id(&m, mjOBJ_GEOM, "floor") < 0 ? "floor" : "added_floor");
  edited.warnings.push_back(text(
      edited.name, ": --add-floor: a plane at z = 0 is the floor",
      silenced.empty() ? "" : "; these no longer collide and are not drawn: ", listed(silenced)));
}

}  // namespace kennel
