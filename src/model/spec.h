// MuJoCo's editable form of a description.
#pragma once

#include <mujoco/mujoco.h>

#include <string>

#include "kennel/model/edits.h"

namespace kennel {

/// \throws Error naming the file and MuJoCo's complaint
MjSpecPtr parse_spec(const std::filesystem::path& file);

/// The same from text.
MjSpecPtr parse_spec_text(const std::string& xml, const std::string& source);

/// \throws Error naming the source and MuJoCo's complaint
MjModelPtr compile_spec(mjSpec& spec, const std::string& source);

/// The description as MJCF, with nearly all digits of its numbers.
std::string mjcf_text(const mjSpec& spec, const std::string& source);

/// What a model is called: its own name, or its file's without the ending where it has none.
std::string model_name(const mjModel& m, const std::filesystem::path& file);

/// Visits all elements of a kind, in MuJoCo's order. The visitor must not add or delete any.
template <class Visit>
void for_each(mjSpec& spec, mjtObj kind, Visit visit) {
  for (mjsElement* e = mjs_firstElement(&spec, kind); e; e = mjs_nextElement(&spec, e)) visit(e);
}

/// The elements of a kind by their compiled number. MuJoCo forgets the numbers when an element is
/// added or deleted: take them first.
inline std::vector<mjsElement*> by_id(mjSpec& spec, mjtObj kind) {
  std::vector<mjsElement*> elements;
  for_each(spec, kind, [&](mjsElement* e) {
    const int id = mjs_getId(e);
    if (id < 0) return;
    if (id >= static_cast<int>(elements.size())) elements.resize(id + 1);
    elements[id] = e;
  });
  return elements;
}

inline std::string name_of(mjsElement* e) {
  const char* name = mjs_getString(mjs_getName(e));
  return name ? name : "";
}

/// "a, b, c and 12 more": lists stay one line.
std::string listed(const std::vector<std::string>& names, std::size_t shown = 6);

}  // namespace kennel
