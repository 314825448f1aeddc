#include "src/model/unsupported.h"

#include <algorithm>

namespace kennel {
namespace {

void check_options(const Source& s) {
  const mjOption& o = s.m.opt;
  const bool euler = o.integrator == mjINT_EULER, fast = o.integrator == mjINT_IMPLICITFAST;
  s.require_option(euler || fast, "integrator ", o.integrator,
                   " is not supported (RK4, implicit, discrete); use Euler or implicitfast");
  s.require_option(o.cone == mjCONE_PYRAMIDAL,
                   "cone=\"elliptic\" is not supported; use pyramidal (--pyramidal does)");
  s.require_option(o.density == 0 && o.viscosity == 0,
                   "density and viscosity (a fluid) are not supported; set them to 0");
  s.require_option(o.noslip_iterations == 0, "noslip_iterations is not supported; set it to 0");
  const int enabled = o.enableflags & ~(mjENBL_ENERGY | mjENBL_FWDINV);
  s.require_option(enabled == 0,
                   "enable flags override, invdiscrete, sleep, diagexact, ipc, speculative are not "
                   "supported (came: bits ",
                   enabled, ")");
  s.require_option(!(o.disableflags & (mjDSBL_CONSTRAINT | mjDSBL_ACTUATION)),
                   "flag constraint=\"disable\" or actuation=\"disable\" is not supported");
  s.require_option(o.disableactuator == 0, "actuatorgroupdisable is not supported");
  s.require_option(o.timestep > 0 && o.timestep <= 0.02, "timestep = ", o.timestep,
                   " s; expected above 0 and at most 0.02");
}

void check_kinds(const Source& s) {
  const mjModel& m = s.m;
  s.require(
      m.neq == 0, mjOBJ_EQUALITY, 0,
      "a closed chain (an equality constraint) is not supported; remove it, and drive its joints "
      "one by one");
  s.require(m.ntendon == 0, mjOBJ_TENDON, 0,
            "tendons are not supported; remove them, and drive the joints directly");
  s.require(m.nflex == 0, mjOBJ_FLEX, 0, "flexible bodies are not supported");
  s.require(m.nplugin == 0, mjOBJ_PLUGIN, 0, "plugins are not supported");
  s.require(m.nmocap == 0, mjOBJ_BODY, 0, "mocap bodies are not supported");
}

bool all_zero(const mjtNum* values, int count) {
  return std::all_of(values, values + count, [](mjtNum x) { return x == 0; });
}

bool all_equal(const mjtNum* values, int count) {
  return std::all_of(values, values + count, [&](mjtNum x) { return x == *values; });
}

void check_joints(const Source& s) {
  const mjModel& m = s.m;
  for (int j = 0; j < m.njnt; ++j) {
    const int dof = m.jnt_dofadr[j];
    const int dofs = m.jnt_type[j] == mjJNT_FREE ? 6 : 1;
    s.require(m.jnt_type[j] == mjJNT_FREE || m.jnt_type[j] == mjJNT_HINGE, mjOBJ_JOINT, j,
              "slide and ball joints are not supported; expected one free joint and twelve hinges: "
              "make it fixed or a hinge");
    s.require(all_zero(m.jnt_stiffnesspoly + mjNPOLY * j, mjNPOLY) &&
                  all_zero(m.dof_dampingpoly + mjNPOLY * dof, mjNPOLY * dofs),
              mjOBJ_JOINT, j, "polynomial stiffness or damping is not supported");
    s.require(m.jnt_plasticadr[j] < 0, mjOBJ_JOINT, j, "plastic springs are not supported");
    if (m.jnt_type[j] != mjJNT_FREE) continue;
    s.require(m.jnt_stiffness[j] == 0, mjOBJ_JOINT, j,
              "stiffness on the free joint is not supported (--bare-base drops it)");
    s.require(all_equal(m.dof_damping + dof, 6) && all_equal(m.dof_armature + dof, 6) &&
                  all_equal(m.dof_frictionloss + dof, 6),
              mjOBJ_JOINT, j,
              "damping, armature or frictionloss that differs between the free joint's six axes is "
              "not supported; expected one number (--bare-base drops them)");
  }
  for (int b = 0; b < m.nbody; ++b)
    s.require(m.body_gravcomp[b] == 0, mjOBJ_BODY, b, "gravcomp is not supported");
}

void check_actuators(const Source& s) {
  const mjModel& m = s.m;
  for (int a = 0; a < m.nactuator; ++a) {
    const auto require = [&](bool condition, const char* what) {
      s.require(condition, mjOBJ_ACTUATOR, a, what);
    };
    require(m.actuator_trntype[a] == mjTRN_JOINT, "only joint transmissions are supported");
    require(m.actuator_dyntype[a] == mjDYN_NONE,
            "activation dynamics are not supported (--add-servos puts a position servo in its "
            "place)");
    require(m.actuator_dyntype[a] != mjDYN_NONE || is_drive(m, a),
            "its gaintype or biastype is not supported; expected fixed or affine, and none or "
            "affine (--add-servos puts a position servo in its place)");
    require(gear(m, a) != 0, "gear is 0, so that it drives nothing; expected another number");
    require(m.actuator_delay[a] == 0 && m.actuator_history[2 * a] == 0,
            "delay is not supported; latency belongs to the environment");
    require(m.actuator_damping[a] == 0 && m.actuator_armature[a] == 0 &&
                all_zero(m.actuator_dampingpoly + mjNPOLY * a, mjNPOLY),
            "damping or armature of an actuator is not supported; put them on the joint");
    require(m.actuator_ctrlnum[a] == 1 && m.actuator_outnum[a] == 1,
            "expected one control and one force");
  }
}

}  // namespace

void refuse_unsupported(const Source& source) {
  check_options(source);
  check_kinds(source);
  check_joints(source);
  check_actuators(source);
}

}  // namespace kennel
