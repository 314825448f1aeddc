// What a learner says of its arithmetic against what it does.
#include "kennel/rl/flop.h"

#include <gtest/gtest.h>

#include "tests/learners/make_ppo.h"
#include "tests/rl/counting_ops.h"
#include "tests/rl/free_env.h"

namespace kennel::flop_test {
namespace {

TEST(LearnerFlop, IsWhatAnIterationDoesButForTheStatesAtItsEnds) {
  std::int64_t said[2];
  for (const bool symmetric : {false, true}) {
    PpoConfig config;
    config.network.symmetric = symmetric;
    FreeEnv env(64);
    const LearnerOps ops = counting_ops();
    Ppo learner =
        ppo_of(env, config, 1, {.mirrors = FreeEnv::mirrors(), .num_threads = 1, .ops = ops});
    counted = 0;
    learner.iterate();
    const LearnerFlop flop = learner.flop();
    said[symmetric] = flop.policy() + flop.update();
    const std::int64_t last_states = env.spec().num_envs * flop.critic.forward;
    EXPECT_EQ(counted, learner.env_steps() * said[symmetric] + last_states) << symmetric;
  }
  EXPECT_LT(said[true], 0.6 * said[false]);  // by parity: half, but for the outputs
}

}  // namespace
}  // namespace kennel::flop_test
