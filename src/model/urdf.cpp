#include "src/model/urdf.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "kennel/core/check.h"

// MuJoCo's writer has six digits unless it is told otherwise; exported, but in no header.
extern "C" MJAPI void _mjPRIVATE__set_xml_precision(int digits);
extern "C" MJAPI int _mjPRIVATE__get_xml_precision();

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr int kDigits = 15;  // 0.6 stays 0.6

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

bool missing(const mjString* file) {
  const char* path = mjs_getString(file);
  return path && *path && !fs::exists(path);
}

/// Links without mass are MuJoCo's to merge, if they do not claim an inertia of zero.
void forget_zero_masses(mjSpec& spec) {
  for_each(spec, mjOBJ_BODY, [](mjsElement* e) {
    mjsBody& body = *mjs_asBody(e);
    if (!body.explicitinertial || body.mass > 0) return;
    body.explicitinertial = 0;
    body.fullinertia[0] = std::numeric_limits<double>::quiet_NaN();
    std::fill_n(body.inertia, 3, 0);
    body.ipos[0] = std::numeric_limits<double>::quiet_NaN();
  });
}

double mass_of(mjsBody& body) {
  double mass = body.mass;
  for (mjsElement* e = mjs_firstChild(&body, mjOBJ_BODY, 0); e; e = mjs_nextChild(&body, e, 0))
    if (!mjs_firstChild(mjs_asBody(e), mjOBJ_JOINT, 0)) mass += mass_of(*mjs_asBody(e));
  return mass;
}

void refuse_massless(mjSpec& spec, const std::string& name) {
  for_each(spec, mjOBJ_BODY, [&](mjsElement* e) {
    mjsBody& body = *mjs_asBody(e);
    if (name_of(e) == "world" || !mjs_firstChild(&body, mjOBJ_JOINT, 0)) return;
    KENNEL_CHECK(mass_of(body) > 0, name, ": link '", name_of(e),
                 "' moves and has no mass; give it an <inertial>, or make its joint fixed");
  });
}

/// The root floats, whatever the file says of it.
void float_root(mjSpec& spec, const std::string& name) {
  mjsBody* world = mjs_findBody(&spec, "world");
  mjsElement* root = mjs_firstChild(world, mjOBJ_BODY, 0);
  KENNEL_CHECK(root, name, ": no link; expected a base and four legs");
  std::vector<mjsElement*> floating;
  for_each(spec, mjOBJ_JOINT, [&](mjsElement* e) {
    if (mjs_asJoint(e)->type == mjJNT_FREE) floating.push_back(e);
  });
  KENNEL_CHECK(floating.size() < 2, name, ": joint '", name_of(floating.size() < 2 ? root : floating[1]),
               "': a second floating joint; expected one floating base");
  for (mjsElement* e : floating) mjs_delete(&spec, e);
  mjs_addFreeJoint(mjs_asBody(root));
}

std::vector<std::string> drop_missing_meshes(mjSpec& spec) {
  std::vector<std::string> names;
  std::vector<mjsElement*> gone;
  for_each(spec, mjOBJ_MESH, [&](mjsElement* e) {
    if (!missing(mjs_asMesh(e)->file)) return;
    names.push_back(name_of(e));
    gone.push_back(e);
  });
  for_each(spec, mjOBJ_GEOM, [&](mjsElement* e) {
    const char* mesh = mjs_getString(mjs_asGeom(e)->meshname);
    if (mesh && std::find(names.begin(), names.end(), mesh) != names.end()) gone.push_back(e);
  });
  for (auto e = gone.rbegin(); e != gone.rend(); ++e) mjs_delete(&spec, *e);
  return names;
}

}  // namespace

bool is_urdf(const fs::path& file) {
  std::ifstream in(file);
  std::string start(1 << 14, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  const std::size_t robot = start.find("<robot"), mujoco = start.find("<mujoco");
  return robot < mujoco && robot != std::string::npos;
}

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

std::string mjcf_text(const mjSpec& spec, const std::string& source) {
  const int digits = _mjPRIVATE__get_xml_precision();
  _mjPRIVATE__set_xml_precision(kDigits);
  char error[1024] = "";
  std::string text(1 << 16, '\0');
  int size;
  while ((size = mj_saveXMLString(&spec, text.data(), static_cast<int>(text.size()), error,
                                  sizeof error)) > 0)
    text.resize(static_cast<std::size_t>(size) + 1);
  _mjPRIVATE__set_xml_precision(digits);
  KENNEL_CHECK(size == 0, source, ": MuJoCo cannot write it as MJCF: ", error);
  text.resize(text.find('\0'));
  return text;
}

MjSpecPtr spec_of_urdf(const fs::path& file, std::vector<std::string>& warnings) {
  const std::string name = file.string();
  MjSpecPtr spec = parse_spec(file);
  find_assets(*spec, file);
  const std::vector<std::string> lost = drop_missing_meshes(*spec);
  forget_zero_masses(*spec);
  float_root(*spec, name);
  refuse_massless(*spec, name);
  spec->compiler.balanceinertia = 1;
  spec->compiler.saveinertial = 1;
  compile_spec(*spec, name);
  std::vector<std::string> endless;
  for_each(*spec, mjOBJ_JOINT, [&](mjsElement* e) {
    const mjsJoint& joint = *mjs_asJoint(e);
    const bool limited = joint.limited == mjLIMITED_TRUE ||
                         (joint.limited == mjLIMITED_AUTO && joint.range[0] < joint.range[1]);
    if (joint.type == mjJNT_HINGE && !limited) endless.push_back(name_of(e));
  });
  warnings.push_back(
      text(name, ": a URDF: its root floats, links without mass are merged, inertias balanced",
           lost.empty() ? "" : "; meshes not found, left out: ", listed(lost),
           endless.empty() ? "" : "; joints without limits (give them a <limit>): ",
           listed(endless)));
  const std::string mjcf = mjcf_text(*spec, name);
  char error[1024] = "";
  MjSpecPtr again(mj_parseXMLString(mjcf.c_str(), nullptr, error, sizeof error));
  KENNEL_CHECK(again, name, ": MuJoCo cannot read its own MJCF: ", error);
  return again;
}

}  // namespace kennel
