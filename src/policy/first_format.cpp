#include "kennel/policy/first_format.h"

namespace kennel {

const RobotContract& first_format_robot() {
  static const RobotContract robot = [] {
    RobotContract r;
    r.robot = "pupper_v3";
    r.joint_names = {"leg_front_r_1", "leg_front_r_2", "leg_front_r_3", "leg_front_l_1",
                     "leg_front_l_2", "leg_front_l_3", "leg_back_r_1",  "leg_back_r_2",
                     "leg_back_r_3",  "leg_back_l_1",  "leg_back_l_2",  "leg_back_l_3"};
    r.frame = {
        {"base_angular_velocity", 3, 1.0f, "rad/s, base frame"},
        {"projected_gravity", 3, 1.0f, "unit vector, base frame; (0, 0, -1) upright"},
        {"command", 3, 1.0f, "vx, vy in m/s and yaw rate in rad/s, base frame"},
        {"desired_world_z", 3, 1.0f, "unit vector, base frame; (0, 0, 1) upright"},
        {"joint_position", 12, 1.0f, "rad, minus the default pose"},
        {"last_action", 12, 1.0f, "the action of the step before, in [-1, 1]"},
    };
    r.kp.fill(5.0f);
    r.kd.fill(0.25f);
    r.command = walk_command({-0.75f, 0.75f}, {-0.5f, 0.5f}, {-2.0f, 2.0f});
    r.start_height = 0.17;
    r.fall_tilt = 0.9;
    r.fall_height = 0.06;
    return r;
  }();
  return robot;
}

}  // namespace kennel
