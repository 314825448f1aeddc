// Checkpoints, repeatability and the exported policy.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/skipped_updates.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::ppo_test {
namespace {

constexpr int kNumEnvs = 40;

PpoConfig small_config(bool symmetric = true) {
  PpoConfig config;
  config.rollout.num_steps = 12;
  config.num_minibatches = 4;
  config.network.actor_hidden = {16, 16};
  config.network.critic_hidden = {16};
  config.network.symmetric = symmetric;
  return config;
}

class PpoFiles : public testing::Test {
 protected:
  PpoFiles()
      : folder_(std::filesystem::temp_directory_path() / text("kennel_ppo_test_", ::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~PpoFiles() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const char* name) const { return folder_ / name; }

  // Trains for some iterations and writes a checkpoint.
  void train(const char* name, std::uint64_t seed, int iterations, int num_threads) const {
    PointMassEnv env(kNumEnvs);
    Ppo learner = ppo_of(env, config_, seed,
                         {.mirrors = PointMassEnv::mirrors(), .num_threads = num_threads});
    for (int k = 0; k < iterations; ++k) learner.iterate();
    learner.save(file(name), "a = 1\n");
  }

  void expect_that_threads_change_nothing() const {
    train("one", 3, 4, 1);
    train("two", 3, 4, 3);
    EXPECT_EQ(read_file(file("one")), read_file(file("two")));
  }

  void expect_that_a_resumed_run_continues() const {
    train("whole", 3, 7, 1);
    train("half", 3, 4, 1);
    PointMassEnv env(kNumEnvs, /*seed=*/1);
    Ppo learner = ppo_of(env, config_, /*seed=*/999, {.mirrors = PointMassEnv::mirrors()});
    learner.load(file("half"));
    EXPECT_EQ(learner.iteration(), 4);
    EXPECT_EQ(learner.env_steps(), 4 * 12 * kNumEnvs);
    for (int k = 0; k < 3; ++k) learner.iterate();
    learner.save(file("resumed"), "a = 1\n");
    EXPECT_EQ(read_file(file("whole")), read_file(file("resumed")));
  }

  std::string load_error(const std::filesystem::path& path, const PpoConfig& config,
                         int num_envs = kNumEnvs) const {
    PointMassEnv env(num_envs);
    Ppo learner = ppo_of(env, config, 1, {.mirrors = PointMassEnv::mirrors()});
    const torch::Tensor before = learner.networks().parameters().clone();
    std::string message;
    try {
      learner.load(path);
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_TRUE(torch::equal(before, learner.networks().parameters()));
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }

  PpoConfig config_ = small_config();

 private:
  std::filesystem::path folder_;
};

TEST_F(PpoFiles, TwoRunsWithTheSameSeedWriteTheSameBytesWhateverTheNumberOfThreads) {
  expect_that_threads_change_nothing();
}

TEST_F(PpoFiles, AnotherSeedTrainsAnotherPolicy) {
  train("one", 3, 2, 1);
  train("two", 4, 2, 1);
  EXPECT_NE(read_file(file("one")), read_file(file("two")));
}

TEST_F(PpoFiles, AResumedRunContinuesBitForBit) { expect_that_a_resumed_run_continues(); }

/// Layers wide enough for products of bfloat16 factors.
class PpoFilesInBf16 : public PpoFiles {
 protected:
  void SetUp() override {
    if (bf16_products() == nullptr) GTEST_SKIP() << "this processor has no AVX512_BF16";
    config_.network.actor_hidden = config_.network.critic_hidden = {64, 64};
    config_.precision = "bf16";
  }
};

TEST_F(PpoFilesInBf16, AreOtherNumbers) {
  train("bf16", 3, 2, 1);
  config_.precision = "fp32";
  train("fp32", 3, 2, 1);
  EXPECT_NE(read_file(file("bf16")), read_file(file("fp32")));
}

TEST_F(PpoFilesInBf16, AreTheSameBytesWhateverTheNumberOfThreads) {
  expect_that_threads_change_nothing();
}

TEST_F(PpoFilesInBf16, AResumedRunContinuesBitForBit) { expect_that_a_resumed_run_continues(); }

TEST_F(PpoFiles, NetworksOfACheckpointCanStartANewRun) {
  train("old", 3, 4, 1);
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 5, {.mirrors = PointMassEnv::mirrors()});
  learner.load_networks(file("old"));
  EXPECT_EQ(learner.iteration(), 0);
  const std::vector<float> input = {0.3f, -0.2f, 0.1f, 0.5f};
  EXPECT_EQ(forward(learner.policy(), input), forward(read_checkpoint(file("old")).policy, input));
}

TEST_F(PpoFiles, ACheckpointTellsItsConfigProgressAndPolicy) {
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 5, {.mirrors = PointMassEnv::mirrors()});
  learner.iterate();
  learner.save(file("c"), "gamma = 0.9\n");
  const CheckpointSummary summary = read_checkpoint(file("c"));
  EXPECT_EQ(summary.config, "gamma = 0.9\n");
  EXPECT_EQ(summary.iteration, 1);
  EXPECT_EQ(summary.env_steps, 12 * kNumEnvs);
  ASSERT_EQ(summary.policy.layers.size(), learner.policy().layers.size());
  EXPECT_EQ(summary.policy.layers[0].weights, learner.policy().layers[0].weights);
  EXPECT_EQ(summary.policy.layers.back().activation, "tanh");
}

TEST_F(PpoFiles, ACheckpointCutAnywhereIsRefused) {
  train("good", 1, 1, 1);
  const std::string bytes = read_file(file("good"));
  for (const std::size_t length : {std::size_t{0}, std::size_t{4}, std::size_t{10}, std::size_t{19},
                                   bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(file("cut"), std::ios::binary) << bytes.substr(0, length);
    const std::string message = load_error(file("cut"), small_config());
    EXPECT_NE(message.find("cut"), std::string::npos) << length << ": " << message;
  }
}

TEST_F(PpoFiles, ACheckpointWithOneWrongBitIsRefused) {
  train("good", 1, 1, 1);
  std::string bytes = read_file(file("good"));
  for (const std::size_t at : {std::size_t{20}, bytes.size() / 3, bytes.size() - 3}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(file("damaged"), std::ios::binary) << damaged;
    EXPECT_NE(load_error(file("damaged"), small_config()).find("damaged"), std::string::npos);
  }
}

TEST_F(PpoFiles, ACheckpointOfAnotherNetworkOrBatchIsRefusedWithBothNamed) {
  train("good", 1, 1, 1);
  PpoConfig wider = small_config();
  wider.network.actor_hidden = {32, 16};
  const std::string message = load_error(file("good"), wider);
  EXPECT_NE(message.find("16-16"), std::string::npos) << message;
  EXPECT_NE(message.find("32-16"), std::string::npos) << message;
  EXPECT_NE(load_error(file("good"), small_config(), 2 * kNumEnvs).find("40 environments"),
            std::string::npos);
}

TEST_F(PpoFiles, AMissingCheckpointIsRefusedByName) {
  EXPECT_NE(load_error(file("nowhere"), small_config()).find("nowhere"), std::string::npos);
}

class Export : public testing::TestWithParam<bool> {};

TEST_P(Export, ComputesWhatTheTrainedNetworkDoesOnRawObservations) {
  PointMassEnv env(kNumEnvs);
  PpoConfig config = small_config(GetParam());
  config.network.activation = GetParam() ? "relu" : "elu";
  Ppo learner = ppo_of(env, config, 5, {.mirrors = PointMassEnv::mirrors()});
  for (int k = 0; k < 5; ++k) learner.iterate();
  const PolicyNetwork policy = learner.policy();

  const torch::Tensor obs = learner.rollout().last_obs().clone();
  torch::Tensor input = torch::empty_like(obs);
  learner.obs_normaliser().apply(obs, input, learner.networks().actor_input());
  MlpWorkspace workspace(learner.networks().actor_shape(), torch::kCPU, Passes::kForward);
  workspace.resize(kNumEnvs);
  const torch::Tensor expected = forward(cpu_ops(), learner.networks().actor(), input, workspace);
  EXPECT_GT((input - obs).abs().max().item<float>(), 0.1f);  // the normaliser did something
  for (int env_index = 0; env_index < kNumEnvs; ++env_index) {
    const float* x = obs.const_data_ptr<float>() + 4 * env_index;
    const std::vector<float> action = forward(policy, std::span(x, 4));
    for (int k = 0; k < 2; ++k) {
      EXPECT_NEAR(action[static_cast<std::size_t>(k)], expected[env_index][k].item<float>(), 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Symmetric, Export, testing::Bool());

TEST(Ppo, SymmetricWithoutMirrorsIsRefused) {
  PointMassEnv env(kNumEnvs);
  EXPECT_THROW(ppo_of(env, small_config(), 1), Error);
}

TEST(Ppo, PassesProgressOnToTheEnvironment) {
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 1, {.mirrors = PointMassEnv::mirrors()});
  learner.set_progress(0.25);
  EXPECT_EQ(env.progress, 0.25);
}

TEST(Ppo, ReportsWhatHappened) {
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 1, {.mirrors = PointMassEnv::mirrors()});
  const IterationReport report = learner.iterate();
  EXPECT_EQ(report.iteration, 1);
  EXPECT_EQ(report.env_steps, 12 * kNumEnvs);
  EXPECT_NEAR(report.mean_reward, learner.rollout().reward().mean().item<double>(), 1e-6);
  EXPECT_NEAR(report.at("train/std"), 0.5, 0.02);
  EXPECT_NEAR(report.at("train/entropy"), 2 * (std::log(report.at("train/std")) + 1.4189385), 1e-3);
  EXPECT_GT(report.at("train/kl"), 0.0);
  EXPECT_EQ(report.at("train/skipped_updates"), 0);
}

TEST(Ppo, CountsTheUpdatesThatItLeftOut) {
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 1, {.mirrors = PointMassEnv::mirrors()});
  learner.iterate();
  EXPECT_EQ(learner.updates(), 3 * 4);
  EXPECT_EQ(learner.skipped_updates(), 0);
  env.reward_offset = NAN;
  EXPECT_THROW(learner.iterate(), Error);
}

TEST(Ppo, KeepsTheBatchThatGaveALossThatIsNotFinite) {
  const TempFolder folder;
  const std::filesystem::path file = folder / "failed";
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 1, {.mirrors = PointMassEnv::mirrors()});
  learner.iterate();
  EXPECT_FALSE(learner.save_failure(file));
  EXPECT_FALSE(std::filesystem::exists(file));
  env.reward_offset = 1e30f;  // finite, but its square is not
  learner.iterate();
  EXPECT_GT(learner.skipped_updates(), 0);
  ASSERT_TRUE(learner.save_failure(file));
  const TensorArchive kept = TensorArchive::load(file);
  EXPECT_EQ(kept.number("iteration"), 2);
  EXPECT_TRUE(torch::equal(kept.tensor("reward"), learner.rollout().reward()));
  EXPECT_TRUE(kept.tensor("parameters").isfinite().all().item<bool>());
  EXPECT_EQ(kept.tensor("obs").size(0), kept.tensor("reward").size(0) + 1);
  env.reward_offset = 0.0f;
  learner.iterate();
  EXPECT_FALSE(learner.save_failure(file)) << "of the last iteration only";
  env.reward_offset = NAN;
  EXPECT_THROW(learner.iterate(), Error);
  EXPECT_TRUE(learner.save_failure(file)) << "also where the environment is to blame";
}

TEST(SkippedUpdates, AreTooManyAboveAFewAndOneInAHundred) {
  EXPECT_FALSE(too_many_skipped(0, 0));
  EXPECT_FALSE(too_many_skipped(5, 5));
  EXPECT_TRUE(too_many_skipped(6, 9));
  EXPECT_FALSE(too_many_skipped(90, 9000));
  EXPECT_TRUE(too_many_skipped(91, 9000));
}

TEST(Ppo, StopsWithOneClearLineWhenRewardsAreNotFinite) {
  PointMassEnv env(kNumEnvs);
  Ppo learner = ppo_of(env, small_config(), 1, {.mirrors = PointMassEnv::mirrors()});
  env.reward_offset = NAN;
  try {
    learner.iterate();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the reward of environment 0 is not finite at step 0"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace kennel::ppo_test
