// From MuJoCo's body frames to the link frames of the dynamics, at the reference configuration
// qpos0.
#pragma once

#include <array>
#include <vector>

#include "kennel/model/quadruped.h"
#include "src/model/elements.h"

namespace kennel {

/// Bodies of the robot: the base and twelve links in qpos order, each with the jointless bodies
/// merged into it.
struct Skeleton {
  int base = -1;                        // body id
  std::array<int, kNumJoints> link{};   // body id of the link moved by the hinge at qpos 7 + k
  std::array<int, kNumJoints> joint{};  // its joint id
  std::vector<int> rigid_root;  // per body: the base or link that it moves with, 0 for the world
};

/// A rigid frame at qpos0 relative to the base: p in base axes, R's columns the frame's axes
/// (row-major 3x3).
struct Frame {
  mjtNum p[3], R[9];
};

/// \throws Error unless the model is a floating base with four unbranched legs of three hinges
Skeleton find_skeleton(const Source& source);

/// The frame of a body at qpos0 in the base's frame.
Frame body_frame(const mjModel& m, const Skeleton& skeleton, int body);

/// The axis of the hinge at qpos 7 + k in the base's frame, at qpos0.
void axis_of(const mjModel& m, const Skeleton& skeleton, int k, mjtNum* axis);

/// Fills masses, inertias, anchors, tilts and offsets of base and links.
/// \return the link frames at qpos0, in qpos order
std::array<Frame, kNumJoints> fill_frames(const Source& source, const Skeleton& skeleton,
                                          Quadruped<double>& out);

}  // namespace kennel
