// A search in parameters as a learning method: ask, evaluate in the environments, tell.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/search/candidates.h"
#include "src/learners/search/population_rollout.h"
#include "src/learners/search/search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

/// Makes the optimiser, which starts at `start` (n) float64 on the CPU.
using MakeSearch =
    std::function<std::unique_ptr<Search>(const torch::Tensor& start, std::uint64_t seed)>;

/// What a SearchLearner is told beside the parts of every learner.
struct SearchParts {
  const char* method = "";  // its section
  SearchConfig config;
  MakeSearch make;
};

/// One iteration is one generation. Same seed, same build, same device: the same bits.
class SearchLearner final : public Learner {
 public:
  /// See WorkerPool for what becomes of torch's own threads.
  /// \throws Error when the config is wrong, asks for mirrors where there are none, or for the gait of
  /// a robot that is not there, or other ranks train along
  SearchLearner(const LearnerParts& parts, const SearchParts& search);
  SearchLearner(const SearchLearner&) = delete;  // its parts refer to each other
  SearchLearner& operator=(const SearchLearner&) = delete;

  /// \throws Error when the return of no candidate is finite
  IterationReport iterate() override;

  void set_progress(double fraction) override { env_.set_progress(fraction); }
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return env_steps_; }
  PolicyNetwork policy() const override;

  void save(const std::filesystem::path& path, const std::string& config) const override;
  void load(const std::filesystem::path& path) override;

  /// From a checkpoint of any of the searches, of the same policy.
  void load_networks(const std::filesystem::path& path) override;

  void take_edits(const ConfigBlock& before) override;

 private:
  torch::Tensor folded(const torch::Tensor& parameters) const;
  std::string description() const;
  void check_policy(const TensorArchive& archive, const std::filesystem::path& path) const;

  VecEnv& env_;
  SearchConfig config_;
  std::string method_;
  std::uint64_t seed_;
  WorkerPool pool_;
  std::unique_ptr<Candidates> candidates_;
  Normaliser normaliser_;
  PopulationRollout rollout_;
  MakeSearch make_;
  std::unique_ptr<Search> search_;
  std::unique_ptr<PhaseTimer> timer_;
  std::int64_t iteration_ = 0, env_steps_ = 0;
};

}  // namespace kennel
