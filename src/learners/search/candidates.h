// What a search looks for: candidates by their parameters, what they do in the environments, and
// what is deployed of them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/policy/policy_network.h"
#include "src/learners/search/search_config.h"

namespace kennel {

class Candidates {
 public:
  virtual ~Candidates() = default;

  virtual std::int64_t num_parameters() const = 0;

  /// Where a search begins, (num_parameters) float64.
  virtual torch::Tensor start(std::uint64_t seed) const = 0;

  /// The numbers that candidates act by, (rows, any) float64.
  /// \param parameters  (rows, num_parameters) float64 on the CPU
  /// \param mean, inv_std  (obs_size) of the observations
  virtual torch::Tensor folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                               const torch::Tensor& inv_std) const = 0;

  /// All environments begin an episode.
  virtual void reset(std::int64_t /*num_envs*/) {}

  /// action (P, E, action_size) <- what P candidates do in E environments each. Slices of a batch
  /// may act side by side.
  /// \param first   of the candidates, in the batch
  /// \param folded  (P, any) float32
  /// \param obs     (P, E, obs_size) float32
  virtual void act(std::int64_t first, const torch::Tensor& folded, const torch::Tensor& obs,
                   torch::Tensor& action) = 0;

  /// After a control step: episodes that it ended have begun anew.
  virtual void stepped(const StepBuffers& /*now*/) {}

  /// One folded row, for deployment.
  virtual PolicyNetwork deployed(const torch::Tensor& folded) const = 0;

  /// What must agree between a checkpoint and who loads it, for people: "linear policy".
  virtual std::string description() const = 0;
};

/// \param section  of the method, for messages
/// \param mirrors  null: left and right are two
/// \param gait     of the robot in the environments, where they have one that walks
/// \throws Error for a gait that these environments have no robot for
std::unique_ptr<Candidates> make_candidates(const std::string& section, const EnvSpec& spec,
                                            const SearchConfig& config, const Mirrors* mirrors,
                                            const std::optional<GaitContract>& gait);

}  // namespace kennel
