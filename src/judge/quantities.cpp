#include "kennel/judge/quantities.h"

#include <cmath>
#include <string>

#include "kennel/core/check.h"
#include "kennel/judge/robot_sensors.h"

namespace kennel::judge {
namespace {

using Vector = std::array<double, 3>;

constexpr ErrorGroup kVelocityGroup{"velocity", "m/s"}, kYaw{"yaw", "rad/s"}, kTilt{"tilt", "rad"},
    kHeight{"height", "m"};

Vector velocity_base(const mjData& data) {
  return to_base(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
}

/// The floor's normal in the base's frame.
Vector up_base(const mjData& data) { return to_base(data, {0.0, 0.0, 1.0}); }

double pitch_of(const mjData& data) {
  const Vector up = up_base(data);
  return std::atan2(-up[0], std::hypot(up[1], up[2]));
}

double roll_of(const mjData& data) {
  const Vector up = up_base(data);
  return std::atan2(up[1], up[2]);
}

constexpr Quantity kQuantities[] = {
    {"vx", &kVelocityGroup, 2, "forward", "forward, back", 1.0,
     [](const mjData& data, double) { return velocity_base(data)[0]; }},
    {"vy", &kVelocityGroup, 2, "to the left", "left, right", 1.0,
     [](const mjData& data, double) { return velocity_base(data)[1]; }},
    // MuJoCo keeps a free joint's angular velocity in the body frame.
    {"yaw_rate", &kYaw, 2, "turning left", "turn left, right", 1.0,
     [](const mjData& data, double) { return double{data.qvel[5]}; }},
    {"pitch", &kTilt, 2, "nose down", "nose down, up", 1.0,
     [](const mjData& data, double) { return pitch_of(data); }},
    {"roll", &kTilt, 2, "leaning right", "lean left, right", -1.0,
     [](const mjData& data, double) { return roll_of(data); }},
    {"height", &kHeight, 3, "above its stance", "up, down", 1.0,
     [](const mjData& data, double zero_height) { return data.qpos[2] - zero_height; }},
};

const Quantity& quantity_of(const CommandTerm& term) {
  std::string known;
  for (const Quantity& quantity : kQuantities) {
    if (term.name == quantity.name) {
      KENNEL_CHECK(term.unit == quantity.group->unit, "the policy is told ", term.name, " in ",
                   term.unit, "; the judge measures it in ", quantity.group->unit);
      return quantity;
    }
    known += text(known.empty() ? "" : ", ", quantity.name);
  }
  fail("the policy is told ", term.name, ", which the judge cannot measure; it knows ", known);
}

}  // namespace

Told::Told(const RobotContract& robot) : stance_height_(robot.stance_height) {
  for (int at = 0; at < kCommandTerms; ++at) quantities_[at] = &quantity_of(robot.command[at]);
  KENNEL_CHECK(quantities_[0]->group == quantities_[1]->group, "the policy is told ",
               command_names(robot), "; the judge adds the errors of the first two, which are a ",
               quantities_[0]->group->name, " and a ", quantities_[1]->group->name,
               ": put two of a kind first");
  for (const Quantity* quantity : quantities_)
    KENNEL_CHECK(quantity->group != &kHeight || stance_height_ > robot.fall_height,
                 "the policy is told ", quantity->name, " over a stance_height of ", stance_height_,
                 " m; expected one above its fall_height, ", robot.fall_height, " m");
}

Command Told::measure(const mjData& data, double floor_height) const {
  Command command;
  for (int at = 0; at < kCommandTerms; ++at)
    command[at] = quantities_[at]->measure(data, floor_height + stance_height_);
  return command;
}

bool Told::is_velocity() const { return &pair() == &kVelocityGroup; }

double Told::speed(const Command& command) const {
  return is_velocity() ? std::hypot(command[0], command[1]) : 0.0;
}

}  // namespace kennel::judge
