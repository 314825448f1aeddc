// What standing asks of the servos.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kennel/model/anatomy.h"
#include "src/model/feet.h"
#include "src/model/frames.h"
#include "src/model/stance.h"

namespace kennel {

/// Fills `standing_torque` of all joints: gravity's with a quarter of the weight on each foot,
/// straight up   [N m].
void weigh_stance(const mjModel& m, const Skeleton& skeleton,
                  const std::array<Foot, kNumLegs>& feet, const Stance& stance, Anatomy& out);

/// Whether the servos can hold the stance, a line for what they cannot: a joint whose torque limit
/// is too small, one that gives way by too much.
std::vector<std::string> doubts_of(const Anatomy& anatomy);

}  // namespace kennel
