// A quadruped that nothing in Kennel was made for: 30 kg, legs of 0.7 m, another order of its legs
// and, unless told otherwise, another timestep and another floor than the shipped robot's.
#pragma once

#include <string>

#include "kennel/core/check.h"
#include "test_policies.h"

namespace kennel {

struct BigRobot {
  double timestep = 0.002;  // s
  double floor = -0.3;      // m; nothing to stand on where it is NaN
  int hinges = 3;           // of a leg
  const char* servo =
      "<position name='JOINT' joint='JOINT' kp='200' kv='6' forcerange='-150 150'/>";

  std::string mjcf() const;
};

inline constexpr const char* kBigLegs[] = {"LF", "RF", "LH", "RH"};
inline constexpr const char* kBigJoints[] = {"HAA", "HFE", "KFE"};

inline std::string BigRobot::mjcf() const {
  std::string legs, servos;
  for (int leg = 0; leg < kNumLegs; ++leg) {
    std::string ends;
    for (int j = 0; j < hinges; ++j) {
      const std::string joint = text(kBigLegs[leg], "_", kBigJoints[j]);
      const std::string at = j == 0   ? text(leg < 2 ? 0.35 : -0.35, leg % 2 ? " -0.1 0" : " 0.1 0")
                             : j == 1 ? text(leg % 2 ? "0 -0.1 0" : "0 0.1 0")
                                      : "0 0 -0.35";
      legs += text("<body name='", joint, "_link' pos='", at, "'><inertial pos='0 0 -0.1' mass='",
                   j == 2 ? 0.5 : 1.0, "' diaginertia='0.01 0.01 0.002'/><joint name='", joint,
                   "' axis='", j == 0 ? "1 0 0" : "0 1 0",
                   "' range='-2.5 2.5' armature='0.05' damping='1'/>");
      if (j + 1 == hinges)
        legs += text("<geom name='", kBigLegs[leg], "_foot' size='0.03' pos='0 0 -0.35'/>");
      ends += "</body>";
      std::string own = servo;
      for (std::size_t found; (found = own.find("JOINT")) != std::string::npos;)
        own.replace(found, 5, joint);
      servos += own;
    }
    legs += ends;
  }
  const std::string ground =
      floor == floor ? text("<geom name='floor' type='plane' size='0 0 1' pos='0 0 ", floor, "'/>")
                     : "";
  return text("<mujoco model='big'><compiler angle='radian'/><option timestep='", timestep,
              "' integrator='implicitfast'/><worldbody>", ground,
              "<body name='trunk' pos='0 0 1'><freejoint/><inertial pos='0 0 0' mass='20' "
              "diaginertia='0.5 1.5 1.5'/><geom type='box' size='0.4 0.15 0.1' contype='0' "
              "conaffinity='0'/>",
              legs, "</body></worldbody><actuator>", servos, "</actuator></mujoco>");
}

/// It stands on bent legs and, whatever it observes, does nothing.
inline PolicyFile big_standing_policy() {
  PolicyFile policy = standing_policy();
  policy.robot = "big";
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    constexpr float kPose[] = {0.0f, 0.7f, -1.4f};
    policy.joint_names[joint] =
        text(kBigLegs[joint / kJointsPerLeg], "_", kBigJoints[joint % kJointsPerLeg]);
    policy.default_joint_pos[joint] = kPose[joint % kJointsPerLeg];
    policy.joint_lower_limits[joint] = -2.4f;
    policy.joint_upper_limits[joint] = 2.4f;
  }
  policy.kp.fill(200.0f);
  policy.kd.fill(6.0f);
  policy.physics_dt = 0.002;
  policy.size = 4.0;
  policy.start_height = 0.56;
  policy.fall_height = 0.25;
  policy.command = walk_command({-1.0f, 1.5f}, {-0.3f, 0.3f}, {-1.0f, 1.0f});
  return policy;
}

}  // namespace kennel
