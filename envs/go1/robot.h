// Unitree Go1, as a controller of its joints sees it.
#pragma once

#include "envs/quadruped/robot.h"

namespace kennel::go1 {

inline const quadruped::RobotTraits kRobot = {
    .name = "go1",
    .joints = {"FR_hip_joint", "FR_thigh_joint", "FR_calf_joint", "FL_hip_joint", "FL_thigh_joint",
               "FL_calf_joint", "RR_hip_joint", "RR_thigh_joint", "RR_calf_joint", "RL_hip_joint",
               "RL_thigh_joint", "RL_calf_joint"},
    .pose = {0.1f, 0.9f, -1.8f, -0.1f, 0.9f, -1.8f, 0.1f, 0.9f, -1.8f, -0.1f, 0.9f, -1.8f},
    .mirrored_leg = {1, 0, 3, 2},
    .joint_mirror = {-1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f},
    .abduction = 0,
    .command_vx = {-1.1f, 1.1f},
    .command_vy = {-0.75f, 0.75f},
    .command_yaw = {-1.25f, 1.25f},
    .start_height = 0.295,
    .fall_tilt = 0.9,
    .fall_height = 0.103,
    .stance_height = 0.294,
    .size = 2.3,
};

}  // namespace kennel::go1
