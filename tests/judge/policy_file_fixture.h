// A policy file of the robot's own format, and a folder for it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/io/temp_folder.h"

namespace kennel {

using Json = nlohmann::json;

// The robot's own format with nothing of ours: 36 inputs, two hidden units, actions always zero.
inline Json tiny_robot_file() {
  Json first = Json::array();
  for (int row = 0; row < 36; ++row) first.push_back(row == 6 ? Json{0.1, -0.1} : Json{0, 0});
  const Json zeros = std::vector<int>(12);
  return {{"use_imu", true},
          {"control_orientation", true},
          {"observation_history", 1},
          {"action_scale", 0.75},
          {"kp", 5.0},
          {"kd", 0.25},
          {"default_joint_pos", {0.26, 0, -0.52, -0.26, 0, 0.52, 0.26, 0, -0.52, -0.26, 0, 0.52}},
          {"joint_upper_limits",
           {2.51, 3.14, 0.71, 1.22, 0.42, 2.79, 2.51, 3.14, 0.71, 1.22, 0.42, 2.79}},
          {"joint_lower_limits",
           {-1.22, -0.42, -2.79, -2.51, -3.14, -0.71, -1.22, -0.42, -2.79, -2.51, -3.14, -0.71}},
          {"maximum_pitch_command", 0.0},
          {"maximum_roll_command", 0.0},
          {"in_shape", {nullptr, 36}},
          {"layers",
           {{{"type", "dense"},
             {"activation", "elu"},
             {"shape", {nullptr, 2}},
             {"weights", Json::array({first, Json{0, 0}})}},
            {{"type", "dense"},
             {"activation", "tanh"},
             {"shape", {nullptr, 12}},
             {"weights", Json::array({Json::array({zeros, zeros}), zeros})}}}}};
}

class PolicyFileTest : public testing::Test {
 protected:
  std::string file(const std::string& bytes) {
    const auto path = folder_ / "policy.json";
    write_raw(path, bytes);
    return path.string();
  }

  TempFolder folder_;
};

}  // namespace kennel
