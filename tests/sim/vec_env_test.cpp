// The tensors of a VecEnv: views of its memory, or the caller's slots.
#include <gtest/gtest.h>

#include "kennel/core/check.h"
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
