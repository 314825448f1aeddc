// The tensors of a VecEnv on every backend: views of its memory, or the caller's slots.
#include <cmath>

#include "kennel/core/check.h"
#include "tests/sim/backend_fixture.h"

namespace kennel::testing {
namespace {

class BackendTensors : public Backend {
 protected:
  static torch::Tensor filled(const VecEnv& env, c10::IntArrayRef sizes, double x) {
    return torch::full(sizes, x, torch::TensorOptions().device(env.device()));
  }
};

TEST_P(BackendTensors, AreWrittenInPlaceWithoutCopies) {
  const auto env = this->env(6);
  const void* obs = env->buffers().obs.data_ptr();
  const torch::Tensor before = env->buffers().obs.clone();
  env->step(filled(*env, {6, 12}, 1));
  EXPECT_EQ(env->buffers().obs.data_ptr(), obs);
  EXPECT_FALSE(torch::equal(env->buffers().obs, before));
}

TEST_P(BackendTensors, GoIntoTheCallersSlotsOnceBound) {
  const auto env = this->env(6);
  torch::Tensor slot = filled(*env, {6, env->spec().obs_size}, NAN);
  StepBuffers slots;
  slots.obs = slot;
  env->bind(slots);
  env->step(filled(*env, {6, 12}, 0));
  EXPECT_EQ(env->buffers().obs.data_ptr(), slot.data_ptr());
  EXPECT_TRUE(torch::isfinite(slot).all().item<bool>());
}

TEST_P(BackendTensors, ASlotOrAnActionOfAnotherShapeOrTypeIsRefused) {
  const auto env = this->env(6);
  StepBuffers slots;
  slots.reward = filled(*env, {7}, 0);
  EXPECT_THROW(env->bind(slots), Error);
  slots.reward = filled(*env, {6}, 0).to(torch::kFloat64);
  EXPECT_THROW(env->bind(slots), Error);
  EXPECT_THROW(env->step(filled(*env, {6, 11}, 0)), Error);
  EXPECT_THROW(env->step(filled(*env, {12, 6}, 0).t()), Error);
}

TEST_P(BackendTensors, SlotsOfARolloutFitAtAnyNumberOfEnvironments) {
  for (const int n : {1, 2, 3, 7, 10}) {
    const auto env = this->env(n);
    const torch::Tensor obs = filled(*env, {3, n, env->spec().obs_size}, 0);
    const torch::Tensor privileged = filled(*env, {3, n, env->spec().privileged_obs_size}, 0);
    for (int t = 0; t < 3; ++t) {
      StepBuffers slots;
      slots.obs = obs[t];
      slots.privileged_obs = privileged[t];
      EXPECT_NO_THROW(env->bind(slots)) << n;
      env->step(filled(*env, {n, 12}, 0));
    }
    StepBuffers off;
    off.obs = obs.flatten().narrow(0, 1, n * env->spec().obs_size).view({n, -1});
    EXPECT_THROW(env->bind(off), Error) << "not where four numbers can be stored at once";
  }
}

KENNEL_ON_EVERY_BACKEND(BackendTensors);

}  // namespace
}  // namespace kennel::testing
