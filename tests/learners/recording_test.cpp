// Iterations that are recorded once and played: what makes that valid, and what it saves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "envs/robots.h"
#include "kennel/model/mjcf.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/repeated_work.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/free_env.h"
#include "tests/rl/operation_counter.h"
#include "tests/rl/operation_trace.h"
#include "tests/sim/cuda_fixture.h"

namespace kennel {
namespace {

using testing::busy_config;

/// The CUDA backend's environments, run on the host.
std::unique_ptr<VecEnv> simt_env(int num_envs, bool bfloat16 = false) {
  EnvConfig config = busy_config();
  config.task.bfloat16_obs = bfloat16;
  EnvOptions options;
  options.num_envs = num_envs;
  const Quadruped<float> robot = to_float(load_quadruped(robot_model()).model);
  const quadruped::Task task = quadruped::make_task(config, pupper_v3::kRobot, robot, 1);
  return std::unique_ptr<VecEnv>(kennel_make_cuda_env(&task, &options));
}

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
    return trace_of([&] { kennel_cuda_learner_ops()->shuffle(1, steps, epoch, order); });
  };
  const std::vector<std::string> before = shuffle(1);
  EXPECT_NE(before, shuffle(2));
  steps.advance(5);
  EXPECT_EQ(before, shuffle(1)) << "the counter is read where it lies";
}

/// A recording that is never played: what is left is what the host asks for itself.
class SilentGraph final : public DeviceGraph {
 public:
  static inline int begun = 0, ended = 0, launched = 0, alive = 0;

  SilentGraph() { ++alive; }
  ~SilentGraph() override { --alive; }
  void begin_capture() override { ++begun; }
  void end_capture() override { ++ended; }
  void launch() override { ++launched; }

  static std::unique_ptr<DeviceGraph> make(torch::Device) {
    return std::make_unique<SilentGraph>();
  }
  static LearnerOps ops() {
    begun = ended = launched = 0;
    LearnerOps ops = *kennel_cuda_learner_ops();
    ops.make_graph = make;
    return ops;
  }
};

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

TEST(Recording, LeavesFewOperationsToTheHost) {
  constexpr std::int64_t kMostOperations = 12;
  const LearnerOps ops = SilentGraph::ops();
  const auto env = simt_env(32);
  Ppo learner = ppo_of(*env, small_config(), 1, {.num_threads = 1, .ops = ops});
  for (int k = 0; k < 2; ++k) learner.iterate();
  const OperationCounter counter;
  const std::int64_t before = simt::launches();
  const int played = SilentGraph::launched;
  learner.set_progress(0.5);
  learner.iterate();
  EXPECT_EQ(SilentGraph::launched - played, 3) << "rollout, estimates, update";
  const std::int64_t operations = counter.count().operations + simt::launches() - before + 3;
  std::printf("%ld operations beside what is played\n", static_cast<long>(operations));
  EXPECT_LE(operations, kMostOperations);
  EXPECT_EQ(counter.count().waits(), 0) << "the event that is waited for is no operation";
}

TEST(Recording, CanBeSwitchedOff) {
  const LearnerOps ops = SilentGraph::ops();
  FreeEnv env(32);
  Ppo learner = ppo_of(env, small_config(), 1, {.num_threads = 1, .ops = ops, .record = false});
  for (int k = 0; k < 3; ++k) learner.iterate();
  EXPECT_EQ(SilentGraph::begun, 0);
}

TEST(Recording, TrainsToTheSameBitsOnADevice) {
  NEEDS_CUDA();
  torch::Tensor parameters[2], rewards[2];
  for (const int record : {0, 1}) {
    const auto env = testing::env_on("cuda", 256, 1, busy_config());
    Ppo learner =
        ppo_of(*env, small_config(), 1, {.ops = ops_for(env->device()), .record = record == 1});
    for (int k = 0; k < 6; ++k) {
      learner.set_progress(k / 5.0);
      learner.iterate();
    }
    parameters[record] = learner.networks().parameters().cpu();
    rewards[record] = learner.rollout().reward().cpu();
  }
  EXPECT_TRUE(torch::equal(parameters[0], parameters[1]));
  EXPECT_TRUE(torch::equal(rewards[0], rewards[1]));
}

}  // namespace
}  // namespace kennel
