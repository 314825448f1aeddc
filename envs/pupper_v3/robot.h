// Stanford Pupper v3, as its own controller sees it.
#pragma once

#include "envs/quadruped/robot.h"

namespace kennel::pupper_v3 {

inline const quadruped::RobotTraits kRobot = {
    .name = "pupper_v3",
    .joints = {"leg_front_r_1", "leg_front_r_2", "leg_front_r_3", "leg_front_l_1", "leg_front_l_2",
               "leg_front_l_3", "leg_back_r_1", "leg_back_r_2", "leg_back_r_3", "leg_back_l_1",
               "leg_back_l_2", "leg_back_l_3"},
    .pose = {0.26f, 0.0f, -0.52f, -0.26f, 0.0f, 0.52f, 0.26f, 0.0f, -0.52f, -0.26f, 0.0f, 0.52f},
    .mirrored_leg = {1, 0, 3, 2},
    .joint_mirror = {-1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f, -1.0f,
                     -1.0f},
    .abduction = 1,
    .command_vx = {-0.75f, 0.75f},
    .command_vy = {-0.5f, 0.5f},
    .command_yaw = {-2.0f, 2.0f},
    .start_height = 0.17,
    .fall_tilt = 0.9,
    .fall_height = 0.06,
    .stance_height = 0.161,
};

}  // namespace kennel::pupper_v3
