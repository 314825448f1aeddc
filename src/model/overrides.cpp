#include "kennel/model/overrides.h"

#include "src/model/elements.h"

namespace kennel {
namespace {

void scale_body(mjModel& m, int body, double factor) {
  m.body_mass[body] *= factor;
  for (int i = 0; i < 3; ++i) m.body_inertia[3 * body + i] *= factor;
}

void apply(const ModelOverrides& o, const Source& source, mjModel& m) {
  for (int a = 0; a < m.nactuator; ++a) {
    mjtNum* gain = m.actuator_gainprm + mjNGAIN * a;
    mjtNum* bias = m.actuator_biasprm + mjNBIAS * a;
    source.require((!o.kp && !o.kd) || is_direct_servo(m, a), mjOBJ_ACTUATOR, a,
                   "is no position servo, whose kp or kd could be replaced; expected servos "
                   "(--add-servos puts them)");
    if (o.kp) gain[0] = *o.kp, bias[1] = -*o.kp;
    if (o.kd) bias[2] = -*o.kd;
    const double strength = o.strength.value_or(1);
    for (int i = 0; i < 3; ++i) {
      gain[i] *= strength;
      bias[i] *= strength;
    }
    m.actuator_forcerange[2 * a] *= strength;
    m.actuator_forcerange[2 * a + 1] *= strength;
  }
  if (o.friction) {
    for (int g = 0; g < m.ngeom; ++g) m.geom_friction[3 * g] = *o.friction;
    for (int p = 0; p < m.npair; ++p)
      m.pair_friction[5 * p] = m.pair_friction[5 * p + 1] = *o.friction;
  }
  if (o.base_mass_scale)
    for (int j = 0; j < m.njnt; ++j)
      if (m.jnt_type[j] == mjJNT_FREE) scale_body(m, m.jnt_bodyid[j], *o.base_mass_scale);
}

}  // namespace

LoadedQuadruped load_quadruped(const std::filesystem::path& file, const ModelOverrides& overrides,
                               bool exact_invweight) {
  const EditedModel edited = compile_edited(file, overrides.edits);
  const MjModelPtr& model = edited.model;
  apply(overrides, {*model, file.string()}, *model);
  if (exact_invweight) {
    mjData* data = mj_makeData(model.get());
    mj_setConst(model.get(), data);
    mj_deleteData(data);
  }
  LoadedQuadruped loaded = quadruped_from(*model, file.string());
  loaded.warnings.insert(loaded.warnings.begin(), edited.warnings.begin(), edited.warnings.end());
  return loaded;
}

}  // namespace kennel
