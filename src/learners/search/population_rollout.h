// How good candidates are: every environment acts by its candidate's own policy.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/search/candidates.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct Evaluation {
  torch::Tensor returns;  // (population) float64 on the CPU, the mean of a candidate's episodes
  torch::Tensor env_scores{};  // (num_envs) float64 on the CPU, a candidate's beside each other
  // (population, rollout_steps) float64 on the CPU, what the returns are the sums of, 0 after a
  // fall; undefined unless asked for
  torch::Tensor rewards{};
  double mean_reward = 0.0;  // a control step of all environments, fallen or not
  double fallen = 0.0;       // share of the environments whose score ended with a fall
};

/// Scores a population in a batch of environments, num_envs / population of them a candidate, all
/// at once in every control step.
///
/// A score is the sum of rewards over `rollout_steps` from a fresh episode on. A fall ends it. A
/// time-out does not, and the next episode counts on: the clock would decide how much a candidate
/// may gather. A candidate's environments differ in what they draw (commands, noise, the robot
/// itself), and its score is their mean. By common random numbers environment j of every candidate
/// draws alike, episode after episode, so that candidates that act alike score alike, bit for bit,
/// and of two that act nearly alike the difference is not that of their draws (Law 2015, Simulation
/// Modeling and Analysis, section 11.2). Otherwise all draw on their own.
class PopulationRollout {
 public:
  PopulationRollout(VecEnv& env, Candidates& candidates, const SearchConfig& config,
                    WorkerPool& pool, const LearnerOps& ops)
      : env_(env), candidates_(candidates), config_(config), pool_(pool), ops_(ops) {}

  /// \param policies    (population, any) folded, float32 on the environments' device
  /// \param statistics  learns from every observation that was acted on
  /// \param generation  its number: where candidates draw alike, each generation draws anew
  /// \param keep_rewards  by control step, beside their sums
  Evaluation run(const torch::Tensor& policies, Normaliser& statistics, PhaseTimer& timer,
                 std::int64_t generation = 0, bool keep_rewards = false);

  /// Lets environments that drew alike draw on their own from the next generation on.
  /// \param generation  its number
  void draw_apart(std::int64_t generation);

 private:
  void start(std::int64_t population, std::int64_t generation);
  std::uint32_t first_episode(std::int64_t generation) const;
  void act(const torch::Tensor& policies, torch::Tensor& action);

  VecEnv& env_;
  Candidates& candidates_;
  SearchConfig config_;
  WorkerPool& pool_;
  const LearnerOps& ops_;
};

/// Scores with the worst finite one in the place of those that are not finite.
struct MendedScores {
  torch::Tensor scores;     // (population)
  std::int64_t failed = 0;  // how many were not finite
  torch::Tensor rewards{};  // (population, rollout_steps), the worst one's likewise; undefined
                            // where the evaluation has none
};

/// \throws Error naming the first environment when none is finite
MendedScores mended(const Evaluation& evaluation);

}  // namespace kennel
