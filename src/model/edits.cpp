#include "kennel/model/edits.h"

#include <algorithm>
#include <fstream>

#include "src/model/assets.h"
#include "src/model/edit_parts.h"
#include "src/model/stance.h"
#include "src/model/urdf.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// What a URDF leaves out is added without being asked for.
ModelEdits all_with(const ModelEdits& edits) {
  ModelEdits all = edits;
  all.feet_only = all.pyramidal = all.add_servos = all.add_floor = all.bare_base = true;
  return all;
}

/// \return where the stance came from
std::string add_stance(mjSpec& spec, MjModelPtr& model, const std::string& name) {
  const Skeleton skeleton = find_skeleton({*model, name});
  const Stance stance = find_stance(*model, skeleton, find_feet(*model, skeleton), 0);
  add_keyframe(spec, *model, stance);
  model = compile_spec(spec, name);
  return stance.from;
}

/// Paths to assets as seen from a folder.
void relate_assets(mjSpec& spec, const fs::path& folder) {
  const auto relate = [&](mjString* path) {
    const char* given = mjs_getString(path);
    if (given && *given && fs::exists(given))
      mjs_setString(path, fs::relative(given, folder).generic_string().c_str());
  };
  for_each(spec, mjOBJ_MESH, [&](mjsElement* e) { relate(mjs_asMesh(e)->file); });
  for_each(spec, mjOBJ_HFIELD, [&](mjsElement* e) { relate(mjs_asHField(e)->file); });
  for_each(spec, mjOBJ_TEXTURE, [&](mjsElement* e) { relate(mjs_asTexture(e)->file); });
}

/// Defines materials that a class names and that are nowhere: geoms of the class that take none of
/// it are written as if they did.
void define_materials(mjSpec& spec) {
  std::vector<std::string> missing;
  for_each(spec, mjOBJ_GEOM, [&](mjsElement* e) {
    const char* name = mjs_getString(mjs_getDefault(e)->geom->material);
    if (name && *name && !mjs_findElement(&spec, mjOBJ_MATERIAL, name) &&
        std::find(missing.begin(), missing.end(), name) == missing.end())
      missing.push_back(name);
  });
  for (const std::string& name : missing)
    mjs_setName(mjs_addMaterial(&spec, nullptr)->element, name.c_str());
}

}  // namespace

EditedModel compile_edited(const fs::path& file, const ModelEdits& wanted) {
  EditedModel edited;
  edited.file = file;
  KENNEL_CHECK(fs::exists(file), "no robot description at ", file.string(),
               "; expected an MJCF or URDF file (--model FILE)");
  const bool urdf = is_urdf(file);
  const ModelEdits edits = urdf ? all_with(wanted) : wanted;
  const std::string name = file.string();
  if (!edits.any()) {
    KENNEL_CHECK(!edits.kp && !edits.kd, "--kp and --kd belong to --add-servos");
    edited.model = compile_mjcf(file);
    return edited;
  }
  edited.spec = urdf ? spec_of_urdf(file, edited.warnings) : parse_spec(file);
  if (edits.feet_only && !urdf) leave_missing_meshes(*edited.spec, file, edited.warnings);
  edited.model = compile_spec(*edited.spec, name);
  // One after the other, because an edit that adds or deletes an element renumbers the rest.
  const auto edit = [&](bool wanted, auto apply) {
    if (!wanted) return;
    const Skeleton skeleton = find_skeleton({*edited.model, name});
    const auto feet = find_feet(*edited.model, skeleton);
    apply(Edited{*edited.spec, *edited.model, skeleton, feet, name, edited.warnings});
    edited.model = compile_spec(*edited.spec, name);
  };
  edit(edits.feet_only, leave_feet_only);
  edit(edits.add_floor, [&](const Edited& parts) { put_floor(parts, edits.feet_only); });
  edit(edits.pyramidal, make_pyramidal);
  edit(edits.bare_base, bare_the_base);
  edit(edits.add_servos, [&](const Edited& parts) { put_servos(parts, edits.kp, edits.kd); });
  if (edits.add_servos) {
    hold_keyframes(*edited.spec, *edited.model);
    edited.stance_from = add_stance(*edited.spec, edited.model, name);
  }
  return edited;
}

void write_mjcf(EditedModel& edited, const fs::path& out) {
  const std::string name = edited.file.string();
  if (!edited.spec) {
    edited.spec = parse_spec(edited.file);
    edited.model = compile_spec(*edited.spec, name);
  }
  add_stance(*edited.spec, edited.model, name);
  if (!is_urdf(edited.file)) find_assets(*edited.spec, edited.file);
  const fs::path folder = fs::absolute(out).parent_path();
  relate_assets(*edited.spec, folder);
  define_materials(*edited.spec);
  mjs_setString(edited.spec->modelname, model_name(*edited.model, edited.file).c_str());
  mjs_setString(edited.spec->modelfiledir, folder.string().c_str());
  edited.spec->compiler.saveinertial = 1;
  edited.model = compile_spec(*edited.spec, name);
  std::ofstream file(out);
  file << mjcf_text(*edited.spec, name);
  file.close();
  KENNEL_CHECK(file, "cannot write ", out.string(), "; expected a path in a folder that exists");
}

}  // namespace kennel
