// The pose in which a robot stands.
#pragma once

#include <string>

#include "src/model/feet.h"

namespace kennel {

struct Stance {
  std::array<mjtNum, kNq> qpos{};
  std::string from;  // "keyframe 'home'", or "computed"
};

/// The keyframe that is called home or stand, else the first; without keyframes a computed pose: each
/// foot under its hip at four fifths of the leg's length, knees behind the hips where the ranges
/// leave a choice, and the base so high that the lowest foot touches z = `floor_height`.
Stance find_stance(const mjModel& m, const Skeleton& skeleton,
                   const std::array<Foot, kNumLegs>& feet, double floor_height);

/// Gives all keyframes the controls that hold their pose, under position servos, and adds the
/// keyframe "home" where there is none.
void set_keyframes(mjSpec& spec, const mjModel& m, const Stance& stance);

}  // namespace kennel
