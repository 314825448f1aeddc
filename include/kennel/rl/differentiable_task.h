// What a method that follows exact derivatives needs of a task: the return of an episode as a
// function of a few numbers, with its gradient.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kennel/policy/policy_network.h"

namespace kennel {

/// Which episode: equal keys mean the same random numbers, and with the same parameters the same
/// start.
struct EpisodeKey {
  std::uint64_t seed = 0;
  std::uint64_t index = 0;  // among those of the seed
};

/// What an episode came to.
struct EpisodeOutcome {
  double earned = 0.0;  // the return
  bool fallen = false;  // a robot's fall ended it, or came before what counts
};

/// The policies that are looked for, by their numbers, and what an episode under one of them
/// returns. It is called from several threads at once.
class DifferentiableTask {
 public:
  virtual ~DifferentiableTask() = default;

  /// What kind of policy its numbers make: "linear policy".
  virtual std::string description() const = 0;

  virtual int num_parameters() const = 0;

  /// Control steps of an episode.
  virtual int episode_steps() const = 0;

  /// Whether what an episode returns is the sum of the environments' rewards: else the two are not
  /// to be compared.
  virtual bool pays_reward() const = 0;

  /// Where learning begins, (num_parameters).
  virtual std::vector<double> start() const = 0;

  /// Sets the derivatives of an episode's return by the parameters, and says what it came to. Where
  /// the start depends on the parameters, it counts as given. What is not finite is given back as
  /// it is.
  /// \param parameters  (num_parameters)
  /// \param horizon     control steps that count, from 1 to episode_steps
  /// \param out         (num_parameters)
  virtual EpisodeOutcome gradient(std::span<const double> parameters, const EpisodeKey& episode,
                                  int horizon, std::span<double> out) const = 0;

  /// The policy of these numbers, for deployment.
  virtual PolicyNetwork policy(std::span<const double> parameters) const = 0;
};

}  // namespace kennel
