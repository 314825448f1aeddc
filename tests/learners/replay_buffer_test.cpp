// The ring of past steps: returns that stop at ends, what follows them, and what is forgotten.
#include "src/learners/off_policy/replay_buffer.h"

#include <gmock/gmock.h>

#include <set>

#include "kennel/rl/normaliser.h"
#include "kennel/rl/random.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/tiny_env.h"

namespace kennel::replay_buffer_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A clock that is never set back: before step t it shows (t, environment), as final observation
/// 100 + t, and step t pays 2^t: with gamma = 1/2 each of m rewards counts 2^t in the return.
class ClockEnv : public TinyEnv {
 public:
  explicit ClockEnv(int num_envs)
      : TinyEnv(num_envs, 2, 1), time_(static_cast<std::size_t>(num_envs), 0) {}

  static constexpr int kTerminates = 4, kTruncates = 8, kIsToldAnew = 11;

 protected:
  void begin(int) override { final_ = false; }
  TinyStep advance(int env, const float*) override {
    const int t = time_[static_cast<std::size_t>(env)]++;
    final_ = t == kTerminates || t == kTruncates || t == kIsToldAnew;
    return {.reward = std::pow(2.0, t),
            .terminated = t == kTerminates,
            .truncated = t == kTruncates,
            .command_changed = t == kIsToldAnew};
  }
  void observe(int env, float* obs) const override {
    const int t = time_[static_cast<std::size_t>(env)];
    obs[0] = static_cast<float>(final_ ? 100 + t - 1 : t);
    obs[1] = static_cast<float>(env);
  }

 private:
  std::vector<int> time_;
  bool final_ = false;
};

class Replay : public ::testing::Test {
 protected:
  void fill(ReplayBuffer& buffer, VecEnv& env, int steps) {
    buffer.start(env);
    for (int t = 0; t < steps; ++t) {
      torch::Tensor action = buffer.action();
      action.fill_(0.01 * t);
      buffer.step(env, action);
    }
  }

  Minibatch rows_of(const ReplayBuffer& buffer, const EnvSpec& spec, const torch::Tensor& index,
                    int n_step) {
    Minibatch out(index.size(0), spec, torch::kCPU);
    const Normaliser as_it_is(spec.obs_size, false, nullptr, torch::kCPU, cpu_ops());
    buffer.gather(cpu_ops(), index, n_step, 0.5, {as_it_is.scaling(), as_it_is.scaling()}, out);
    return out;
  }

  static std::vector<float> numbers(const torch::Tensor& x) {
    const torch::Tensor flat = x.contiguous().view({-1});
    return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
  }
};

// Rows of one environment are four apart: environments write four numbers at a time.
TEST_F(Replay, ReturnsOfThreeStepsStopAtEndsAndAreFollowedByWhatFollowed) {
  ClockEnv env(1);
  ReplayBuffer buffer("td3", env.spec(), 20, torch::kCPU);
  fill(buffer, env, 15);
  const Minibatch rows =
      rows_of(buffer, env.spec(), torch::arange(0, 10, torch::kInt64) * 4, /*n_step=*/3);
  EXPECT_THAT(numbers(rows.obs.select(1, 0)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(numbers(rows.returns),
              ElementsAre(3, 3 * 2, 3 * 4, 2 * 8, 16, 3 * 32, 3 * 64, 2 * 128, 256, 3 * 512));
  // Nothing follows the termination at 4; a time-out and a new command are followed by the value
  // of the state that they cut.
  EXPECT_THAT(numbers(rows.discount),
              ElementsAre(.125f, .125f, 0, 0, 0, .125f, .125f, .25f, .5f, .125f));
  const std::vector<float> next = numbers(rows.next_obs.select(1, 0));
  EXPECT_EQ(next[0], 3.0f);
  EXPECT_EQ(next[1], 4.0f);
  EXPECT_EQ(next[5], 8.0f);
  EXPECT_EQ(next[6], 108.0f);
  EXPECT_EQ(next[7], 108.0f);
  EXPECT_EQ(next[8], 108.0f);
  EXPECT_EQ(next[9], 111.0f);
  EXPECT_THAT(numbers(rows.next_privileged_obs), numbers(rows.next_obs));
}

TEST_F(Replay, OneStepReturnsAreTheRewards) {
  ClockEnv env(2);
  ReplayBuffer buffer("td3", env.spec(), 6, torch::kCPU);
  fill(buffer, env, 5);
  const Minibatch rows = rows_of(buffer, env.spec(), torch::tensor({3 * 4 + 1, 4 * 4 + 1}), 1);
  EXPECT_THAT(numbers(rows.returns), ElementsAre(8, 16));
  EXPECT_THAT(numbers(rows.discount), ElementsAre(0.5f, 0.0f));
  EXPECT_THAT(numbers(rows.next_obs[0]), ElementsAre(4, 1));  // of the same environment
  EXPECT_THAT(numbers(rows.action), ElementsAre(0.03f, 0.04f));
}

TEST_F(Replay, DrawsOnlyStepsThatAreStillKeptAndWhoseReturnsAreKnown) {
  ClockEnv env(3);
  ReplayBuffer buffer("td3", env.spec(), 5, torch::kCPU);
  fill(buffer, env, 2);
  EXPECT_EQ(buffer.steps(), 2);
  fill(buffer, env, 12);
  EXPECT_EQ(buffer.steps(), 5);
  const torch::Tensor index = buffer.draw(1, 500, /*n_step=*/3, cpu_generator(1))[0];
  const Minibatch rows = rows_of(buffer, env.spec(), index, 3);
  std::set<std::pair<float, float>> seen;
  for (int k = 0; k < 500; ++k) {
    const std::vector<float> obs = numbers(rows.obs[k]), next = numbers(rows.next_obs[k]);
    seen.emplace(obs[0], obs[1]);
    EXPECT_EQ(next[1], obs[1]);
  }
  // Of the steps 9 to 13 (the clock was not set back) those that three rewards are known of.
  std::set<std::pair<float, float>> expected;
  for (const float t : {9.0f, 10.0f, 11.0f})
    for (const float e : {0.0f, 1.0f, 2.0f}) expected.emplace(t, e);
  EXPECT_EQ(seen, expected);
}

TEST_F(Replay, IsLoadedAsItWasSavedAndGoesRoundAsBefore) {
  ClockEnv env(3);
  ReplayBuffer buffer("td3", env.spec(), 7, torch::kCPU);
  fill(buffer, env, 12);
  ReplayBuffer other("td3", env.spec(), 7, torch::kCPU);
  TensorArchive archive;
  buffer.save(archive, /*whole=*/true);
  other.load(TensorArchive::parse(archive.serialise(), "test"));
  EXPECT_EQ(other.steps(), 7);
  const torch::Tensor index = buffer.draw(1, 300, 3, cpu_generator(4))[0];
  EXPECT_TRUE(other.draw(1, 300, 3, cpu_generator(4))[0].equal(index));
  const Minibatch a = rows_of(buffer, env.spec(), index, 3);
  const Minibatch b = rows_of(other, env.spec(), index, 3);
  EXPECT_TRUE(a.obs.equal(b.obs));
  EXPECT_TRUE(a.returns.equal(b.returns));
  EXPECT_TRUE(a.discount.equal(b.discount));
  EXPECT_TRUE((a.next_obs * a.discount.unsqueeze(1)).equal(b.next_obs * b.discount.unsqueeze(1)));
  EXPECT_TRUE(buffer.obs().equal(other.obs()));
}

TEST_F(Replay, RefusesWhatDoesNotFitAndSaysWhatDoes) {
  EnvSpec spec{1 << 20, 100, 100, 12, 0.02};
  EXPECT_THAT(error_of([&] { ReplayBuffer("td3", spec, 1 << 24, torch::kCPU); }),
              AllOf(HasSubstr("td3.buffer_steps = 16777216 of 1048576 environments take "),
                    HasSubstr(" MiB, this machine has "), HasSubstr(" MiB free; at most ")));
}

TEST_F(Replay, NamesTheEnvironmentWhoseNumberIsNotFinite) {
  ClockEnv env(3);
  ReplayBuffer buffer("td3", env.spec(), 5, torch::kCPU);
  fill(buffer, env, 4);
  buffer.check_finite(3);
  buffer.reward(2)[1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of([&] { buffer.check_finite(3); }),
              HasSubstr("the reward of environment 1 is not finite 1 steps before the last"));
}

}  // namespace
}  // namespace kennel::replay_buffer_test
