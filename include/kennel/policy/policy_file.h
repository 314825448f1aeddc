// The robot's policy file: one JSON object that its controller loads and that carries its own
// contract. A gait's has the gait in the place of the layers, and is for everything but that
// controller.
//
// The controller reads the network and the keys below; it ignores keys it does not know, so the
// file also says what its numbers mean (names, order, units, rate) and holds one observation with
// its action, which is checked on loading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kennel/contract/robot_contract.h"
#include "kennel/policy/policy_network.h"

namespace kennel {

inline constexpr int kPolicyJoints = kNumJoints;
inline constexpr int kPolicyFormatVersion = 2;

/// Steps of the physics that a policy may be trained and judged in, s.
inline constexpr double kShortestPhysicsDt = 1e-4, kLongestPhysicsDt = 0.01;
/// The most physics steps a control step may have in training.
inline constexpr int kMaxDecimation = 50;
/// The largest and, one over it, the smallest `RobotContract::size`.
inline constexpr double kLargestSize = 100.0;
/// Seconds between two actions of the robot's own controller, whatever a file says.
inline constexpr float kRobotControlDt = 0.02f;

/// What a policy's file says: its robot's contract, its network or gait, and what else that robot's
/// controller reads. A policy of a small task has no robot: `robot` is empty, and of the contract
/// `task`, `frame` and `control_dt` count alone.
struct PolicyFile : RobotContract {
  PolicyNetwork network{};  // (observation_history * frame) -> 12, or the small task's actions;
                            // layers, or a gait of the same contract
  std::string action{};     // what it is, with its unit; without a robot
  Range action_bounds{};    // beyond them an action is clamped; without a robot
  bool use_imu = true;      // false: the robot sees zero angular velocity and gravity (0, 0, -1)
  bool control_orientation = false;
  float maximum_pitch_command = 0.0f;       // degrees
  float maximum_roll_command = 0.0f;        // degrees
  std::optional<std::int64_t> env_steps{};  // of training, where the file says it

  /// One observation and the action it must give; empty when the file has none.
  std::vector<float> golden_obs{};     // (observation_history * frame)
  std::vector<float> golden_action{};  // (12), or the small task's actions

  bool has_robot() const { return !robot.empty(); }
};

/// For what only a robot's policy can do.
/// \param name     of the policy, for the message
/// \param command  "kennel play"
/// \throws Error where it has no robot, naming what works
void require_robot(const PolicyFile& policy, const std::string& name, const std::string& command);

/// How often physics steps of `physics_dt` seconds fit between two actions, rounded.
int decimation_of(const RobotContract& robot, double physics_dt);

/// Physics steps between two actions in training.
inline int decimation_of(const RobotContract& robot) {
  return decimation_of(robot, robot.physics_dt);
}

/// Whether actions are a whole number of physics steps of `physics_dt` seconds apart.
bool is_whole_decimation(const RobotContract& robot, double physics_dt);

/// What the robot's own controller would do otherwise than the policy was trained for, in a
/// sentence; empty when it does the same. Such a policy is whole: everything but that controller
/// plays it as it was trained.
std::string deployment_warning(const PolicyFile& policy);

/// How far the golden action may be from what the network computes; beyond it the file counts as
/// damaged.
inline constexpr float kGoldenTolerance = 1e-4f;

/// The largest policy file that is read, bytes; the largest policies in use are 38 MB.
inline constexpr std::uintmax_t kLargestPolicyFile = 64u << 20;

/// The bytes of a policy file of any format.
/// \throws Error when it cannot be read or is too large for one
std::string read_policy_bytes(const std::string& path);

/// Reads and checks the robot's JSON.
/// \param path  names the file in messages
/// \throws Error naming the place in it, what was expected and what came
PolicyFile policy_from_json(const std::string& path, const std::string& bytes);

/// Both in one.
/// \throws Error naming the file, the place in it, what was expected and what came
PolicyFile load_policy(const std::string& path);

/// `policy`, checked as `load_policy` would; where it has no golden pair, one is computed with this
/// library's own forward pass.
/// \param path  names the file in messages
/// \throws Error when the policy is inconsistent
PolicyFile completed(const std::string& path, const PolicyFile& policy);

/// What the robot's file says besides the numbers of its layers, as one JSON object: names, order,
/// units, gains, pose, limits, rate, history, golden pair, activations.
/// \param policy  complete, of layers
std::string policy_contract(const PolicyFile& policy);

/// Weights (in, out) row-major and bias (out) of a layer.
struct LayerNumbers {
  std::vector<float> weights, bias;
};

/// The policy that a contract and its layers' numbers make.
/// \param path  names the file in messages
/// \throws Error like `load_policy`
PolicyFile policy_from_contract(const std::string& path, const std::string& contract,
                                const std::vector<LayerNumbers>& layers);

/// Completes `policy`; the robot's JSON in one line, which `policy_from_json` reads.
/// \param path  names the file in messages
/// \throws Error when the policy is inconsistent
std::string policy_json(const std::string& path, const PolicyFile& policy);

/// Replaces `path` by `policy_json` in one step: a reader sees the old file or the new one.
/// \throws Error when the policy is inconsistent or the file cannot be written
void write_policy(const std::string& path, const PolicyFile& policy);

}  // namespace kennel
