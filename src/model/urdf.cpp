#include "src/model/urdf.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iterator>

#include "kennel/core/check.h"
#include "kennel/core/infinity.h"
#include "src/model/assets.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// Blanks what lies between two marks, marks included, and keeps the lines.
void blank(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const char after = at + from.size() < text.size() ? text[at + from.size()] : '>';
    if (std::isalnum(static_cast<unsigned char>(after)) || after == '_') {  // a longer name
      at += from.size();
      continue;
    }
    const std::size_t tag_end = text.find('>', at);
    const bool closed = from[0] == '<' && from[1] != '!' && tag_end != std::string::npos &&
                        text[tag_end - 1] == '/';
    const std::size_t end = closed ? tag_end + 1 : text.find(to, at);
    if (end == std::string::npos) return;
    const std::size_t stop = closed ? end : end + to.size();
    for (; at < stop; ++at)
      if (text[at] != '\n') text[at] = ' ';
  }
}

/// The file without what is only seen: of visuals MuJoCo reads less than others write.
std::string felt_part(const fs::path& file) {
  KENNEL_CHECK(fs::exists(file), "no robot description at ", file.string(), "; expected a URDF");
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  blank(text, "<!--", "-->");
  blank(text, "<visual", "</visual>");
  blank(text, "<material", "</material>");
  return text;
}

/// A link without <inertial> has no mass, whatever its shapes are: MuJoCo would take it from them.
/// Links without mass are MuJoCo's to merge, if they do not claim an inertia of zero.
void forget_zero_masses(mjSpec& spec) {
  for_each(spec, mjOBJ_BODY, [](mjsElement* e) {
    mjsBody& body = *mjs_asBody(e);
    if (body.explicitinertial && body.mass > 0) return;
    body.explicitinertial = 0;
    body.mass = 0;
    body.fullinertia[0] = body.ipos[0] = kNaN;
    std::fill_n(body.inertia, 3, 0);
    for (mjsElement* g = mjs_firstChild(&body, mjOBJ_GEOM, 0); g; g = mjs_nextChild(&body, g, 0))
      mjs_asGeom(g)->mass = 0;
  });
}

/// Inertias that no body has (a moment that is zero or negative) get the least that one could have.
/// \return the links' names
std::vector<std::string> mend_inertias(mjSpec& spec) {
  std::vector<std::string> mended;
  for_each(spec, mjOBJ_BODY, [&](mjsElement* e) {
    mjsBody& body = *mjs_asBody(e);
    double* full = body.fullinertia;  // xx yy zz xy xz yz
    if (!body.explicitinertial || std::isnan(full[0])) return;
    const mjtNum I[9] = {full[0], full[3], full[4], full[3], full[1],
                         full[5], full[4], full[5], full[2]};
    mjtNum moment[3], axes[9], quat[4];
    mju_eig3(moment, axes, quat, I);
    const double least = 1e-6 * std::max(std::abs(moment[0]), 1e-6);  // moments: largest first
    if (moment[2] >= least) return;
    for (int i = 0; i < 3; ++i) full[i] += least - moment[2];
    mended.push_back(name_of(e));
  });
  return mended;
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
  KENNEL_CHECK(floating.size() < 2, name, ": joint '",
               name_of(floating.size() < 2 ? root : floating[1]),
               "': a second floating joint; expected one floating base");
  for (mjsElement* e : floating) mjs_delete(&spec, e);
  mjs_addFreeJoint(mjs_asBody(root));
}

}  // namespace

bool is_urdf(const fs::path& file) {
  std::ifstream in(file);
  std::string start(1 << 14, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  const std::size_t robot = start.find("<robot"), mujoco = start.find("<mujoco");
  return robot < mujoco && robot != std::string::npos;
}

MjSpecPtr spec_of_urdf(const fs::path& file, std::vector<std::string>& warnings) {
  const std::string name = file.string();
  MjSpecPtr spec = parse_spec_text(felt_part(file), name);
  find_assets(*spec, file);
  forget_zero_masses(*spec);
  const std::vector<std::string> lost = drop_unreadable_meshes(*spec, name);
  const std::vector<std::string> mended = mend_inertias(*spec);
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
  warnings.push_back(text(
      name, ": a URDF: its root floats, links without mass are merged, inertias balanced",
      lost.empty() ? "" : "; meshes not found, left out: ", listed(lost),
      mended.empty() ? "" : "; impossible inertias raised: ", listed(mended),
      endless.empty() ? "" : "; joints without limits (give them a <limit>): ", listed(endless)));
  return parse_spec_text(mjcf_text(*spec, name), name);
}

}  // namespace kennel
