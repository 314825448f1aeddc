// What the rest of the program knows of a learning method: a row of a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kennel/contract/mirror.h"
#include "kennel/io/config_block.h"
#include "kennel/policy/gait_policy.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/learner.h"

namespace kennel {

class Collective;
class DifferentiableTask;
struct EnvSpec;
struct LearnerOps;
class VecEnv;

/// What a learner is made of. All that is referred to but `config` must outlive it, and nobody else
/// may step the environments.
struct LearnerParts {
  VecEnv& env;
  const ConfigBlock& config;  // of the method
  std::uint64_t seed = 0;
  std::optional<Mirrors> mirrors;      // the environments' left and right, where they have them
  std::optional<GaitContract> gait{};  // of the robot in the environments, for what seeks a gait
  const DifferentiableTask* differentiable = nullptr;  // the task's derivatives, where it has them
  std::string not_differentiable = {};                 // why not, in words
  int num_threads = 0;    // of the learner on the CPU, 0: one for each usable core. The results do
                          // not depend on it
  const LearnerOps& ops;  // how the arithmetic is done, `ops_for` the environments' device
  const Collective& all;  // who else trains this policy, `alone()` where nobody does
  bool record = true;     // where the device can record its work, an iteration is recorded once and
                          // played from then on; the results are the same
};

/// A key of a method's section that a run which goes on cannot change, and why not.
struct FixedKey {
  const char* key;
  const char* why;
};

/// A learning method. A new one is a folder in src/learners and a row in src/learners/learners.cpp.
struct LearnerEntry {
  const char* name;     // in recipes: train.algorithm
  const char* summary;  // what it is, in a line

  /// Its section of the recipe, as it is by default.
  ConfigBlock (*config)();

  /// \throws Error when the config is wrong, or asks for mirrors where there are none
  std::unique_ptr<Learner> (*make)(const LearnerParts& parts);

  /// The layers of the policy that it will deploy, without their numbers.
  PolicyNetwork (*policy_layers)(const ConfigBlock& config, int obs_size, int action_size);

  const char* layers_key;  // the section's key that these layers follow from

  /// Changes what asks for the environments' left and right to what does without.
  void (*drop_symmetry)(ConfigBlock& config);

  /// Bytes that it takes on its device, the environments' own not counted.
  std::size_t (*bytes)(const EnvSpec& spec, const ConfigBlock& config, const LearnerOps& ops);

  /// Control steps, of all environments together, before it has learnt for the first time; null:
  /// not known.
  /// \param episode_steps  of a whole episode of the task's derivatives, for what climbs them
  std::int64_t (*least_steps)(const ConfigBlock& config, int num_envs, int episode_steps) = nullptr;

  std::span<const FixedKey> fixed;

  // For `kennel info --algorithms`; empty where a row does not say it.
  const char* policy = "";  // what it looks for: "dense network", "linear"
  const char* cannot = "";  // what it cannot serve

  /// Whether it looks for a gait by this config, on a task with a robot or without: then its policy
  /// has no layers, and it takes LearnerParts::gait or the derivatives by a gait's numbers. Null:
  /// never.
  bool (*seeks_gait)(const ConfigBlock& config, bool has_robot) = nullptr;
};

}  // namespace kennel
