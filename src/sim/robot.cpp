#include "kennel/sim/robot.h"

#include "envs/generic/any_robot.h"
#include "envs/robots.h"

namespace kennel {
namespace {

void check_names(const quadruped::RobotTraits& traits, const LoadedQuadruped& loaded,
                 const std::filesystem::path& file) {
  for (int k = 0; k < kNumJoints; ++k)
    KENNEL_CHECK(loaded.joint_names[k] == traits.joints[k], file.string(), ": joint ", k, " is ",
                 loaded.joint_names[k], ", that of ", traits.name, " is ", traits.joints[k],
                 "; for a robot that does not ship leave robot.name empty (--model alone)");
}

void check_choice(const RobotChoice& choice) {
  if (!choice.name.empty()) robot_named(choice.name);
  KENNEL_CHECK(!choice.name.empty() || !choice.model.empty(),
               "robot.name and robot.model are both empty; expected a shipped robot's name, or an "
               "MJCF file");
}

}  // namespace

Robot load_robot(const RobotChoice& choice) {
  if (!choice.name.empty()) {
    const quadruped::RobotTraits& traits = robot_named(choice.name);
    Robot robot{traits, load_quadruped(choice.file()), {}};
    check_names(traits, robot.loaded, choice.file());
    return robot;
  }
  check_choice(choice);
  const EditedModel model = compile_edited(choice.file(), {});
  Anatomy anatomy = describe(model);
  check_accepted(anatomy);
  return {generic::traits_of(anatomy), quadruped_from(*model.model, choice.file().string()),
          std::move(anatomy)};
}

Anatomy anatomy_of(const RobotChoice& choice) {
  check_choice(choice);
  Anatomy anatomy = describe(compile_edited(choice.file(), {}));
  check_accepted(anatomy);
  check_servos(anatomy);
  return anatomy;
}

}  // namespace kennel
