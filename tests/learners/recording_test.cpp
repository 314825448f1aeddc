// Iterations that are recorded once and played: what makes that valid, and what it saves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "kennel/core/check.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/repeated_work.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/make_ppo.h"
#include "tests/learners/simt_env.h"
#include "tests/rl/free_env.h"
#include "tests/rl/host_graph.h"
#include "tests/rl/operation_trace.h"
#include "tests/rl/silent_graph.h"

namespace kennel::recording_test {
namespace {

using testing::busy_config;
using testing::simt_env;

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = 4;
  config.network.actor_hidden = {16};
  config.network.critic_hidden = {16};
  config.num_epochs = 2;
  config.num_minibatches = 2;
  config.anneal_from = 0.1f;
  return config;
}

/// What an iteration asks the device for, at some time of a training.
std::vector<std::string> asked_for(Ppo& learner, double progress) {
  learner.set_progress(progress);
  const OperationTrace trace;
  learner.iterate();
  return trace.lines();
}

void expect_same(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  EXPECT_EQ(a.size(), b.size());
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x != a.end() && y != b.end()) ADD_FAILURE() << "first difference:\n" << *x << '\n' << *y;
}

TEST(Recording, IterationsAskForTheSameOnTheSameMemoryWithTheSameNumbers) {
  for (const char* schedule : {"minibatch", "epoch", "fixed"}) {
    for (const bool symmetric : {false, true}) {
      SCOPED_TRACE(schedule);
      const auto env = simt_env(32);
      PpoConfig config = small_config();
      config.lr_schedule = schedule;
      config.network.symmetric = symmetric;
      Ppo learner = ppo_of(*env, config, 1,
                           {.mirrors = quadruped_mirrors(pupper_v3::kRobot, busy_config()),
                            .num_threads = 1,
                            .ops = *kennel_cuda_learner_ops()});
      learner.iterate();  // makes the memory
      const std::vector<std::string> first = asked_for(learner, 0.0);
      EXPECT_GT(first.size(), 100u);
      for (const double progress : {0.2, 0.7, 1.0}) {
        SCOPED_TRACE(progress);
        expect_same(first, asked_for(learner, progress));
      }
    }
  }
}

TEST(OperationTrace, TellsNumbersPlacesAndKernelsApart) {
  const torch::Tensor x = torch::rand({4}), y = torch::rand({4});
  const auto trace_of = [](const auto& work) {
    const OperationTrace trace;
    work();
    return trace.lines();
  };
  EXPECT_EQ(trace_of([&] { x.add_(1.5); }), trace_of([&] { x.add_(1.5); }));
  EXPECT_NE(trace_of([&] { x.add_(1.5); }), trace_of([&] { x.add_(2.5); }));
  EXPECT_NE(trace_of([&] { x.fill_(1.5); }), trace_of([&] { x.fill_(2.5); }));
  EXPECT_NE(trace_of([&] { x.zero_(); }), trace_of([&] { y.zero_(); }));
  EXPECT_NE(trace_of([&] { x.zero_(); }), trace_of([&] { x.narrow(0, 0, 2).zero_(); }));
  // Its own memory may lie elsewhere the next time.
  torch::Tensor kept[2];
  EXPECT_EQ(trace_of([&] { (kept[0] = x.clone()).mul_(2); }),
            trace_of([&] { (kept[1] = x.clone()).mul_(2); }));
  StepCounter steps(torch::kCPU);
  const torch::Tensor order = torch::empty({64}, torch::kInt64);
  const auto shuffle = [&](int epoch) {
    return trace_of(
        [&] { kennel_cuda_learner_ops()->shuffle(1, steps, epoch, one_shard(64), order); });
  };
  const std::vector<std::string> before = shuffle(1);
  EXPECT_NE(before, shuffle(2));
  steps.advance(5);
  EXPECT_EQ(before, shuffle(1)) << "the counter is read where it lies";
}

TEST(RepeatedWork, IsAskedForOnceRecordedOnceAndThenPlayed) {
  const LearnerOps ops = SilentGraph::ops();
  RepeatedWork work(ops, torch::kCPU, true);
  int calls = 0;
  const auto run = [&] { work.run([&] { ++calls; }); };
  EXPECT_TRUE(work.is_eager());
  run();
  EXPECT_FALSE(work.is_eager());
  EXPECT_EQ(SilentGraph::begun, 0);
  for (int k = 0; k < 3; ++k) run();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(SilentGraph::begun, 1);
  EXPECT_EQ(SilentGraph::ended, 1);
  EXPECT_EQ(SilentGraph::launched, 3);
  work.forget();
  EXPECT_EQ(SilentGraph::alive, 0);
  run();
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(SilentGraph::launched, 3);
}

TEST(RepeatedWork, ARecordingThatFailsIsDropped) {
  const LearnerOps ops = SilentGraph::ops();
  RepeatedWork work(ops, torch::kCPU, true);
  work.run([] {});
  EXPECT_THROW(work.run([] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(SilentGraph::alive, 0);
  EXPECT_EQ(SilentGraph::launched, 0);
}

TEST(RepeatedWork, IsAskedForEachTimeWhereNothingIsRecorded) {
  const LearnerOps ops = SilentGraph::ops();
  RepeatedWork unwanted(ops, torch::kCPU, false), impossible(cpu_ops(), torch::kCPU, true);
  for (RepeatedWork* work : {&unwanted, &impossible}) {
    int calls = 0;
    for (int k = 0; k < 3; ++k) work->run([&] { ++calls; });
    EXPECT_EQ(calls, 3);
    EXPECT_TRUE(work->is_eager());
  }
  EXPECT_EQ(SilentGraph::begun, 0);
}

TEST(Recording, CanBeSwitchedOff) {
  const LearnerOps ops = SilentGraph::ops();
  FreeEnv env(32);
  Ppo learner = ppo_of(env, small_config(), 1, {.num_threads = 1, .ops = ops, .record = false});
  for (int k = 0; k < 3; ++k) learner.iterate();
  EXPECT_EQ(SilentGraph::begun, 0);
}

/// The CUDA backend's operations, recorded and played by the host.
LearnerOps host_recorded() {
  LearnerOps ops = *kennel_cuda_learner_ops();
  ops.make_graph = HostGraph::make;
  return ops;
}

/// What a training of some iterations leaves behind.
struct Trained {
  torch::Tensor parameters, reward;
  std::vector<Stat> stats;
  LearnerRecordings recordings;
};

Trained train(VecEnv& env, const PpoConfig& config, const LearnerOps& ops, bool record) {
  Ppo learner = ppo_of(env, config, 1, {.num_threads = 1, .ops = ops, .record = record});
  Trained out;
  for (int k = 0; k < 6; ++k) {
    learner.set_progress(k / 5.0);
    learner.iterate();
    out.stats = env.drain_stats();
  }
  out.parameters = learner.networks().parameters().cpu();
  out.reward = learner.rollout().reward().cpu();
  out.recordings = learner.recordings();
  return out;
}

void expect_same_bits(const Trained& a, const Trained& b) {
  EXPECT_TRUE(torch::equal(a.parameters, b.parameters));
  EXPECT_TRUE(torch::equal(a.reward, b.reward));
  ASSERT_EQ(a.stats.size(), b.stats.size());
  for (std::size_t k = 0; k < a.stats.size(); ++k)
    EXPECT_EQ(std::memcmp(&a.stats[k].value, &b.stats[k].value, sizeof a.stats[k].value), 0)
        << a.stats[k].name;
}

TEST(Recording, PlayedByTheHostTrainsToTheSameBits) {
  const LearnerOps ops = host_recorded();
  for (const char* schedule : {"minibatch", "epoch"}) {
    SCOPED_TRACE(schedule);
    PpoConfig config = small_config();
    config.lr_schedule = schedule;
    const auto asked = simt_env(32), played = simt_env(32);
    const Trained unrecorded = train(*asked, config, ops, false);
    const Trained recorded = train(*played, config, ops, true);
    EXPECT_EQ(unrecorded.recordings.played, 0);
    EXPECT_EQ(recorded.recordings.played, 3) << "rollout, estimates, update";
    EXPECT_GT(recorded.recordings.operations, 50);
    expect_same_bits(unrecorded, recorded);
  }
}

TEST(Recording, ALossThatIsNotFiniteInAPlayedUpdateIsFoundInItsIteration) {
  const TempFolder folder;
  const LearnerOps ops = host_recorded();
  FreeEnv env(32);  // leaves the rewards as they are
  Ppo learner = ppo_of(env, small_config(), 1, {.num_threads = 1, .ops = ops});
  for (int k = 0; k < 3; ++k) learner.iterate();
  ASSERT_EQ(learner.recordings().played, 3);
  EXPECT_FALSE(learner.save_failure(folder / "failed"));
  const torch::Tensor before = learner.networks().parameters().clone();
  const torch::Tensor reward = learner.rollout().reward();
  reward.fill_(1e30f);  // its square is not finite
  learner.iterate();
  EXPECT_EQ(learner.skipped_updates(), 4) << "all of the iteration";
  EXPECT_TRUE(torch::equal(learner.networks().parameters(), before));
  ASSERT_TRUE(learner.save_failure(folder / "failed"));
  const TensorArchive kept = TensorArchive::load(folder / "failed");
  EXPECT_EQ(kept.number("iteration"), 4);
  EXPECT_TRUE(torch::equal(kept.tensor("reward"), reward));
  reward.zero_();
  learner.iterate();
  EXPECT_FALSE(learner.save_failure(folder / "failed"));
  reward[2][5] = NAN;
  try {
    learner.iterate();
    FAIL() << "a reward that is not a number was not told of";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("reward of environment 5 is not finite at step 2"),
              std::string::npos)
        << error.what();
  }
}

TEST(Recording, TrainsToTheSameBitsOnCuda) {
  NEEDS_CUDA();
  const auto asked = testing::env_on("cuda", 256, 1, busy_config());
  const auto played = testing::env_on("cuda", 256, 1, busy_config());
  const LearnerOps& ops = ops_for(asked->device());
  const Trained recorded = train(*played, small_config(), ops, true);
  EXPECT_EQ(recorded.recordings.played, 3);
  EXPECT_GT(recorded.recordings.operations, 50);
  expect_same_bits(train(*asked, small_config(), ops, false), recorded);
}

}  // namespace
}  // namespace kennel::recording_test
