#include "kennel/contract/vec_env.h"

#include "kennel/core/check.h"

namespace kennel {

void VecEnv::reset_envs(const torch::Tensor&) {
  fail("these environments can only be reset all together");
}

void VecEnv::reset_alike(int, std::uint32_t) {
  fail(
      "these environments cannot draw the same random numbers as each other; a search goes on "
      "without with common_random_numbers = false");
}

void VecEnv::set_episode_steps(const torch::Tensor&) {
  fail("these environments have no clock that can be set");
}

}  // namespace kennel
