// What a method that learns from the past is to the learner around it, which steps the
// environments, keeps what they did, draws minibatches of it and writes checkpoints.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/off_policy/replay_buffer.h"
#include "src/learners/off_policy/trained_networks.h"

namespace kennel {

/// What a method is made of. All that is referred to must outlive it.
struct OffPolicyParts {
  const EnvSpec& spec;
  const Mirrors* mirrors;  // null: left and right are two
  std::uint64_t seed;
  torch::Device device;
  const LearnerOps& ops;
  WorkerPool& pool;
};

/// Some environments that are about to act.
struct Exploring {
  torch::Tensor obs;     // (rows, obs_size), as the networks read it
  torch::Tensor noise;   // (rows, action_noise), standard normal
  torch::Tensor spread;  // (rows, 1), from 0 to 1 over the batch: how daring each one is
};

/// Where x (any shape) is standard normal, uniform in [-1, 1].
inline torch::Tensor uniform_from_normal(const torch::Tensor& x) {
  return (x * 0.7071067811865476).erf();
}

/// Networks of one shape, to count what they take.
struct NetworkCount {
  MlpShape shape;
  int count = 1;
};

/// Networks under the name that a checkpoint has them by.
struct NamedNetworks {
  const char* name;
  TrainedNetworks& networks;
};

class OffPolicyMethod {
 public:
  virtual ~OffPolicyMethod() = default;

  /// Standard normal numbers that an environment's action, and a row of an update, takes.
  virtual std::int64_t action_noise() const = 0;
  virtual std::int64_t update_noise() const = 0;

  /// action (rows, action_size) in [-1, 1] <- what to try. Called on any thread.
  virtual void explore(const Exploring& at, int thread, torch::Tensor& action) = 0;

  /// action (rows, action_size) <- any that could be tried, each as likely.
  virtual void explore_blindly(const torch::Tensor& noise, torch::Tensor& action) {
    action.copy_(uniform_from_normal(noise.narrow(1, 0, action.size(1))));
  }

  /// Learns from a minibatch.
  /// \param noise    (rows, update_noise) standard normal
  /// \param update   updates before
  /// \param numbers  adds its own for logs, in the order of `number_names`
  virtual void update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
                      torch::Tensor& numbers) = 0;

  virtual std::vector<std::string_view> number_names() const = 0;

  /// The deployed policy, whose actions are within [-1, 1].
  virtual PolicyNetwork policy(const Normaliser& obs_normaliser) const = 0;

  virtual std::vector<NamedNetworks> networks() = 0;

  /// What it learns beside its networks.
  virtual void save(TensorArchive& /*archive*/) const {}
  virtual void load(const TensorArchive& /*archive*/) {}
};

/// Mirrors of a critic that reads a privileged observation and an action.
inline NetworkMirrors critic_mirrors(const Mirrors& mirrors) {
  NetworkMirrors out{mirrors.privileged_obs, identity_mirror(1)};
  const int offset = out.in.size();
  for (const int index : mirrors.action.index) out.in.index.push_back(offset + index);
  out.in.sign.insert(out.in.sign.end(), mirrors.action.sign.begin(), mirrors.action.sign.end());
  return out;
}

}  // namespace kennel
