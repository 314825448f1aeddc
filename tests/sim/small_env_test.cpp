// The small tasks keep the contract of include/kennel/contract/vec_env.h, each of them.
#include <gmock/gmock.h>

#include <limits>

#include "envs/small/rows.h"
#include "kennel/core/check.h"
#include "kennel/core/cuda_plugin.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

using small::TaskRow;
using ::testing::HasSubstr;

constexpr int kNumEnvs = 8;

std::unique_ptr<VecEnv> make(const TaskRow& task, int num_envs = kNumEnvs, std::uint64_t seed = 5,
                             std::int64_t first_env_id = 0, const char* device = "cpu") {
  EnvOptions options;
  options.num_envs = num_envs;
  options.seed = seed;
  options.first_env_id = first_env_id;
  options.device = device;
  return make_small_env(task, options);
}

/// Actions of both signs that depend on the step and the environment's number alone.
torch::Tensor actions(const VecEnv& env, int step) {
  const EnvSpec& spec = env.spec();
  const torch::Tensor id = torch::arange(spec.num_envs) + spec.first_env_id;
  const torch::Tensor wave = torch::sin(0.7 * id + 1.3 * step).to(torch::kFloat32);
  return wave.view({-1, 1}).expand({-1, spec.action_size}).contiguous().to(env.device());
}

void expect_same(const StepBuffers& a, const StepBuffers& b) {
  EXPECT_TRUE(torch::equal(a.obs, b.obs));
  EXPECT_TRUE(torch::equal(a.privileged_obs, b.privileged_obs));
  EXPECT_TRUE(torch::equal(a.reward, b.reward));
  EXPECT_TRUE(torch::equal(a.terminated, b.terminated));
  EXPECT_TRUE(torch::equal(a.truncated, b.truncated));
}

/// One of the statistics since the last call.
double stat_of(VecEnv& env, const std::string& name) {
  for (const Stat& stat : env.drain_stats())
    if (stat.name == name) return stat.value;
  return std::numeric_limits<double>::quiet_NaN();
}

class SmallEnvs : public ::testing::TestWithParam<const TaskRow*> {
 protected:
  const TaskRow& task() const { return *GetParam(); }
};

TEST_P(SmallEnvs, SayWhatTheirNumbersAre) {
  const auto env = make(task());
  const EnvSpec& spec = env->spec();
  int size = 0;
  for (const BoundedTerm& term : spec.obs_terms) size += term.size;
  EXPECT_EQ(size, spec.obs_size);
  EXPECT_EQ(spec.privileged_obs_size, spec.obs_size);
  EXPECT_EQ(spec.action_bounds, task().action_bounds);
  EXPECT_EQ(spec.control_dt, task().control_dt);
  EXPECT_EQ(env->buffers().obs.sizes(), (std::vector<std::int64_t>{kNumEnvs, spec.obs_size}));
}

// Another batch in which the clock was set back goes on where this one ends an episode.
TEST_P(SmallEnvs, TruncatedEpisodesReturnTheirOwnFinalObservation) {
  const auto cut = make(task()), goes_on = make(task());
  cut->reset();
  goes_on->reset();
  const int length = task().episode_steps;
  cut->set_episode_steps(torch::full({kNumEnvs}, length - 1, torch::kInt64));
  const torch::Tensor first_obs = cut->buffers().obs.clone();
  cut->step(actions(*cut, 0));
  goes_on->step(actions(*goes_on, 0));
  const StepBuffers &a = cut->buffers(), &b = goes_on->buffers();
  EXPECT_TRUE(torch::equal(a.reward, b.reward));
  EXPECT_TRUE(torch::equal(a.terminated, b.terminated));
  // Every episode ended, once: those that had not come to an end of their own by the clock.
  EXPECT_TRUE(torch::equal(a.terminated + a.truncated, torch::ones({kNumEnvs})));
  EXPECT_TRUE(torch::equal(a.command_changed, torch::zeros({kNumEnvs})));
  for (int e = 0; e < kNumEnvs; ++e) {
    if (a.truncated[e].item<float>() == 0.0f) continue;
    EXPECT_TRUE(torch::equal(a.final_obs[e], length > 1 ? b.obs[e] : b.final_obs[e])) << e;
    EXPECT_TRUE(torch::equal(a.final_privileged_obs[e], a.final_obs[e])) << e;
  }
  if (&task() == &small::Bandit::kRow) {
    EXPECT_TRUE(torch::equal(a.terminated, torch::ones({kNumEnvs})));
  } else {
    EXPECT_GT(a.truncated.sum().item<float>(), 0.0f);
    EXPECT_FALSE(torch::equal(a.obs, a.final_obs));  // a fresh random state
  }
}

TEST_P(SmallEnvs, EndByTheClockAfterTheirLength) {
  const auto env = make(task());
  env->reset();
  torch::Tensor age = torch::zeros({kNumEnvs});
  for (int t = 0; t < 2 * task().episode_steps; ++t) {
    env->step(actions(*env, t));
    const StepBuffers& now = env->buffers();
    age += 1;
    const torch::Tensor late =
        (age >= task().episode_steps).logical_and(now.terminated == 0).to(torch::kFloat32);
    EXPECT_TRUE(torch::equal(now.truncated, late)) << t;
    age *= 1 - now.terminated - now.truncated;
  }
}

TEST_P(SmallEnvs, GoOnBitForBitFromASavedState) {
  const auto env = make(task()), other = make(task(), kNumEnvs, /*seed=*/5);
  env->reset();
  for (int t = 0; t < 7; ++t) env->step(actions(*env, t));
  const torch::Tensor state = env->save_state();
  EXPECT_TRUE(torch::equal(state, env->save_state()));
  other->load_state(state);
  EXPECT_TRUE(torch::equal(other->save_state(), state));
  env->drain_stats();
  for (int t = 7; t < 250; ++t) {
    env->step(actions(*env, t));
    other->step(actions(*env, t));
    expect_same(env->buffers(), other->buffers());
  }
  const std::vector<Stat> one = env->drain_stats(), two = other->drain_stats();
  for (std::size_t k = 0; k < one.size(); ++k)
    EXPECT_EQ(one[k].value, two[k].value) << one[k].name;  // returns of episodes begun before, too
  EXPECT_TRUE(torch::equal(env->save_state(), other->save_state()));
}

TEST_P(SmallEnvs, RefuseAStateOfOthers) {
  const auto env = make(task()), fewer = make(task(), kNumEnvs - 1);
  for (const TaskRow* other : small::kTasks) {
    if (other == &task()) continue;
    EXPECT_THROW(env->load_state(make(*other)->save_state()), Error) << other->name;
  }
  EXPECT_THROW(env->load_state(fewer->save_state()), Error);
  EXPECT_THROW(env->load_state(torch::zeros({3})), Error);
}

TEST_P(SmallEnvs, DoNotDependOnWhereInTheBatchTheySit) {
  const auto all = make(task()), alone = make(task(), 1, 5, /*first_env_id=*/3);
  const auto other_seed = make(task(), kNumEnvs, 6);
  for (VecEnv* env : {all.get(), alone.get(), other_seed.get()}) env->reset();
  bool seed_counts = false;
  for (int t = 0; t < 100; ++t) {
    for (VecEnv* env : {all.get(), alone.get(), other_seed.get()}) env->step(actions(*env, t));
    EXPECT_TRUE(torch::equal(all->buffers().obs[3], alone->buffers().obs[0]));
    EXPECT_TRUE(torch::equal(all->buffers().reward[3], alone->buffers().reward[0]));
    seed_counts = seed_counts || !torch::equal(all->buffers().obs, other_seed->buffers().obs);
  }
  EXPECT_EQ(seed_counts, &task() != &small::Bandit::kRow);  // which has no state
}

TEST_P(SmallEnvs, ResetOnlyTheEnvironmentsThatAreNamed) {
  const auto env = make(task()), untouched = make(task());
  EXPECT_THROW(env->reset_envs(torch::tensor({1}, torch::kInt64)), Error);
  for (VecEnv* each : {env.get(), untouched.get()}) {
    each->reset();
    each->step(actions(*each, 0));
  }
  env->reset_envs(torch::tensor({6, 2, 6}, torch::kInt64));
  EXPECT_THROW(env->reset_envs(torch::tensor({8}, torch::kInt64)), Error);
  env->step(actions(*env, 1));
  untouched->step(actions(*untouched, 1));
  for (int e = 0; e < kNumEnvs; ++e) {
    const bool same = torch::equal(env->buffers().obs[e], untouched->buffers().obs[e]);
    EXPECT_TRUE(same || e == 2 || e == 6) << e;
  }
  const bool moved =
      !torch::equal(env->save_state(), untouched->save_state());  // at least their episodes' number
  EXPECT_TRUE(moved);
}

TEST_P(SmallEnvs, ResetAlikeDifferByTheirActionsAlone) {
  constexpr int kPeriod = 2;
  const auto env = make(task()), few = make(task(), kPeriod);
  env->reset();
  env->step(actions(*env, 0));
  env->reset_alike(kPeriod, 7);
  few->reset_alike(kPeriod, 7);
  for (int t = 0; t < 2 * task().episode_steps; ++t) {
    const torch::Tensor own = actions(*few, t);
    torch::Tensor action = own.repeat({kNumEnvs / kPeriod, 1});
    if (t == 1) action[kPeriod][0] = std::numeric_limits<float>::quiet_NaN();  // it starts anew
    env->step(action);
    few->step(own);
    for (int e = 0; e < kNumEnvs; ++e) {
      if (e == kPeriod) continue;
      EXPECT_TRUE(torch::equal(env->buffers().obs[e], few->buffers().obs[e % kPeriod])) << t;
      EXPECT_TRUE(torch::equal(env->buffers().reward[e], few->buffers().reward[e % kPeriod])) << t;
    }
  }
  env->reset_alike(kPeriod, 8);
  const torch::Tensor next = env->buffers().obs;
  for (int e = kPeriod; e < kNumEnvs; ++e) EXPECT_TRUE(torch::equal(next[e], next[e % kPeriod]));
  env->reset_alike(kNumEnvs, 1);
  const auto usual = make(task());
  usual->reset();
  EXPECT_TRUE(torch::equal(env->save_state(), usual->save_state()));
  for (const int period : {0, kNumEnvs + 1}) EXPECT_THROW(env->reset_alike(period, 1), Error);
  EXPECT_THROW(env->reset_alike(kPeriod, 0), Error);
}

TEST_P(SmallEnvs, WriteIntoTheCallersSlotsWhereverTheseBegin) {
  const auto env = make(task()), own = make(task());
  const EnvSpec& spec = env->spec();
  StepBuffers slots;  // a view that begins at an odd number
  slots.obs = torch::zeros({kNumEnvs * spec.obs_size + 1})
                  .narrow(0, 1, kNumEnvs * spec.obs_size)
                  .view({kNumEnvs, spec.obs_size});
  slots.reward = torch::full({kNumEnvs}, 77.0f);
  env->bind(slots);
  env->reset();
  own->reset();
  env->step(actions(*env, 0));
  own->step(actions(*own, 0));
  EXPECT_TRUE(torch::equal(slots.obs, own->buffers().obs));
  EXPECT_TRUE(torch::equal(slots.reward, own->buffers().reward));
  slots.reward = torch::zeros({kNumEnvs + 1});
  EXPECT_THROW(env->bind(slots), Error);
}

TEST_P(SmallEnvs, EndAnEpisodeWhoseActionIsNoNumber) {
  const auto env = make(task());
  env->reset();
  torch::Tensor action = actions(*env, 0);
  action[1][0] = std::numeric_limits<float>::quiet_NaN();
  action[4][0] = std::numeric_limits<float>::infinity();
  env->step(action);
  const StepBuffers& now = env->buffers();
  for (const int e : {1, 4}) {
    EXPECT_EQ(now.terminated[e].item<float>(), 1.0f);
    EXPECT_EQ(now.truncated[e].item<float>(), 0.0f);
    EXPECT_EQ(now.reward[e].item<float>(), static_cast<float>(task().diverged_reward));
    EXPECT_TRUE(torch::equal(now.final_obs[e], torch::zeros({env->spec().obs_size})));
  }
  EXPECT_TRUE(now.obs.isfinite().all().item<bool>());
  EXPECT_EQ(stat_of(*env, "env/diverged"), 2.0);
  EXPECT_THROW(env->step(torch::zeros({kNumEnvs, task().action_size + 1})), Error);
}

TEST_P(SmallEnvs, ClampActionsToTheirBounds) {
  const auto wild = make(task()), clamped = make(task());
  wild->reset();
  clamped->reset();
  wild->step(torch::full({kNumEnvs, task().action_size}, 1e9f));
  clamped->step(torch::full({kNumEnvs, task().action_size}, task().action_bounds.high));
  expect_same(wild->buffers(), clamped->buffers());
}

TEST_P(SmallEnvs, CountWhatHappened) {
  const auto env = make(task());
  env->reset();
  double reward = 0.0, ends = 0.0, finished = 0.0;
  torch::Tensor running = torch::zeros({kNumEnvs}, torch::kFloat64);
  const int steps = task().episode_steps + 3;
  for (int t = 0; t < steps; ++t) {
    env->step(actions(*env, t));
    const StepBuffers& now = env->buffers();
    const torch::Tensor end = (now.terminated + now.truncated).to(torch::kFloat64);
    running += now.reward.to(torch::kFloat64);
    reward += now.reward.to(torch::kFloat64).sum().item<double>();
    ends += end.sum().item<double>();
    finished += (running * end).sum().item<double>();
    running *= 1 - end;
  }
  ASSERT_GT(ends, 0.0);
  const auto value = [stats = env->drain_stats()](const std::string& name) {
    for (const Stat& stat : stats)
      if (stat.name == name) return stat.value;
    return std::numeric_limits<double>::quiet_NaN();
  };
  EXPECT_EQ(value("episode/count"), ends);
  EXPECT_NEAR(value("episode/return"), finished / ends, 1e-5 * std::abs(finished / ends));
  EXPECT_NEAR(value("env/reward"), reward / (steps * kNumEnvs), 1e-5 * std::abs(reward));
  EXPECT_EQ(stat_of(*env, "episode/count"), 0.0);
}

TEST_P(SmallEnvs, AreTheSameOnAGpu) {
  if (!cuda_device_present()) GTEST_SKIP() << "no CUDA device";
  const auto gpu = make(task(), kNumEnvs, 5, 0, "cuda"), cpu = make(task());
  gpu->reset();
  cpu->reset();
  for (int t = 0; t < 2 * task().episode_steps; ++t) {
    gpu->step(actions(*cpu, t).to(gpu->device()));
    cpu->step(actions(*cpu, t));
    EXPECT_TRUE(gpu->buffers().obs.is_cuda());
    EXPECT_TRUE(torch::equal(gpu->buffers().obs.cpu(), cpu->buffers().obs));
    EXPECT_TRUE(torch::equal(gpu->buffers().reward.cpu(), cpu->buffers().reward));
    EXPECT_TRUE(torch::equal(gpu->buffers().final_obs.cpu(), cpu->buffers().final_obs));
    EXPECT_TRUE(torch::equal(gpu->buffers().truncated.cpu(), cpu->buffers().truncated));
  }
  const torch::Tensor some = torch::tensor({6, 2, 6}, torch::kInt64);
  gpu->reset_envs(some.to(gpu->device()));
  cpu->reset_envs(some);
  EXPECT_TRUE(torch::equal(gpu->buffers().obs.cpu(), cpu->buffers().obs));
  EXPECT_TRUE(torch::equal(gpu->save_state(), cpu->save_state()));
}

INSTANTIATE_TEST_SUITE_P(, SmallEnvs, ::testing::ValuesIn(small::kTasks),
                         [](const auto& task) { return std::string(task.param->name); });

TEST(SmallEnv, RefusesANumberOfEnvironmentsOrADeviceThatThereIsNot) {
  EXPECT_THROW(make(small::Lqr::kRow, 0), Error);
  EXPECT_THROW(make(small::Lqr::kRow, 1, 1, 0, "tpu"), Error);
}

}  // namespace
}  // namespace kennel
