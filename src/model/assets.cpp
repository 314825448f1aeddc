#include "src/model/assets.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// Where a URDF's path points to: packages lie in some folder above the file.
fs::path found(const std::string& path, const fs::path& file, const fs::path& folder) {
  const std::size_t scheme = path.find("://");
  const bool package = path.rfind("package://", 0) == 0 || path.rfind("model://", 0) == 0;
  const fs::path local = scheme == std::string::npos ? path : path.substr(scheme + 3);
  if (local.is_absolute() && fs::exists(local)) return local;
  if (!local.is_absolute() && fs::exists(folder / local)) return folder / local;
  if (!package) return {};
  fs::path inside;  // without the package's name
  for (auto part = std::next(local.begin()); part != local.end(); ++part) inside /= *part;
  for (fs::path up = fs::absolute(file).parent_path();; up = up.parent_path()) {
    if (fs::exists(up / local)) return up / local;
    if (fs::exists(up / inside)) return up / inside;
    if (up == up.root_path()) return {};
  }
}

/// Whether MuJoCo will not read it: not there, or in a format that it has no decoder for.
bool unreadable(const mjString* file) {
  const char* path = mjs_getString(file);
  if (!path || !*path) return false;
  return !fs::exists(path) || fs::path(path).extension() == ".dae";
}

/// Masses that nobody wrote down come from shapes.
void keep_masses(mjsElement* geom, const std::string& name) {
  mjsBody& body = *mjs_getParent(geom);
  const mjsGeom& shape = *mjs_asGeom(geom);
  const bool weightless = shape.mass == 0 || shape.density == 0;
  KENNEL_CHECK(body.explicitinertial || weightless, name, ": mesh '", mjs_getString(shape.meshname),
               "' is not there, and the mass of body '", name_of(body.element),
               "' comes from it; put the mesh's file beside the model, or give "
               "the body an <inertial>");
}

}  // namespace

std::vector<std::string> find_assets(mjSpec& spec, const fs::path& file) {
  std::vector<std::string> not_found;
  const fs::path folder = fs::absolute(file).parent_path();
  const auto locate = [&](mjString* path, const mjString* below) {
    const char* given = mjs_getString(path);
    if (!given || !*given) return;
    const char* directory = mjs_getString(below);
    fs::path name = given;
    if (spec.strippath) name = name.filename();
    const fs::path at = found(name.string(), file, folder / (directory ? directory : ""));
    if (at.empty()) {
      not_found.push_back(given);
    } else {
      mjs_setString(path, fs::weakly_canonical(at).string().c_str());
    }
  };
  for_each(spec, mjOBJ_MESH, [&](mjsElement* e) {
    // An unnamed mesh takes its file's name, which must not change with the path.
    if (const char* path = mjs_getString(mjs_asMesh(e)->file); name_of(e).empty() && path && *path)
      mjs_setName(e, fs::path(path).stem().string().c_str());
    locate(mjs_asMesh(e)->file, spec.compiler.meshdir);
  });
  for_each(spec, mjOBJ_HFIELD,
           [&](mjsElement* e) { locate(mjs_asHField(e)->file, spec.compiler.meshdir); });
  for_each(spec, mjOBJ_TEXTURE, [&](mjsElement* e) {
    mjsTexture& texture = *mjs_asTexture(e);
    locate(texture.file, spec.compiler.texturedir);
  });
  mjs_setString(spec.compiler.meshdir, "");
  mjs_setString(spec.compiler.texturedir, "");
  spec.strippath = 0;
  return not_found;
}

std::vector<std::string> drop_unreadable_meshes(mjSpec& spec, const std::string& source) {
  std::vector<std::string> names;
  std::vector<mjsElement*> gone;
  for_each(spec, mjOBJ_MESH, [&](mjsElement* e) {
    if (!unreadable(mjs_asMesh(e)->file)) return;
    names.push_back(name_of(e));
    gone.push_back(e);
  });
  for_each(spec, mjOBJ_GEOM, [&](mjsElement* e) {
    const char* mesh = mjs_getString(mjs_asGeom(e)->meshname);
    if (!mesh || std::find(names.begin(), names.end(), mesh) == names.end()) return;
    keep_masses(e, source);
    gone.push_back(e);
  });
  for (auto e = gone.rbegin(); e != gone.rend(); ++e) mjs_delete(&spec, *e);
  return names;
}

void leave_missing_meshes(mjSpec& spec, const fs::path& file, std::vector<std::string>& warnings) {
  find_assets(spec, file);
  const std::vector<std::string> lost = drop_unreadable_meshes(spec, file.string());
  if (!lost.empty())
    warnings.push_back(file.string() + ": meshes not found, left out: " + listed(lost));
}

}  // namespace kennel
