#include "src/model/finite.h"

#include <cmath>
#include <limits>

namespace kennel {
namespace {

/// An attribute of all elements of a kind: `each` numbers an element, one element after the other.
struct Attribute {
  mjtObj kind;
  const char* name;
  const mjtNum* values;
  mjtSize count;
  int each;
  bool may_be_infinite = false;
};

bool fits_float(mjtNum x) { return std::abs(x) <= std::numeric_limits<float>::max(); }

void check(const Source& s, const Attribute& a) {
  for (int id = 0; id < a.count; ++id)
    for (int i = 0; i < a.each; ++i) {
      const mjtNum x = a.values[a.each * id + i];
      if (fits_float(x) || (a.may_be_infinite && std::isinf(x))) continue;
      const bool dof = a.kind == mjOBJ_DOF;  // has no name of its own
      s.refuse(dof ? mjOBJ_JOINT : a.kind, dof ? s.m.dof_jntid[id] : id, a.name, " is ", x,
               "; expected a finite number that single precision can hold");
    }
}

void check_option_numbers(const Source& s) {
  const mjOption& o = s.m.opt;
  for (const mjtNum x : {o.timestep, o.gravity[0], o.gravity[1], o.gravity[2], o.impratio})
    s.require_option(fits_float(x), "timestep, gravity or impratio is ", x,
                     "; expected a finite number that single precision can hold");
}

}  // namespace

void refuse_not_finite(const Source& s) {
  const mjModel& m = s.m;
  check_option_numbers(s);
  const Attribute attributes[] = {
      {mjOBJ_BODY, "pos", m.body_pos, m.nbody, 3},
      {mjOBJ_BODY, "quat", m.body_quat, m.nbody, 4},
      {mjOBJ_BODY, "mass", m.body_mass, m.nbody, 1},
      {mjOBJ_BODY, "inertia", m.body_inertia, m.nbody, 3},
      {mjOBJ_BODY, "inertial pos", m.body_ipos, m.nbody, 3},
      {mjOBJ_BODY, "inertial quat", m.body_iquat, m.nbody, 4},
      {mjOBJ_BODY, "inverse weight", m.body_invweight0, m.nbody, 2},
      {mjOBJ_JOINT, "pos", m.jnt_pos, m.njnt, 3},
      {mjOBJ_JOINT, "axis", m.jnt_axis, m.njnt, 3},
      {mjOBJ_JOINT, "range", m.jnt_range, m.njnt, 2},
      {mjOBJ_JOINT, "margin", m.jnt_margin, m.njnt, 1},
      {mjOBJ_JOINT, "stiffness", m.jnt_stiffness, m.njnt, 1},
      {mjOBJ_JOINT, "solreflimit", m.jnt_solref, m.njnt, mjNREF},
      {mjOBJ_JOINT, "solimplimit", m.jnt_solimp, m.njnt, mjNIMP},
      {mjOBJ_DOF, "damping", m.dof_damping, m.nv, 1},
      {mjOBJ_DOF, "armature", m.dof_armature, m.nv, 1},
      {mjOBJ_DOF, "frictionloss", m.dof_frictionloss, m.nv, 1},
      {mjOBJ_DOF, "solreffriction", m.dof_solref, m.nv, mjNREF},
      {mjOBJ_DOF, "solimpfriction", m.dof_solimp, m.nv, mjNIMP},
      {mjOBJ_DOF, "inverse weight", m.dof_invweight0, m.nv, 1},
      {mjOBJ_GEOM, "pos", m.geom_pos, m.ngeom, 3},
      {mjOBJ_GEOM, "quat", m.geom_quat, m.ngeom, 4},
      {mjOBJ_GEOM, "size", m.geom_size, m.ngeom, 3},
      {mjOBJ_GEOM, "friction", m.geom_friction, m.ngeom, 3},
      {mjOBJ_GEOM, "solref", m.geom_solref, m.ngeom, mjNREF},
      {mjOBJ_GEOM, "solimp", m.geom_solimp, m.ngeom, mjNIMP},
      {mjOBJ_GEOM, "solmix", m.geom_solmix, m.ngeom, 1},
      {mjOBJ_GEOM, "margin", m.geom_margin, m.ngeom, 1},
      {mjOBJ_PAIR, "friction", m.pair_friction, m.npair, 5},
      {mjOBJ_PAIR, "solref", m.pair_solref, m.npair, mjNREF},
      {mjOBJ_PAIR, "solimp", m.pair_solimp, m.npair, mjNIMP},
      {mjOBJ_PAIR, "margin", m.pair_margin, m.npair, 1},
      {mjOBJ_ACTUATOR, "gainprm", m.actuator_gainprm, m.nactuator, mjNGAIN},
      {mjOBJ_ACTUATOR, "biasprm", m.actuator_biasprm, m.nactuator, mjNBIAS},
      {mjOBJ_ACTUATOR, "gear", m.actuator_gear, m.nactuator, 6},
      {mjOBJ_ACTUATOR, "forcerange", m.actuator_forcerange, m.nactuator, 2, true},
      {mjOBJ_ACTUATOR, "ctrlrange", m.actuator_ctrlrange, m.nu, 2, true},
  };
  for (const Attribute& attribute : attributes) check(s, attribute);
}

}  // namespace kennel
