// Which spheres can touch the floor, and with which mixed contact parameters.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kennel/model/mjcf.h"
#include "src/model/frames.h"
#include "src/model/stiffness.h"

namespace kennel {

/// MuJoCo's solref and solimp as an Impedance. `solref` is raised to two timesteps unless refsafe
/// is off.
Impedance<double> impedance_from(const mjModel& m, const mjtNum* solref, const mjtNum* solimp);

/// Fills the spheres of all legs, those of the base dealt out among them, which geoms they are, and
/// the floor's height.
/// \param stiffest  receives the stiffest contact
/// \param loaded  its warnings receive one line that names the pairs of spheres that would collide in
/// MuJoCo but do not here
/// \throws Error naming a geom that can reach the ground and is not a sphere, one for which there is
/// no room, a tilted floor, an unsupported condim
void fill_contacts(const Source& source, const Skeleton& skeleton,
                   const std::array<Frame, kNumJoints>& frames, LoadedQuadruped& loaded,
                   Stiffest& stiffest);

}  // namespace kennel
