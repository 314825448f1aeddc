// What a quadruped's agent observes: what a frame holds, in which order, and what its
// left-right mirror image is. One table each for the policy's frame and for what only the critic
// sees; sizes, offsets and mirror maps derive from them.
#pragma once

#include <array>
#include <limits>
#include <string_view>

#include "kennel/contract/term.h"
#include "kennel/core/fields.h"
#include "kennel/model/quadruped.h"

namespace kennel::quadruped {

/// How a term looks in the mirror (y -> -y; right and left legs swap).
enum class MirrorKind {
  kVector,   // (x, y, z) -> (x, -y, z)
  kAxial,    // rotation rates: (x, y, z) -> (-x, y, -z)
  kCommand,  // what the robot is told: the task's signs
  kJoints,   // twelve joint numbers: legs swap, with the robot's signs
  kPerLeg,   // four numbers: legs swap
  kScalars,  // unchanged
  kClock,    // (sine, cosine, flag): half a turn on, because the pairs of feet swap
};

inline constexpr double kNoBound = std::numeric_limits<double>::infinity();

struct ObsTerm {
  const char* name;
  int size;
  float scale;  // applied before the policy sees it; the robot's controller applies none, so 1
  MirrorKind mirror;
  const char* unit;
  Bounds bounds = {};  // of the true value, before the scale; noise may leave them
};

inline constexpr ObsTerm kFrame[] = {
    {"base_angular_velocity", 3, 1.0f, MirrorKind::kAxial, "rad/s, base frame"},
    {"projected_gravity",
     3,
     1.0f,
     MirrorKind::kVector,
     "unit vector, base frame; (0, 0, -1) upright",
     {-1, 1}},
    {"command", 3, 1.0f, MirrorKind::kCommand, "what the task says"},
    {"desired_world_z",
     3,
     1.0f,
     MirrorKind::kVector,
     "unit vector, base frame; (0, 0, 1) upright",
     {-1, 1}},
    {"joint_position", 12, 1.0f, MirrorKind::kJoints, "rad, minus the default pose"},
    {"last_action",
     12,
     1.0f,
     MirrorKind::kJoints,
     "the action of the step before, in [-1, 1]",
     {-1, 1}},
};

/// The trot clock stands there in the frame of a task that shows one.
inline constexpr char kClockPlace[] = "desired_world_z";
inline constexpr ObsTerm kClock = {
    kTrotClock,
    3,
    1.0f,
    MirrorKind::kClock,
    "sine, cosine of the trot's phase and 1, or zeros when told to stand",
    {-1, 1}};

/// What such a task shows behind the frame.
inline constexpr ObsTerm kMotion[] = {
    {"base_linear_velocity", 3, 1.0f, MirrorKind::kVector, "m/s, base frame"},
    {"joint_velocity", 12, 0.1f, MirrorKind::kJoints, "rad/s"},
};

/// What the critic sees beside a frame without noise and delay.
inline constexpr ObsTerm kPrivileged[] = {
    {"base_linear_velocity", 3, 1.0f, MirrorKind::kVector, "m/s, base frame"},
    {"base_height", 1, 1.0f, MirrorKind::kScalars, "m"},
    {"joint_velocity", 12, 0.1f, MirrorKind::kJoints, "rad/s"},
    {"previous_action", 12, 1.0f, MirrorKind::kJoints, "the action before the last one", {-1, 1}},
    {"foot_contact", 4, 1.0f, MirrorKind::kPerLeg, "1 where the foot touches the floor", {0, 1}},
    {"elbow_contact", 4, 1.0f, MirrorKind::kPerLeg, "1 where the elbow touches the floor", {0, 1}},
    {"air_time", 4, 5.0f, MirrorKind::kPerLeg, "s since the foot left the floor", {0, kNoBound}},
    {"base_com_shift", 3, 30.0f, MirrorKind::kVector, "m"},
    {"parameters", 8, 1.0f, MirrorKind::kScalars,
     "friction, strength, kp, kd, base mass, joint friction, action and IMU latency"},
};

template <std::size_t N>
constexpr int total_size(const ObsTerm (&table)[N]) {
  int size = 0;
  for (const ObsTerm& term : table) size += term.size;
  return size;
}

template <std::size_t N>
consteval int offset_in(const ObsTerm (&table)[N], std::string_view name) {
  int offset = 0;
  for (const ObsTerm& term : table) {
    if (term.name == name) return offset;
    offset += term.size;
  }
  throw "unknown observation term";  // consteval: a typo is a compile error
}

inline constexpr int kFrameSize = total_size(kFrame);
inline constexpr int kBaseFrameSize =
    offset_in(kFrame, "joint_position");  // the legs' part follows
inline constexpr int kPrivilegedExtra = total_size(kPrivileged);
inline constexpr int kPrivilegedSize = kFrameSize + kPrivilegedExtra;
inline constexpr int kMaxHistory = 4;  // frames the policy may see
static_assert(kFrameSize == 36, "the robot's controller expects 36 numbers a frame");

/// What belongs to a leg's foot, of what there is for each point. By value, because a choice among
/// a thread's registers cannot be a reference.
template <class Leg, class X, int points>
KENNEL_HD X of_foot(const Leg& leg, const X (&x)[points]) {
  if constexpr (points == kFewPoints) return leg.foot == 0 ? x[0] : x[1];
  X foot = x[0];
  KENNEL_UNROLL
  for (int s = 1; s < points; ++s)
    if (s == leg.foot) foot = x[s];
  return foot;
}

/// The distance of a leg's elbow to the floor: of the sphere before the foot where it has two, else
/// of the nearest of those above its last link. A leg may lack it (nothing touches then).
template <class Leg, class T, int points>
KENNEL_HD T of_elbow(const Leg& leg, const T (&distance)[points]) {
  if constexpr (points == kFewPoints) return leg.foot == 0 ? distance[1] : distance[0];
  T elbow = T(1e6f);
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s)
    if (s < leg.num_spheres && leg.sphere[s].link >= 0 && leg.sphere[s].link < kJointsPerLeg - 1)
      elbow = min(elbow, distance[s]);
  return elbow;
}

}  // namespace kennel::quadruped
