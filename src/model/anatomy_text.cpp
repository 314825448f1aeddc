// The description of a robot for people.
#include <algorithm>
#include <iomanip>
#include <sstream>

#include "kennel/core/check.h"
#include "kennel/core/infinity.h"
#include "kennel/model/anatomy.h"

namespace kennel {
namespace {

std::string range(double low, double high) {
  std::ostringstream out;
  out << std::setprecision(3);
  if (low == -high) {
    out << "+-" << high;
  } else {
    out << low << " to " << high;
  }
  return out.str();
}

/// " 2", or " 2 0.3 0" where the numbers after the first are not all zero.
std::string numbers(const std::array<double, 3>& x) {
  return x[1] == 0 && x[2] == 0 ? text(' ', x[0]) : text(' ', x[0], ' ', x[1], ' ', x[2]);
}

/// What drives a joint that has no position servo.
std::string drive_of(const JointAnatomy& joint) {
  if (joint.drive.empty()) return "nothing drives it";
  std::string out = joint.drive + ", gain" + numbers(joint.gain);
  if (joint.bias != std::array<double, 3>{}) out += ", bias" + numbers(joint.bias);
  if (joint.ctrl_high < kInfinity) out += ", ctrl " + range(joint.ctrl_low, joint.ctrl_high);
  if (joint.torque_high < kInfinity)
    out += ", torque " + range(joint.torque_low, joint.torque_high);
  return out;
}

void write_joint(std::ostream& out, const Anatomy& a, int k) {
  const JointAnatomy& joint = a.leg[k / kJointsPerLeg].joint[k % kJointsPerLeg];
  out << "  " << std::setw(3) << k << ' ' << std::left << std::setw(22) << joint.name << " "
      << std::setw(22) << range(joint.low, joint.high) << std::setw(9) << joint.stance;
  if (joint.kp > 0) {
    std::ostringstream gains;
    gains << joint.kp << ", " << joint.kd;
    out << std::setw(14) << gains.str() << std::setw(16)
        << range(joint.torque_low, joint.torque_high);
  } else {
    out << std::setw(29) << drive_of(joint) << ' ';
  }
  const int image = a.mirror.joint[k];
  if (a.symmetric)
    out << (a.mirror.sign[k] > 0 ? '+' : '-')
        << a.leg[image / kJointsPerLeg].joint[image % kJointsPerLeg].name;
  out << std::right << '\n';
}

/// The first joint without a position servo; nullptr: none.
const JointAnatomy* without_servo(const Anatomy& a) {
  for (const LegAnatomy& leg : a.leg)
    for (const JointAnatomy& joint : leg.joint)
      if (joint.kp <= 0) return &joint;
  return nullptr;
}

void write_lines(std::ostream& out, const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out << title << '\n';
  for (const std::string& line : lines) out << "  " << line << '\n';
  out << '\n';
}

/// The switches that the lines name.
std::string switches_in(const std::vector<std::string>& lines) {
  std::string out;
  for (const char* name :
       {"--feet-only", "--pyramidal", "--add-servos", "--add-floor", "--bare-base"})
    if (std::any_of(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(name) != std::string::npos; }))
      out += text(' ', name);
  return out;
}

}  // namespace

std::string switches_that_help(const Anatomy& a) {
  std::vector<std::string> lines = a.refusals;
  lines.insert(lines.end(), a.ignored.begin(), a.ignored.end());
  return switches_in(lines);
}

void check_servos(const Anatomy& a) {
  const JointAnatomy* joint = without_servo(a);
  KENNEL_CHECK(!joint, a.file, ": joint ", joint->name,
               " has no position servo, so that no action reaches it; add them with --add-servos "
               "(--kp, --kd)");
}

void check_accepted(const Anatomy& a) {
  if (a.refusals.empty()) return;
  const std::string switches = switches_that_help(a);
  const std::size_t more = a.refusals.size() - 1;
  fail(a.file, ": ", a.refusals.front(), more ? text(" (and ", more, " more)") : "",
       switches.empty() ? "" : "; try" + switches,
       more || switches.empty() ? "; kennel info --model shows all" : "");
}

std::string to_text(const Anatomy& a) {
  std::ostringstream out;
  out << a.file << '\n';
  if (a.understood) {
    out << "  " << a.mass << " kg, legs of " << a.leg_length << " m, physics steps of "
        << a.timestep << " s\n  stands with its base at " << a.stance_height
        << " m (joints: " << a.stance_from << ")\n";
    if (a.base_damping > 0 || a.base_armature > 0 || a.base_frictionloss > 0)
      out << "  free joint: damping " << a.base_damping << ", armature " << a.base_armature
          << ", frictionloss " << a.base_frictionloss << '\n';
    out << '\n'
        << "Joints, in order: range [rad], stance [rad], kp [N m/rad], kd [N m s/rad], torque [N m]"
        << (a.symmetric ? ", mirror image" : "") << '\n';
    for (int k = 0; k < kNumJoints; ++k) write_joint(out, a, k);
    out << "\nLegs, feet and what can touch the floor\n";
    for (const LegAnatomy& leg : a.leg) {
      out << "  " << std::left << std::setw(12) << leg.name << std::right << " foot " << leg.foot
          << " (" << leg.foot_radius << " m); touching:";
      for (const std::string& geom : leg.touching) out << ' ' << geom;
      out << (leg.touching.empty() ? " nothing\n" : "\n");
    }
    if (!a.base_touching.empty()) {
      out << "  base         touching:";
      for (const std::string& geom : a.base_touching) out << ' ' << geom;
      out << '\n';
    }
    out << '\n'
        << (a.symmetric
                ? "Left and right are mirror images: feet agree to "
                : "Left and right are no mirror images (no mirrored training): feet miss by ")
        << a.mirror.error << " m\n\n";
  }
  write_lines(out, "Changed, as asked", a.edits);
  write_lines(out, "Doubtful", a.doubts);
  write_lines(out, "Not computed", a.ignored);
  write_lines(out, "Refused", a.refusals);
  if (a.refusals.empty()) out << "Kennel steps this robot.\n";
  const std::string switches = switches_that_help(a);
  if (!switches.empty()) out << "Try:" << switches << '\n';
  if (a.understood && without_servo(a) && switches.find("--add-servos") == std::string::npos)
    out << "To train it: --add-servos (actions are targets of position servos)\n";
  return out.str();
}

}  // namespace kennel
