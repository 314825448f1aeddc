// Mirror maps from the observation tables.
#include "kennel/sim/env_spec.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

using quadruped::MirrorKind;

void append(const quadruped::ObsTerm& term, const quadruped::RobotTraits& robot,
            const quadruped::TaskRow& task, Mirror& mirror) {
  const int at = mirror.size();
  const auto put = [&](int index, float sign) {
    mirror.index.push_back(at + index);
    mirror.sign.push_back(sign);
  };
  static constexpr float kVector[3] = {1, -1, 1}, kAxial[3] = {-1, 1, -1};
  for (int i = 0; i < term.size; ++i) switch (term.mirror) {
      case MirrorKind::kVector:
        put(i, kVector[i]);
        break;
      case MirrorKind::kAxial:
        put(i, kAxial[i]);
        break;
      case MirrorKind::kCommand:
        put(i, task.command[i].mirror);
        break;
      case MirrorKind::kJoints:
        put(kJointsPerLeg * robot.mirrored_leg[i / kJointsPerLeg] + i % kJointsPerLeg,
            robot.joint_mirror[i]);
        break;
      case MirrorKind::kPerLeg:
        put(robot.mirrored_leg[i], 1);
        break;
      case MirrorKind::kClock:
        put(i, i < 2 ? -1 : 1);
        break;
      case MirrorKind::kScalars:
        put(i, 1);
        break;
    }
}

}  // namespace

Mirrors quadruped_mirrors(const quadruped::RobotTraits& robot, const EnvConfig& config) {
  const quadruped::TaskRow& task = config.row();
  Mirrors mirrors;
  const std::vector<quadruped::ObsTerm> frame = frame_of(task);
  for (int age = 0; age < config.task.history; ++age)
    for (const auto& term : frame) append(term, robot, task, mirrors.obs);
  if (task.traits.sees_motion)
    for (const auto& term : quadruped::kMotion) append(term, robot, task, mirrors.obs);
  for (const auto& term : frame) append(term, robot, task, mirrors.privileged_obs);
  for (const auto& term : quadruped::kPrivileged) append(term, robot, task, mirrors.privileged_obs);
  append({"action", kNumJoints, 1.0f, MirrorKind::kJoints, ""}, robot, task, mirrors.action);
  return mirrors;
}

}  // namespace kennel
