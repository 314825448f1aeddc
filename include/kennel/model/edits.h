// Changes that make a robot's description one that Kennel steps: each is asked for by a switch, off
// by default, and says in one warning what it changed. The edited description can be written as
// MJCF, so that MuJoCo, the judge and a reader see the same robot.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kennel/model/mjcf.h"

struct mjSpec_;

namespace kennel {

struct ModelEdits {
  bool feet_only = false;  // all geoms but one foot a leg stop colliding; a foot of another shape
                           // becomes a sphere, and feet meet the floor only
  bool pyramidal = false;  // pyramidal cone and condim 3 where the file says otherwise
  bool add_servos =
      false;               // a position servo on each hinge, around a motor or where nothing drives
  bool add_floor = false;  // one plane at z = 0 in the place of all static geoms
  bool bare_base = false;  // no damping, armature, dry friction or spring on the free joint
  std::optional<double> kp, kd;  // N m/rad, N m s/rad of all servos; with add_servos

  bool any() const { return feet_only || pyramidal || add_servos || add_floor || bare_base; }
};

struct MjSpecDeleter {
  void operator()(mjSpec_* spec) const;
};
using MjSpecPtr = std::unique_ptr<mjSpec_, MjSpecDeleter>;

/// An edited description and what MuJoCo compiles it to.
struct EditedModel {
  MjSpecPtr spec;  // empty where nothing was edited
  MjModelPtr model;
  std::vector<std::string> warnings;  // one line an edit: what it changed
  std::filesystem::path file;
  std::string stance_from;  // where an edit took the stance from; empty: no edit asked for it
};

/// Whether a file's root element is <robot>: a URDF.
bool is_urdf(const std::filesystem::path& file);

/// Compiles a description after the edits. A URDF, which describes neither base, servos nor floor,
/// gets all of them: a free joint, masses that MuJoCo accepts, and every edit.
/// \throws Error naming the file and what cannot be compiled or edited
EditedModel compile_edited(const std::filesystem::path& file, const ModelEdits& edits);

/// Writes the edited description as MJCF, with a keyframe in which the robot stands where the file
/// has none, and paths to meshes relative to the new file's folder. It is the last use of the
/// edited spec.
/// \throws Error when the file cannot be written
void write_mjcf(EditedModel& edited, const std::filesystem::path& out);

}  // namespace kennel
