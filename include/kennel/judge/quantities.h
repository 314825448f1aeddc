// What a policy can be told and the judge can measure, each by its name in the contract.
//
// Angles and heights are the base's against the floor, wherever gravity points. With x ahead, y to
// the left and z up in the base's frame
//   R_wb = Rz(heading) Ry(pitch) Rx(roll),
// so that the floor's normal is (-sin pitch, cos pitch sin roll, cos pitch cos roll) in it: a
// positive pitch is nose down, a positive roll leans to the right.
#pragma once

#include <mujoco/mujoco.h>

#include <array>

#include "kennel/judge/protocol.h"

namespace kennel::judge {

/// Quantities whose errors are of a kind and may be added.
struct ErrorGroup {
  const char *name, *unit;
};

struct Quantity {
  const char* name;
  const ErrorGroup* group;  // its unit is the quantity's own
  int decimals;             // as tables and tours show it
  const char* positive;     // what more of it is
  const char* keys;         // what W and S, A and D, Q and E do to it, the first one first
  double key_sign;          // of what the first one does

  /// \param zero_height  m, world z, of the base where its height is 0
  double (*measure)(const mjData& data, double zero_height);
};

/// The quantities that a robot is told, in the order of its contract. The first two make one error,
/// the third another.
class Told {
 public:
  /// \throws Error naming what the judge cannot measure, or measures in another unit; two errors
  /// that cannot be added; a height told from nowhere
  explicit Told(const RobotContract& robot);

  const Quantity& operator[](int at) const { return *quantities_[at]; }
  const ErrorGroup& pair() const { return *quantities_[0]->group; }
  const ErrorGroup& third() const { return *quantities_[2]->group; }

  /// What a state has of them.
  /// \param floor_height  m, world z
  Command measure(const mjData& data, double floor_height) const;

  /// Whether the first two are a velocity, and how fast a command then is, m/s; else 0.
  bool is_velocity() const;
  double speed(const Command& command) const;

 private:
  std::array<const Quantity*, kCommandTerms> quantities_;
  double stance_height_;  // m over the floor
};

}  // namespace kennel::judge
