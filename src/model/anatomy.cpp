#include "kennel/model/anatomy.h"

#include <algorithm>
#include <map>

#include "kennel/core/infinity.h"
#include "src/model/edit_parts.h"
#include "src/model/finite.h"
#include "src/model/mirror.h"
#include "src/model/read.h"
#include "src/model/standing.h"
#include "src/model/unsupported.h"

namespace kennel {
namespace {

/// Feet that miss their mirror image by so much of the leg's length have none.
constexpr double kAsymmetric = 0.02;

std::string geom_name(const mjModel& m, int geom) {
  return geom < 0 ? "none" : geom_label(m, geom);
}

/// What an actuator that the dynamics have is called.
std::string drive_name(const mjModel& m, int actuator, const JointAnatomy& joint) {
  if (is_direct_servo(m, actuator)) return "position servo";
  const bool fixed = joint.gain[1] == 0 && joint.gain[2] == 0;
  const auto& [still, by_angle, by_speed] = joint.bias;
  if (fixed && still == 0 && by_angle == 0 && by_speed == 0) return "motor";
  const double by = gear(m, actuator);
  if (fixed && still == 0 && by_angle == 0 && by_speed == -by * joint.gain[0])
    return "velocity servo";
  if (is_servo(m, actuator)) return "geared position servo";
  return "affine actuator";
}

/// \param actuator  of the joint; -1: nothing that the dynamics have
JointAnatomy joint_from(const mjModel& m, int actuator, const Hinge<double>& hinge,
                        const std::string& name, double stance) {
  JointAnatomy joint;
  joint.name = name;
  joint.low = hinge.limits_at_once ? hinge.range_low : -kInfinity;
  joint.high = hinge.limits_at_once ? hinge.range_high : kInfinity;
  joint.stance = stance;
  joint.ctrl_low = joint.ctrl_high = joint.torque_low = joint.torque_high = 0;
  if (actuator >= 0) {
    joint.gain = {hinge.gain, hinge.gain_q, hinge.gain_qd};
    joint.bias = {hinge.bias, 0.0 - hinge.kp, 0.0 - hinge.kd};  // never minus zero
    joint.drive = drive_name(m, actuator, joint);
    joint.ctrl_low = hinge.target_low;
    joint.ctrl_high = hinge.target_high;
    joint.torque_low = hinge.force_low;
    joint.torque_high = hinge.force_high;
    joint.ctrl_index = hinge.ctrl_index;
    if (is_direct_servo(m, actuator)) joint.kp = hinge.kp, joint.kd = hinge.kd;
  }
  joint.damping = hinge.damping;
  joint.armature = hinge.armature;
  joint.frictionloss = hinge.frictionloss;
  return joint;
}

std::string place_of(const mjtNum* hip) {
  return std::string(hip[0] > 0 ? "front" : "back") + (hip[1] > 0 ? " left" : " right");
}

/// What many elements are refused for is one line.
std::vector<std::string> grouped(const std::vector<Refusal>& refusals) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> elements;
  for (const Refusal& refusal : refusals) {
    auto& group = elements[refusal.what];
    if (group.empty()) order.push_back(refusal.what);
    group.push_back(refusal.element);
  }
  std::vector<std::string> lines;
  for (const std::string& what : order) lines.push_back(listed(elements[what], 3) + ": " + what);
  return lines;
}

std::vector<std::string> ignored_by_kind(const mjModel& m) {
  std::vector<std::string> lines;
  const auto count = [&](auto number, const char* what) {
    if (number > 0) lines.push_back(text(number, " ", what));
  };
  int silent = 0;
  for (int g = 0; g < m.ngeom; ++g) silent += !m.geom_contype[g] && !m.geom_conaffinity[g];
  count(silent, "geoms that collide with nothing (seen, not felt)");
  count(m.nsensor, "sensors (observations are the task's)");
  return lines;
}

void describe_legs(const EditedModel& edited, const Skeleton& skeleton,
                   const LoadedQuadruped& loaded, Anatomy& out) {
  const mjModel& m = *edited.model;
  const auto feet = find_feet(m, skeleton);
  const Stance stance = find_stance(m, skeleton, feet, loaded.model.floor_height);
  out.stance_height = stance.qpos[2] - loaded.model.floor_height;
  out.stance_from = edited.stance_from.empty() ? stance.from : edited.stance_from;
  out.leg_length = leg_length(m, skeleton, feet);
  out.mirror = find_mirror(m, skeleton, feet, stance);
  out.symmetric = out.mirror.error < kAsymmetric * out.leg_length;
  Poser poser(m, skeleton, feet);
  std::copy_n(stance.qpos.data() + 7, kNumJoints, poser.joints());
  for (int leg = 0; leg < kNumLegs; ++leg) {
    LegAnatomy& anatomy = out.leg[leg];
    anatomy.name = place_of(poser.pose(leg).hip);
    anatomy.foot = geom_name(m, feet[leg].geom);
    anatomy.foot_radius = feet[leg].radius;
    const auto& robot = loaded.model.leg[leg];
    for (int s = 0; s < robot.num_spheres; ++s)
      (robot.sphere[s].link < 0 ? out.base_touching : anatomy.touching)
          .push_back(geom_name(m, loaded.sphere_geom[leg][s]));
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      anatomy.joint[j] = joint_from(m, loaded.actuators[k], loaded.model.leg[leg].hinge[j],
                                    loaded.joint_names[k], stance.qpos[7 + k]);
      axis_of(m, skeleton, k, anatomy.joint[j].axis.data());
    }
  }
  weigh_stance(m, skeleton, feet, stance, out);
  out.doubts = doubts_of(out);
}

/// Lines about one file need not repeat its name.
void drop_file(const std::string& file, std::vector<std::string>& lines) {
  const std::string start = file + ": ";
  for (std::string& line : lines)
    if (line.rfind(start, 0) == 0) line.erase(0, start.size());
}

}  // namespace

Anatomy describe(const EditedModel& edited) {
  Anatomy out;
  out.file = edited.file.string();
  out.name = model_name(*edited.model, edited.file);
  out.edits = edited.warnings;
  std::vector<Refusal> refusals;
  const Source source{*edited.model, out.file, &refusals};
  const Source strict{*edited.model, out.file};
  try {
    refuse_not_finite(strict);
    refuse_unsupported(source);
    const Skeleton skeleton = find_skeleton(strict);
    const LoadedQuadruped loaded = read_quadruped(source, skeleton);
    out.understood = true;
    out.mass = loaded.model.total_mass;
    out.timestep = loaded.model.timestep;
    out.base_damping = loaded.model.base_damping;
    out.base_armature = loaded.model.base_armature;
    out.base_frictionloss = loaded.model.base_frictionloss;
    out.ignored = loaded.warnings;
    describe_legs(edited, skeleton, loaded, out);
    for (const std::string& line : ignored_by_kind(*edited.model)) out.ignored.push_back(line);
    out.refusals = grouped(refusals);
  } catch (const Error& error) {
    out.refusals = grouped(refusals);
    out.refusals.push_back(error.what());
  }
  for (auto* lines : {&out.edits, &out.ignored, &out.refusals}) drop_file(out.file, *lines);
  return out;
}

}  // namespace kennel
