// A small quadruped as MJCF and as URDF text, with what tests vary.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace kennel::testing {

struct SampleRobot {
  int legs = 4, hinges = 3;  // of a leg
  std::string option = "<option timestep='0.002'/>";
  std::string base_joint = "<freejoint/>";
  std::string on_base;  // in the base's body
  std::string on_calf;  // in each calf's body, beside the foot
  std::string foot = "<geom name='NAME_foot' type='sphere' size='0.02' pos='0 0 -0.2'/>";
  std::string joint_attributes;
  std::string actuator = "<position name='JOINT' joint='JOINT' kp='30' kv='0.8'/>";
  std::string world = "<geom name='floor' type='plane' size='0 0 0.05'/>";
  std::string rest;  // after the world

  std::string mjcf() const;
};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

inline constexpr const char* kLegNames[] = {"FL", "FR", "RL", "RR", "XX"};
inline constexpr const char* kHinges[] = {"hip", "thigh", "calf"};

inline std::string SampleRobot::mjcf() const {
  std::string bodies, actuators;
  for (int leg = 0; leg < legs; ++leg) {
    const std::string name = kLegNames[leg];
    const double x = leg == 4 ? 0 : leg < 2 ? 0.2 : -0.2, y = leg % 2 ? -0.1 : 0.1;
    std::string close;
    for (int j = 0; j < hinges; ++j) {
      const bool last = j + 1 == hinges;
      const std::string joint = name + "_" + kHinges[j];
      const std::string pos = j == 0   ? std::to_string(x) + " " + std::to_string(y) + " 0"
                              : j == 1 ? (y > 0 ? "0 0.05 0" : "0 -0.05 0")
                                       : "0 0 -0.2";
      bodies += "<body name='" + joint + "' pos='" + pos +
                "'><inertial pos='0 0 -0.05' mass='0.6' "
                "diaginertia='2e-3 2e-3 5e-4'/><joint name='" +
                joint + "' axis='" + (j ? "0 1 0" : "1 0 0") + "' range='" +
                (j == 0   ? "-0.8 0.8"
                 : j == 1 ? "-1 3"
                          : "-2.6 -0.7") +
                "' armature='0.01' damping='0.1' " + joint_attributes + "/>";
      if (last) bodies += replaced(foot + on_calf, "NAME", name);
      close += "</body>";
      if (!actuator.empty()) actuators += replaced(actuator, "JOINT", joint);
    }
    bodies += close;
  }
  return "<mujoco><compiler angle='radian' autolimits='true'/>" + option + "<worldbody>" + world +
         "<body name='trunk' pos='0 0 0.4'>" + base_joint +
         "<inertial pos='0 0 0' mass='6' diaginertia='0.05 0.1 0.1'/>" + on_base + bodies +
         "</body></worldbody><actuator>" + actuators + "</actuator>" + rest + "</mujoco>";
}

/// The same robot as a URDF; CALF is put into each calf's link, JOINT into each joint.
struct SampleUrdf {
  std::string joint_type = "revolute";
  std::string calf =
      "<collision><origin xyz='0 0 -0.2'/><geometry><sphere radius='0.02'/>"
      "</geometry></collision>";
  std::string calf_mass = "0.6";
  std::string rest;

  std::string text() const {
    const auto inertial = [](const std::string& mass) {
      return "<inertial><origin xyz='0 0 -0.05'/><mass value='" + mass +
             "'/><inertia ixx='2e-3' ixy='0' ixz='0' iyy='2e-3' iyz='0' izz='5e-4'/></inertial>";
    };
    std::string out =
        "<robot name='sample'><link name='root'/><link name='trunk'><inertial><mass "
        "value='6'/><inertia ixx='0.05' ixy='0' ixz='0' iyy='0.1' iyz='0' izz='0.1'/>"
        "</inertial></link><joint name='root_trunk' type='fixed'><parent link='root'/>"
        "<child link='trunk'/></joint>";
    for (int leg = 0; leg < 4; ++leg) {
      const std::string name = kLegNames[leg];
      const std::string x = leg < 2 ? "0.2" : "-0.2", y = leg % 2 ? "-" : "";
      for (int j = 0; j < 3; ++j) {
        const std::string joint = name + "_" + kHinges[j];
        const std::string pos = j == 0   ? x + " " + y + "0.1 0"
                                : j == 1 ? "0 " + y + "0.05 0"
                                         : "0 0 -0.2";
        out += "<link name='" + joint + "_link'>" + inertial(j == 2 ? calf_mass : "0.6") +
               (j == 2 ? calf : "") + "</link><joint name='" + joint + "' type='" + joint_type +
               "'><parent link='" + (j ? name + "_" + kHinges[j - 1] + "_link" : "trunk") +
               "'/><child link='" + joint + "_link'/><origin xyz='" + pos + "'/><axis xyz='" +
               (j ? "0 1 0" : "1 0 0") + "'/><limit lower='" +
               (j == 0   ? "-0.8' upper='0.8"
                : j == 1 ? "-1' upper='3"
                         : "-2.6' upper='-0.7") +
               "' effort='25' velocity='20'/></joint>";
      }
    }
    return out + rest + "</robot>";
  }
};

/// Writes a description to a file of the test's own.
inline std::filesystem::path written(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("kennel_" + name);
  std::ofstream(file) << text;
  return file;
}

}  // namespace kennel::testing
