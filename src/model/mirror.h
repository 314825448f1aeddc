// The left-right mirror map of a robot, from its geometry.
#pragma once

#include "kennel/model/anatomy.h"
#include "src/model/poser.h"
#include "src/model/stance.h"

namespace kennel {

/// Pairs legs by the mirror images of their hips, and takes signs from the mirror images of joint
/// axes. The error is measured on the feet about the stance.
MirrorMap find_mirror(const mjModel& m, const Skeleton& skeleton,
                      const std::array<Foot, kNumLegs>& feet, const Stance& stance);

}  // namespace kennel
