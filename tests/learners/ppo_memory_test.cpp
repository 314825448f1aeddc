// What ppo_memory says against what a learner takes, and what fits a GPU.
#include "src/learners/ppo/ppo_memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/operation_counter.h"
#include "kennel/sim/memory_check.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/free_env.h"

namespace kennel::ppo_memory_test {
namespace {

constexpr double kGigabyte = 1e9;

PpoConfig wide() {
  PpoConfig config;
  config.network.actor_hidden = {512, 256, 128};
  config.network.critic_hidden = {512, 256, 128};
  return config;
}

TEST(LearnerMemory, IsWhatALearnerAllocates) {
  for (const LearnerOps* ops : {&torch_ops(), kennel_cuda_learner_ops()})
    for (const bool is_wide : {false, true}) {
      PpoConfig config = is_wide ? wide() : PpoConfig{};
      config.num_epochs = 1;  // the next needs no more, and the host is slow at kernels
      FreeEnv env(is_wide && ops->fused ? 100 : 1000);
      const OperationCounter counter;
      Ppo learner =
          ppo_of(env, config, 1, {.mirrors = FreeEnv::mirrors(), .num_threads = 1, .ops = *ops});
      learner.iterate();
      learner.iterate();
      const auto taken = static_cast<double>(counter.count().peak_bytes);
      const auto said = static_cast<double>(ppo_memory(env.spec(), config, *ops).total());
      EXPECT_GE(said, taken) << ops->name << is_wide;
      EXPECT_LE(said, 1.35 * taken) << ops->name << is_wide;
    }
}

/// Measures the memory that is asked for while it records, which a GPU's recording keeps.
class MeasuringGraph final : public DeviceGraph {
 public:
  static inline std::int64_t kept = 0;  // of all of them

  void begin_capture() override { counter_.emplace(); }
  void end_capture() override {
    kept += counter_->count().peak_bytes;
    counter_.reset();
  }
  void launch() override {}
  std::int64_t operations() const override { return 0; }

 private:
  std::optional<OperationCounter> counter_;
};

TEST(LearnerMemory, CountsWhatRecordingsKeep) {
  LearnerOps ops = *kennel_cuda_learner_ops();
  ops.make_graph = [](torch::Device) -> std::unique_ptr<DeviceGraph> {
    return std::make_unique<MeasuringGraph>();
  };
  MeasuringGraph::kept = 0;
  PpoConfig config;
  config.num_epochs = 1;
  FreeEnv env(1024);
  Ppo learner = ppo_of(env, config, 1, {.num_threads = 1, .ops = ops});
  for (int k = 0; k < 2; ++k) learner.iterate();
  const auto kept = static_cast<double>(MeasuringGraph::kept);
  constexpr double kPools = 3 * (22 << 20);  // each recording's, at least
  const double said = static_cast<double>(ppo_memory(env.spec(), config, ops).recordings) - kPools;
  EXPECT_GT(kept, 5e5);
  EXPECT_GE(said, kept);
  EXPECT_LE(said, 1.5 * kept);
  EXPECT_EQ(ppo_memory(env.spec(), config, *kennel_cuda_learner_ops()).recordings, 0u);
}

TEST(LearnerMemory, OfAQuarterOfAMillionEnvironmentsFitsAGpuOf80Gigabytes) {
  const EnvSpec spec{262144, 36, 87, 12, 0.02};
  const PpoMemory bytes = ppo_memory(spec, wide(), torch_ops());
  EXPECT_LT(static_cast<double>(bytes.total()), 40 * kGigabyte);
  // Whole, a minibatch of this batch would not.
  LearnerOps whole = torch_ops();
  whole.rows_a_slice.update = whole.rows_a_slice.value = std::int64_t{1} << 40;
  EXPECT_GT(static_cast<double>(ppo_memory(spec, wide(), whole).total()), 55 * kGigabyte);
}

TEST(LearnerMemory, IsPartOfHowManyEnvironmentsFit) {
  const EnvSpec spec{262144, 36, 87, 12, 0.02};
  EnvOptions options;
  options.device = "cuda:1";
  const std::size_t each = 1000, free = std::size_t{10} << 30;
  EXPECT_NO_THROW(check_memory(spec, options, each, free));
  options.learner_bytes = [](const EnvSpec& of) {
    return ppo_memory(of, wide(), torch_ops()).total();
  };
  std::string message;
  try {
    check_memory(spec, options, each, free);
  } catch (const Error& error) {
    message = error.what();
  }
  const auto has = [&](const std::string& part) { return message.find(part) != message.npos; };
  EXPECT_TRUE(has("262144 environments need 250 MiB")) << message;
  EXPECT_TRUE(has("cuda:1 has 10240 MiB free")) << message;
  EXPECT_TRUE(has("--num-envs")) << message;
  // The number that it names fits, and one more does not.
  const int most = std::atoi(message.c_str() + message.find("at most ") + 8);
  EXPECT_GT(most, 1000);
  EnvSpec fitting = spec;
  fitting.num_envs = most;
  EXPECT_NO_THROW(check_memory(fitting, options, each, free));
  fitting.num_envs = most + 1;
  EXPECT_THROW(check_memory(fitting, options, each, free), Error);
}

}  // namespace
}  // namespace kennel::ppo_memory_test
