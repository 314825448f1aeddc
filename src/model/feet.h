// Which geom is a leg's foot, and the sphere that stands for it.
#pragma once

#include <array>

#include "src/model/frames.h"

namespace kennel {

/// A foot in the frame of the body that carries it.
struct Foot {
  int geom = -1;        // -1: the leg has none
  bool fitted = false;  // the geom is no sphere; centre and radius are a sphere fitted to its tip
  mjtNum centre[3] = {}, radius = 0;
};

/// The feet of all legs: of the last link's geoms that can collide, the one that reaches farthest
/// from the knee; a sphere that reaches nearly as far comes before other shapes.
std::array<Foot, kNumLegs> find_feet(const mjModel& m, const Skeleton& skeleton);

}  // namespace kennel
