// How Kennel understands a robot's description: legs, joints, feet, mirror map, gains and limits,
// and what of the file it leaves out or refuses.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kennel/core/legs.h"
#include "kennel/model/edits.h"

namespace kennel {

/// Left and right exchanged: leg and joint numbers that swap, and the sign of a joint's angle in
/// the mirror, q_left = sign q_right.
struct MirrorMap {
  std::array<int, kNumLegs> leg{};
  std::array<int, kNumJoints> joint{}, sign{};
  double error = 0;  // m; how far feet miss their partners' mirror images, at worst
};

struct JointAnatomy {
  std::string name;
  std::array<double, 3> axis;      // in the base's frame, all joints at 0
  double low, high;                // rad; infinite without limits
  double stance;                   // rad; the angle in which the robot stands
  std::string drive;               // "position servo", "motor", ...; empty: nothing drives it
  double kp = 0, kd = 0;           // N m/rad, N m s/rad; 0 without a position servo
  std::array<double, 3> gain{};    // of ctrl, alone and times angle and speed, at the joint
  std::array<double, 3> bias{};    // N m, N m/rad, N m s/rad, at the joint
  double ctrl_low, ctrl_high;      // infinite without limits
  double torque_low, torque_high;  // N m; infinite without limits
  double damping, armature, frictionloss;
  double standing_torque =
      0;                // N m; what standing asks of it, a quarter of the weight on each foot
  int ctrl_index = -1;  // in MuJoCo's ctrl
};

struct LegAnatomy {
  std::string name;  // "front left", by where its hip is
  std::array<JointAnatomy, kJointsPerLeg> joint;
  std::string foot;                   // geom
  double foot_radius = 0;             // m
  std::vector<std::string> touching;  // geoms that can touch the floor
};

struct Anatomy {
  std::string file;
  std::string name;          // the model's, or its file's without the ending
  bool understood = false;   // a floating base with four legs of three hinges; else only refusals
  double mass = 0;           // kg
  double leg_length = 0;     // m; thigh, shank and sole
  double stance_height = 0;  // m; of the base's origin over the floor
  std::string stance_from;   // "keyframe 'home'", "computed"
  double timestep = 0;       // s
  double base_damping = 0, base_armature = 0, base_frictionloss = 0;  // of the free joint
  std::array<LegAnatomy, kNumLegs> leg;
  std::vector<std::string> base_touching;  // the base's geoms that can touch the floor
  MirrorMap mirror;
  bool symmetric = false;             // whether the mirror map can be used
  std::vector<std::string> edits;     // what switches changed, a line each
  std::vector<std::string> doubts;    // why its servos may not hold it, a line each
  std::vector<std::string> ignored;   // what the dynamics leave out, a line each
  std::vector<std::string> refusals;  // what they do not have, and which switch helps; empty: loads
};

/// Describes a model, also one that is refused.
Anatomy describe(const EditedModel& model);

/// The switches that would help with what is refused or ignored, as typed; empty: none.
std::string switches_that_help(const Anatomy& anatomy);

/// \throws Error in one line when anything is refused
void check_accepted(const Anatomy& anatomy);

/// Training's actions are targets of position servos, one on each joint.
/// \throws Error naming a joint that has another drive, and the switch that helps
void check_servos(const Anatomy& anatomy);

/// The description as lines of text.
std::string to_text(const Anatomy& anatomy);

}  // namespace kennel
