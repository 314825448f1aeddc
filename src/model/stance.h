// The pose in which a robot stands.
#pragma once

#include <string>

#include "src/model/feet.h"
#include "src/model/spec.h"

namespace kennel {

struct Stance {
  std::array<mjtNum, kNq> qpos{};  // base level over the origin, the lowest foot on the floor
  std::string from;                // "keyframe 'home'", or "computed"
  int key = -1;                    // the keyframe; -1: computed
};

/// The joints of the first keyframe in which the robot stands on four feet, those called home or
/// stand before others; where there is none, computed ones: each foot below its hip by seven tenths
/// of the leg's length, all together below the centre of mass, knees behind the hips where the
/// ranges leave a choice.
Stance find_stance(const mjModel& m, const Skeleton& skeleton,
                   const std::array<Foot, kNumLegs>& feet, double floor_height);

/// Gives all keyframes the controls that hold their pose, under position servos.
void hold_keyframes(mjSpec& spec, const mjModel& m);

/// Adds a stance as a keyframe, if it comes from none.
void add_keyframe(mjSpec& spec, const mjModel& m, const Stance& stance);

}  // namespace kennel
