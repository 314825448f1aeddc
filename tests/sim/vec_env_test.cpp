// The tensors of a VecEnv: views of its memory, or the caller's slots.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "kennel/core/check.h"
#include "kennel/rl/trainer.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

std::unique_ptr<VecEnv> small_env() {
  EnvOptions options;
  options.num_envs = 6;
  options.device = "cpu";
  options.num_threads = 2;
  return make_env(EnvConfig{}, options);
}

TEST(VecEnvTensors, AreWrittenInPlaceWithoutCopies) {
  const auto env = small_env();
  env->reset();
  const void* obs = env->buffers().obs.data_ptr();
  const torch::Tensor before = env->buffers().obs.clone();
  env->step(torch::ones({6, 12}));
  EXPECT_EQ(env->buffers().obs.data_ptr(), obs);
  EXPECT_FALSE(torch::equal(env->buffers().obs, before));
}

TEST(VecEnvTensors, GoIntoTheCallersSlotsOnceBound) {
  const auto env = small_env();
  env->reset();
  torch::Tensor slot = torch::full({6, env->spec().obs_size}, NAN);
  StepBuffers slots;
  slots.obs = slot;
  env->bind(slots);
  env->step(torch::zeros({6, 12}));
  EXPECT_EQ(env->buffers().obs.data_ptr(), slot.data_ptr());
  EXPECT_TRUE(torch::isfinite(slot).all().item<bool>());
}

TEST(VecEnvTensors, ASlotOrAnActionOfAnotherShapeOrTypeIsRefused) {
  const auto env = small_env();
  env->reset();
  StepBuffers slots;
  slots.reward = torch::zeros({7});
  EXPECT_THROW(env->bind(slots), Error);
  slots.reward = torch::zeros({6}, torch::kFloat64);
  EXPECT_THROW(env->bind(slots), Error);
  EXPECT_THROW(env->step(torch::zeros({6, 11})), Error);
  EXPECT_THROW(env->step(torch::zeros({12, 6}).t()), Error);
}

TEST(VecEnvTensors, SlotsOfARolloutFitAtAnyNumberOfEnvironments) {
  for (const int n : {1, 2, 3, 7, 10}) {
    EnvOptions options;
    options.num_envs = n;
    options.device = "cpu";
    const auto env = make_env(EnvConfig{}, options);
    env->reset();
    const torch::Tensor obs = torch::zeros({3, n, env->spec().obs_size});
    const torch::Tensor privileged = torch::zeros({3, n, env->spec().privileged_obs_size});
    for (int t = 0; t < 3; ++t) {
      StepBuffers slots;
      slots.obs = obs[t];
      slots.privileged_obs = privileged[t];
      EXPECT_NO_THROW(env->bind(slots)) << n;
      env->step(torch::zeros({n, 12}));
    }
    StepBuffers off;
    off.obs = obs.flatten().narrow(0, 1, n * env->spec().obs_size).view({n, -1});
    EXPECT_THROW(env->bind(off), Error) << "not where four numbers can be stored at once";
  }
}

TEST(VecEnvTensors, BFloat16ObservationsAreTheOthersRounded) {
  EnvOptions options;
  options.num_envs = 40;
  options.device = "cpu";
  EnvConfig config;
  config.task.episode_seconds = 0.1f;  // so that episodes end
  const auto full = make_env(config, options);
  config.task.bfloat16_obs = true;
  const auto half = make_env(config, options);
  for (VecEnv* env : {full.get(), half.get()}) {
    env->set_progress(1.0);
    env->reset();
    for (int t = 0; t < 12; ++t) env->step(torch::full({40, 12}, 0.1f * static_cast<float>(t)));
  }
  const StepBuffers &a = full->buffers(), &b = half->buffers();
  EXPECT_EQ(b.obs.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(torch::equal(a.obs.to(torch::kBFloat16), b.obs));
  EXPECT_TRUE(torch::equal(a.privileged_obs.to(torch::kBFloat16), b.privileged_obs));
  EXPECT_TRUE(torch::equal(a.final_obs.to(torch::kBFloat16), b.final_obs));
  EXPECT_GT(a.final_obs.abs().sum().item<double>(), 0);
  EXPECT_TRUE(torch::equal(a.reward, b.reward));
  StepBuffers slots;
  slots.obs = torch::zeros({40, full->spec().obs_size});
  EXPECT_NO_THROW(full->bind(slots));
  EXPECT_THROW(half->bind(slots), Error) << "a slot of another type";
}

TEST(VecEnvTensors, SavedStateContinuesInAnotherEnvironment) {
  const auto a = small_env(), b = small_env();
  a->reset();
  b->reset();
  const torch::Tensor action = torch::full({6, 12}, 0.3f);
  for (int t = 0; t < 10; ++t) a->step(action);
  b->load_state(a->save_state());
  a->step(action);
  b->step(action);
  EXPECT_TRUE(torch::equal(a->buffers().obs, b->buffers().obs));
}

TEST(VecEnvTensors, ALearnerTrainsOnBFloat16ObservationsAndResumesBitForBit) {
  EnvOptions options;
  options.num_envs = 32;
  options.device = "cpu";
  EnvConfig config;
  config.task.bfloat16_obs = true;
  PpoConfig ppo;
  ppo.num_steps = 8;
  ppo.num_minibatches = 4;
  ppo.actor_hidden = ppo.critic_hidden = {16};
  const Mirrors mirrors = pupper_mirrors(config.task.history);
  const auto file = std::filesystem::temp_directory_path() / text("kennel_bf16_", ::getpid());
  const auto env = make_env(config, options), other = make_env(config, options);
  Trainer trainer(*env, ppo, 1, mirrors);
  for (int k = 0; k < 3; ++k) trainer.iterate();
  trainer.save(file, "");
  Trainer resumed(*other, ppo, 1, mirrors);
  resumed.load(file);
  std::filesystem::remove(file);
  EXPECT_TRUE(std::isfinite(trainer.iterate().mean_reward));
  resumed.iterate();
  EXPECT_TRUE(torch::equal(trainer.networks().parameters(), resumed.networks().parameters()));
}

TEST(Mirrors, TwiceIsNothingAndSizesFit) {
  const auto env = small_env();
  const Mirrors mirrors = pupper_mirrors(2);
  EXPECT_NO_THROW(check_mirror(mirrors.obs, env->spec().obs_size, "obs"));
  EXPECT_NO_THROW(
      check_mirror(mirrors.privileged_obs, env->spec().privileged_obs_size, "privileged_obs"));
  EXPECT_NO_THROW(check_mirror(mirrors.action, env->spec().action_size, "action"));
}

TEST(Device, ThatIsNotThereIsRefusedInOneLine) {
  EnvOptions options;
  options.num_envs = 2;
  for (const char* device : {"tpu", "cuda:77"}) {
    options.device = device;
    try {
      make_env(EnvConfig{}, options);
      FAIL() << device;
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
      EXPECT_NE(std::string(e.what()).find(device), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace kennel
