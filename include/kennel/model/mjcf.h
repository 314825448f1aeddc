// Loading a robot: MuJoCo compiles the MJCF or URDF, and the compiled mjModel becomes a Quadruped.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kennel/model/quadruped.h"

struct mjModel_;

namespace kennel {

struct MjModelDeleter {
  void operator()(mjModel_* model) const;
};
using MjModelPtr = std::unique_ptr<mjModel_, MjModelDeleter>;

/// Compiles a description with MuJoCo.
/// \throws Error naming the file and MuJoCo's complaint (with its line) when it cannot be read or
/// compiled
MjModelPtr compile_mjcf(const std::filesystem::path& file);

/// A loaded robot, in double: parity tests use it as it is, training a `cast<float>` of it.
struct LoadedQuadruped {
  Quadruped<double> model;
  std::vector<std::string>
      warnings;  // one line each: what the dynamics leave out (leg against leg contacts, ...)
  std::vector<std::string> joint_names;  // in qpos order, 12
  std::vector<int> actuators;  // of each hinge in qpos order; -1: nothing that the dynamics have
  int sphere_geom[kNumLegs][kMaxPoints] = {};  // the geom that a sphere is
};

/// Takes the constants of a compiled model: a floating base with four legs of three hinges, on each
/// an actuator with a fixed or affine gain and bias (an actuatorfrcrange narrows its force range),
/// up to kMaxPoints contact spheres a leg, those of the base included, one horizontal floor,
/// pyramidal cones, Euler or implicitfast.
/// \param source  what messages call the model, usually the file
/// \throws Error naming source, element and feature of whatever the dynamics cannot represent
LoadedQuadruped quadruped_from(const mjModel_& model, const std::string& source);

/// `compile_mjcf` and `quadruped_from` in one.
LoadedQuadruped load_quadruped(const std::filesystem::path& file);

/// The same constants in another precision.
Quadruped<float> to_float(const Quadruped<double>& model);

}  // namespace kennel
