// What an iteration asks of a device, counted where there is none: the reference operations run on
// CPU tensors. A kernel start costs a few microseconds, which is what small batches are bound by.
#include <gtest/gtest.h>

#include <cstdio>

#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/operation_counter.h"
#include "kennel/rl/readback.h"
#include "tests/learners/make_ppo.h"
#include "tests/learners/simt_env.h"
#include "tests/rl/free_env.h"
#include "tests/rl/silent_graph.h"

namespace kennel::operation_budget_test {
namespace {

constexpr int kNumEnvs = 256;

/// The default recipe's networks and iteration: 24 steps, 3 epochs of 3 minibatches.
PpoConfig recipe() {
  PpoConfig config;
  config.network.symmetric = true;
  return config;
}

/// What a part may ask for. Lower one when it gets cheaper. The kernels of the CUDA backend's table
/// run on the host here (tests/simt), and count beside torch's operations.
struct Budget {
  const char* part;
  std::int64_t operations;
  std::int64_t allocations;
  std::int64_t waits;
};

constexpr Budget kRollout = {"rollout", 150, 4, 0};
constexpr Budget kEstimate = {"estimate", 88, 54, 0};
constexpr Budget kUpdate = {"update", 960, 490, 0};
constexpr Budget kNormalisers = {"normalisers", 128, 100, 0};
constexpr Budget kIteration = {"iteration", 1400, 720, 1};  // the report's among them

// With the CUDA backend's table.
constexpr Budget kFusedRollout = {"rollout", 150, 4, 0};
constexpr Budget kFusedEstimate = {"estimate", 20, 10, 0};
constexpr Budget kFusedUpdate = {"update", 32, 6, 0};
constexpr Budget kFusedNormalisers = {"normalisers", 4, 4, 0};
constexpr Budget kFusedIteration = {"iteration", 220, 45, 1};

// All that a run asks for in an iteration: schedules, environments and statistics as well.
constexpr Budget kUnrecorded = {"unrecorded", 250, 45, 1};
constexpr std::int64_t kMostRecorded = 40;

void expect_within(const Budget& budget, const OperationCount& count) {
  std::printf("%-12s %5ld operations  %5ld allocations  %ld waits\n", budget.part,
              static_cast<long>(count.operations), static_cast<long>(count.allocations),
              static_cast<long>(count.waits()));
  EXPECT_LE(count.operations, budget.operations) << budget.part;
  EXPECT_GE(count.operations, budget.operations * 4 / 5) << budget.part << ": lower its budget";
  EXPECT_LE(count.allocations, budget.allocations) << budget.part;
  EXPECT_LE(count.waits(), budget.waits) << budget.part;
}

template <class Work>
OperationCount count(const Work& work) {
  const OperationCounter counter;
  const std::int64_t launched = kennel_cuda_learner_ops()->launches(), waited = Readback::waits();
  work();
  OperationCount count = counter.count();
  count.operations += kennel_cuda_learner_ops()->launches() - launched;
  count.items += Readback::waits() - waited;
  return count;
}

TEST(OperationCounter, CountsKernelsAndNotTheirPartsNorViews) {
  const torch::Tensor x = torch::rand({8, 4});
  EXPECT_EQ(count([&] { x.narrow(0, 1, 3).t().flatten(); }).operations, 1);  // the copy in flatten
  EXPECT_EQ(count([&] { at::addmm(x[0], x, torch::Tensor(x.t().matmul(x))); }).operations, 2);
  EXPECT_EQ(count([&] { x.isfinite(); }).operations, 4);  // torch has no kernel for it
  EXPECT_EQ(count([&] { x.clone(); }).operations, 1);
  EXPECT_EQ(count([&] { x.sum().item<float>(); }).waits(), 1);
  EXPECT_EQ(count([&] { x.nonzero(); }).waits(), 1);
  EXPECT_EQ(count([&] { x.to(torch::kCPU, torch::kFloat64); }).waits(), 1);
  EXPECT_EQ(count([&] { x.to(torch::kFloat64); }).waits(), 0);
  EXPECT_GE(count([&] { torch::empty({1000}); }).peak_bytes, 4000);
}

/// An iteration's parts, each within its budget: rollout, estimate, update, normalisers.
void expect_parts_within(const LearnerOps& ops, const Budget (&budgets)[4]) {
  const torch::NoGradGuard no_grad;
  FreeEnv env(kNumEnvs);
  const PpoConfig config = recipe();
  const Mirrors mirrors = FreeEnv::mirrors();
  WorkerPool pool(1);
  ActorCritic networks(env.spec(), config.network, &mirrors, 1, torch::kCPU, ops);
  Normaliser obs_normaliser(36, true, &mirrors.obs, torch::kCPU, ops);
  Normaliser privileged_normaliser(87, true, &mirrors.privileged_obs, torch::kCPU, ops);
  Rollout rollout(env.spec(), config.rollout, pool, torch::kCPU, ops);
  PpoUpdate update(networks, obs_normaliser, privileged_normaliser, config, pool, ops);
  const std::unique_ptr<PhaseTimer> timer = make_phase_timer(torch::kCPU);
  const StepCounter steps(torch::kCPU);
  rollout.reset(env);
  const auto collect = [&] { rollout.collect(env, networks, obs_normaliser, 1, steps, *timer); };
  const auto estimate = [&] { rollout.estimate(networks, privileged_normaliser); };
  const auto learn = [&] { update.run(rollout.batch(), 1, steps); };
  const auto normalise = [&] {
    obs_normaliser.update(pool, rollout.obs());
    privileged_normaliser.update(pool, rollout.privileged_obs());
  };
  for (const bool warm : {false, true}) {  // the first iteration allocates what the others use
    const OperationCount counts[] = {count(collect), count(estimate), count(learn),
                                     count(normalise)};
    for (int part = 0; warm && part < 4; ++part) expect_within(budgets[part], counts[part]);
  }
}

TEST(OperationBudget, OfEachPartOfAnIterationIsKept) {
  expect_parts_within(torch_ops(), {kRollout, kEstimate, kUpdate, kNormalisers});
}

TEST(OperationBudget, OfEachPartIsKeptByTheCudaBackendsTable) {
  expect_parts_within(*kennel_cuda_learner_ops(),
                      {kFusedRollout, kFusedEstimate, kFusedUpdate, kFusedNormalisers});
}

TEST(OperationBudget, OfAWholeIterationIsKeptAndItWaitsForTheDeviceOnce) {
  for (const LearnerOps* ops : {&torch_ops(), kennel_cuda_learner_ops()}) {
    FreeEnv env(kNumEnvs);
    Ppo learner =
        ppo_of(env, recipe(), 1, {.mirrors = FreeEnv::mirrors(), .num_threads = 1, .ops = *ops});
    learner.iterate();
    expect_within(ops->fused ? kFusedIteration : kIteration, count([&] { learner.iterate(); }));
  }
}

TEST(OperationBudget, OfAnIterationThatIsPlayedIsAFewOperationsOfTheHostAndOneWait) {
  const LearnerOps ops = SilentGraph::ops();
  for (const bool record : {false, true}) {
    const auto env = testing::simt_env(32, EnvConfig{});
    Ppo learner = ppo_of(*env, recipe(), 1,
                         {.mirrors = quadruped_mirrors(pupper_v3::kRobot, EnvConfig{}),
                          .num_threads = 1,
                          .ops = ops,
                          .record = record});
    const auto iterate = [&] {  // as train_loop does it
      learner.set_progress(0.5);
      learner.iterate();
      env->drain_stats();
    };
    for (int k = 0; k < 2; ++k) iterate();
    OperationCount counted = count(iterate);
    if (!record) {
      expect_within(kUnrecorded, counted);
      continue;
    }
    const int played = learner.recordings().played;
    EXPECT_EQ(played, 3) << "rollout, estimates, update";
    counted.operations += played;
    std::printf("%-12s %5ld operations  %5ld allocations  %ld waits\n", "recorded",
                static_cast<long>(counted.operations), static_cast<long>(counted.allocations),
                static_cast<long>(counted.waits()));
    EXPECT_LE(counted.operations, kMostRecorded);
    EXPECT_EQ(counted.waits(), 1) << "for numbers and statistics together";
  }
}

}  // namespace
}  // namespace kennel::operation_budget_test
