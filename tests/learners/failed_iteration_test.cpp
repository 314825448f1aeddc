// A training whose played iteration meets what is not finite: what its run folder holds then.
#include <gtest/gtest.h>

#include <cmath>

#include "kennel/io/run_folder.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/run/train_loop.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/free_env.h"
#include "tests/rl/host_graph.h"

namespace kennel {
namespace {

constexpr int kNumEnvs = 32, kNumSteps = 4;

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = kNumSteps;
  config.network.actor_hidden = {16};
  config.network.critic_hidden = {16};
  config.num_minibatches = 2;
  return config;
}

/// Trains ten iterations, the host playing recordings, with a checkpoint after every second one.
class FailedIteration : public ::testing::Test {
 protected:
  FailedIteration() : run_(RunFolder::create(folder_ / "run", "", IfExists::kRefuse)) {
    ops_.make_graph = HostGraph::make;
    config_.steps = std::int64_t{10} * kNumSteps * kNumEnvs;
    config_.checkpoint_every = 2;
    config_.keep_checkpoints = 10;
  }

  /// \param reward  of the iteration after the fourth
  void train(float reward) {
    FreeEnv env(kNumEnvs);  // leaves the rewards as they are
    Ppo learner = ppo_of(env, small_config(), 1, {.num_threads = 1, .ops = ops_});
    const auto drain = [&] {
      learner.rollout().reward().fill_(learner.iteration() == 4 ? reward : 0.0f);
      return std::vector<Scalar>{};
    };
    volatile std::sig_atomic_t interrupted = 0;
    train_loop({.learner = learner,
                .run = &run_,
                .drain_stats = drain,
                .config = config_,
                .config_text = "",
                .interrupted = interrupted});
  }

  TensorArchive kept_batch() const { return TensorArchive::load(run_.failed_batch()); }

  /// The parameters of the last checkpoint, which a new learner takes.
  torch::Tensor last_parameters() const {
    FreeEnv env(kNumEnvs);
    Ppo learner = ppo_of(env, small_config(), 1, {.num_threads = 1, .ops = ops_});
    learner.load(run_.last_checkpoint());
    EXPECT_NO_THROW(learner.iterate());
    return learner.networks().parameters();
  }

  TempFolder folder_;
  RunFolder run_;
  LearnerOps ops_ = *kennel_cuda_learner_ops();
  TrainConfig config_;
};

TEST_F(FailedIteration, OfARewardThatIsNotANumberEndsTheRunAndLeavesTheLastGoodCheckpoint) {
  EXPECT_THROW(train(NAN), Error);
  EXPECT_EQ(run_.checkpoint_steps().back(), std::int64_t{4} * kNumSteps * kNumEnvs);
  EXPECT_EQ(kept_batch().number("iteration"), 5);
  EXPECT_TRUE(kept_batch().tensor("reward").isnan().all().item<bool>());
  EXPECT_TRUE(last_parameters().isfinite().all().item<bool>());
}

TEST_F(FailedIteration, OfALossThatIsNotFiniteIsLeftOutAndTrainingGoesOn) {
  EXPECT_NO_THROW(train(1e30f));
  EXPECT_EQ(run_.checkpoint_steps().back(), config_.steps);
  EXPECT_EQ(kept_batch().number("iteration"), 5);
  EXPECT_TRUE(kept_batch().tensor("parameters").isfinite().all().item<bool>());
  EXPECT_TRUE(last_parameters().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace kennel
