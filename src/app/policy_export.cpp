#include "policy_export.h"

#include <cmath>

#include "envs/quadruped/gait.h"
#include "envs/quadruped/task.h"
#include "kennel/core/check.h"
#include "kennel/judge/quantities.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

/// The robot's file is text, and nobody reads a longer one than kLargestPolicyFile.
void check_size(const PolicyNetwork& network, const RunConfig& config) {
  constexpr double kBytesANumber = 14.0;  // in the mean, as trained weights are written
  double numbers = 0.0;
  for (const DenseLayer& layer : network.layers) numbers += (layer.in + 1.0) * layer.out;
  constexpr double kMiB = 1 << 20;
  const double most = kLargestPolicyFile / kMiB, size = kBytesANumber * numbers / kMiB;
  KENNEL_CHECK(size <= most, config.learner.section(), '.', config.method->layers_key,
               ": a policy of ", std::round(1e-5 * numbers) / 10.0,
               " million weights makes a file of some ", std::round(size),
               " MiB; a policy file has at most ", most, " MiB: use fewer or narrower layers");
}

/// The gait that a search starts from.
PolicyNetwork first_gait_of(const RunConfig& config) {
  KENNEL_CHECK(small_task_of(config) == nullptr, config.learner.section(),
               " seeks a gait, which moves the legs of a robot; the task ", config.task.name,
               " has none: use policy = \"network\", or a robot's task");
  return {{}, GaitPolicy{gait_of(config, load_robot(config.robot)), first_gait()}};
}

/// The policy of a recipe with all weights zero; where it seeks a gait, the one that it starts
/// from.
PolicyNetwork untrained(const RunConfig& config) {
  if (seeks_gait(config)) return first_gait_of(config);
  const small::TaskRow* task = small_task_of(config);
  const int obs_size = task ? task->obs_size() : quadruped::observation_size(config.env);
  const int action_size = task ? task->action_size : kPolicyJoints;
  PolicyNetwork network = config.method->policy_layers(config.learner, obs_size, action_size);
  check_size(network, config);
  for (DenseLayer& layer : network.layers) {
    layer.weights.resize(static_cast<std::size_t>(layer.in) * static_cast<std::size_t>(layer.out));
    layer.bias.resize(static_cast<std::size_t>(layer.out));
  }
  return network;
}

}  // namespace

bool seeks_gait(const RunConfig& config) {
  return config.method->seeks_gait != nullptr &&
         config.method->seeks_gait(config.learner, small_task_of(config) == nullptr);
}

GaitContract gait_of(const RunConfig& config, const Robot& robot) {
  gait::LegLines legs[kNumLegs];
  for (int leg = 0; leg < kNumLegs; ++leg)
    legs[leg] = quadruped::leg_lines(robot.loaded.model.leg[leg]);
  return gait_contract(contract_of(robot, config.env), legs);
}

std::string check_exportable(const RunConfig& config) {
  const PolicyFile policy =
      completed("the policy of this recipe", policy_file(untrained(config), config));
  if (!policy.has_robot()) return "";
  const judge::Told measured(policy);  // throws for what the judge cannot measure
  return deployment_warning(policy);
}

}  // namespace kennel
