// The CUDA backend's kernels, run on the host, against themselves: what their results must not
// depend on. Without LibTorch and MuJoCo, so that it is small enough for the sanitizers.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "envs/robots.h"
#include "tests/simt/device_batch.h"
#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

quadruped::Task task_with(const quadruped::EnvConfig& config, std::uint64_t seed) {
  return quadruped::make_task(config, pupper_v3::kRobot, FoldedRobot::kConstants, seed);
}

/// Actions (n, 12) of the environments from `first` on.
std::vector<float> waves(int t, int first, int n) {
  std::vector<float> action;
  for (int i = 0; i < n * kNumJoints; ++i)
    action.push_back(
        0.4f * std::sin(0.7f * static_cast<float>(t) + static_cast<float>(first * kNumJoints + i)));
  return action;
}

struct Case {
  const char* name;
  quadruped::EnvConfig config;
};
class SimtStep : public ::testing::TestWithParam<Case> {};

TEST_P(SimtStep, GivesTheSameBitsInAnyOrderOfLanesAndWithAnyPoison) {
  const auto run = [&](const simt::Schedule& schedule) {
    const Scheduled scheduled(schedule);
    DeviceBatch batch(task_with(GetParam().config, 3), 33);
    std::vector<float> seen;
    for (int t = 0; t < 12; ++t) {
      batch.step(waves(t, 0, 33));
      if (t == 8) batch.reset();
      for (const auto* part :
           {&batch.obs, &batch.privileged, &batch.reward, &batch.truncated, &batch.command_changed})
        seen.insert(seen.end(), part->begin(), part->end());
    }
    for (int e = 0; e < batch.n; ++e) {
      const quadruped::EnvState<float, AllLegs> state = batch.env(e);
      const auto* numbers = reinterpret_cast<const float*>(&state);
      seen.insert(seen.end(), numbers, numbers + sizeof state / sizeof(float));
    }
    return seen;
  };
  // By bits, because numbers of environments and of episodes are no floats.
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  };
  const std::vector<float> forward = run({});
  EXPECT_TRUE(same(forward, run({.order = simt::Order::kBackward, .poison = 0x7f7f7f7fu})));
  EXPECT_TRUE(same(forward, run({.order = simt::Order::kShuffled, .poison = 0})));
}

INSTANTIATE_TEST_SUITE_P(, SimtStep,
                         ::testing::Values(Case{"folded", busy_config()},
                                           Case{"plain", exact_weights(busy_config())},
                                           Case{"general", one_iteration(busy_config())},
                                           Case{"jitter", jittering(busy_config())},
                                           Case{"pose", busy_config(1)},
                                           Case{"joystick", busy_config(2)}),
                         [](const auto& info) { return info.param.name; });

/// Rows of an environment in a batch of another size that begins elsewhere.
TEST(SimtBatch, AnEnvironmentsPlaceAndTheBatchsSizeChangeNoBit) {
  constexpr int kEnvs = 33;  // more than a block's
  const quadruped::Task task = task_with(busy_config(), 9);
  DeviceBatch whole(task, kEnvs);
  std::vector<std::vector<float>> obs, privileged;
  for (int t = 0; t < 12; ++t) {
    whole.step(waves(t, 0, kEnvs));
    obs.push_back(whole.obs);
    privileged.push_back(whole.privileged);
  }
  for (const auto& [first, n] : {std::pair{0, 1}, {0, 31}, {0, 32}, {7, 26}, {32, 1}, {20, 128}}) {
    SCOPED_TRACE(::testing::Message() << n << " from " << first);
    DeviceBatch part(task, n, first);
    const int both = std::min(n, kEnvs - first);
    for (int t = 0; t < 12; ++t) {
      part.step(waves(t, first, n));
      const auto same = [&](const std::vector<float>& rows, const std::vector<float>& all) {
        const std::size_t size = all.size() / kEnvs;
        return std::equal(rows.begin(), rows.begin() + both * size, all.begin() + first * size);
      };
      ASSERT_TRUE(same(part.obs, obs[t])) << t;
      ASSERT_TRUE(same(part.privileged, privileged[t])) << t;
    }
  }
}

TEST(SimtBatch, TheLowestOfTheEnvironmentsThatDivergeFirstIsKeptInAnyOrder) {
  for (const simt::Order order :
       {simt::Order::kForward, simt::Order::kBackward, simt::Order::kShuffled}) {
    const Scheduled scheduled({.order = order});
    for (const auto& config :
         {busy_config(), exact_weights(busy_config()), one_iteration(busy_config())}) {
      DeviceBatch batch(task_with(config, 5), 100);
      batch.step(waves(0, 0, 100));
      EXPECT_EQ(batch.kept().rank, 0u);
      std::vector<float> action = waves(1, 0, 100);
      const quadruped::EnvState<float, AllLegs> before = batch.env(33);
      for (const int env : {99, 70, 33, 34, 35}) action[env * kNumJoints + 2] = NAN;
      batch.step(action);
      action[3 * kNumJoints] = NAN;  // lower, but later
      batch.step(action);
      EXPECT_NE(batch.kept().rank, 0u);
      EXPECT_EQ(batch.kept().lock, 0);
      EXPECT_EQ(batch.kept().env, 33);
      const quadruped::EnvState<float, AllLegs> kept = state_from(batch.kept().before);
      EXPECT_EQ(kept.step, before.step);
      EXPECT_EQ(kept.physics.position.z, before.physics.position.z);
      EXPECT_EQ(kept.physics.leg[3].q[2], before.physics.leg[3].q[2]);
      EXPECT_EQ(state_from(batch.kept().after).step, before.step + 1);
    }
  }
}

TEST(SimtBatch, TheFoldedKernelComputesWhatThePlainOneDoes) {
  // Exact weights ask for the plain kernel, and are those of the nominal robot here.
  quadruped::EnvConfig config = busy_config();
  auto& r = config.randomization;
  for (Range* range : {&r.link_mass, &r.link_inertia, &r.armature}) *range = {1, 1};
  for (Range* range : {&r.base_com_x, &r.base_com_y, &r.base_com_z}) *range = {0, 0};
  DeviceBatch folded(task_with(config, 5), 33), plain(task_with(exact_weights(config), 5), 33);
  for (int t = 0; t < 5; ++t) {
    folded.step(waves(t, 0, 33));
    plain.step(waves(t, 0, 33));
    for (std::size_t i = 0; i < folded.obs.size(); ++i)
      ASSERT_NEAR(folded.obs[i], plain.obs[i], 2e-4) << t << ' ' << i;
  }
}

}  // namespace
}  // namespace kennel::testing
