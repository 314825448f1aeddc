// The tensors of a VecEnv: views of its memory, or the caller's slots.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "envs/robots.h"
#include "kennel/core/check.h"
#include "kennel/sim/make_env.h"
#include "tests/learners/make_ppo.h"

namespace kennel {
namespace {

std::unique_ptr<VecEnv> small_env() {
  EnvOptions options;
  options.num_envs = 6;
  options.device = "cpu";
  options.num_threads = 2;
  return make_env(EnvConfig{}, options);
}

TEST(VecEnvTensors, ALearnerTrainsOnBFloat16ObservationsAndResumesBitForBit) {
  EnvOptions options;
  options.num_envs = 32;
  options.device = "cpu";
  EnvConfig config;
  config.task.bfloat16_obs = true;
  PpoConfig ppo;
  ppo.rollout.num_steps = 8;
  ppo.num_minibatches = 4;
  ppo.network.actor_hidden = ppo.network.critic_hidden = {16};
  const Mirrors mirrors = quadruped_mirrors(robot_named(kDefaultRobot), config);
  const auto file = std::filesystem::temp_directory_path() / text("kennel_bf16_", ::getpid());
  const auto env = make_env(config, options), other = make_env(config, options);
  Ppo learner = ppo_of(*env, ppo, 1, {.mirrors = mirrors});
  for (int k = 0; k < 3; ++k) learner.iterate();
  learner.save(file, "");
  Ppo resumed = ppo_of(*other, ppo, 1, {.mirrors = mirrors});
  resumed.load(file);
  std::filesystem::remove(file);
  EXPECT_TRUE(std::isfinite(learner.iterate().mean_reward));
  resumed.iterate();
  EXPECT_TRUE(torch::equal(learner.networks().parameters(), resumed.networks().parameters()));
}

TEST(Mirrors, TwiceIsNothingAndSizesFit) {
  const auto env = small_env();
  const Mirrors mirrors = quadruped_mirrors(robot_named(kDefaultRobot), EnvConfig());
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
