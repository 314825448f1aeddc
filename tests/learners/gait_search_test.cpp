// Searches for a gait: each environment by its candidate's numbers and its own clock, the same bits
// on any number of threads and from a checkpoint on, and what is refused.
#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "kennel/io/atomic_file.h"
#include "kennel/learners/learners.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "src/learners/search/gait_candidates.h"
#include "src/learners/search/search_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/judge/test_gait.h"
#include "tests/rl/point_mass_env.h"
#include "tiny_env.h"

namespace kennel::gait_search_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GaitContract sample_contract() { return gait_policy().network.gait->contract; }

/// A robot that is paid for actions near those of a gait which the learner does not know. Episodes
/// last from 5 to 11 steps and end in turn with a fall and by the clock.
class CopyingEnv final : public TinyEnv {
 public:
  explicit CopyingEnv(int num_envs)
      : TinyEnv(num_envs, sample_contract().obs_size, kNumJoints),
        wanted_{sample_contract(), first_gait()},
        episodes_(static_cast<std::size_t>(num_envs)) {
    wanted_.number[gait::kSwingHeight] = 0.01f;
    wanted_.number[gait::kHeight] = -0.02f;
  }

  /// What candidates are to do, each in as many environments; `worst` is kept where there are any.
  std::vector<GaitPolicy> expected;
  double worst = 0.0;
  int ended = 0;

 private:
  struct Episode {
    int step = 0;
    float wanted_cycle = 0.0f, expected_cycle = 0.0f;
  };

  void begin(int env) override { episodes_[env] = {}; }

  void observe(int env, float* obs) const override {
    std::fill_n(obs, wanted_.contract.obs_size, 3.0f);
    float* command = obs + wanted_.contract.command_at;
    command[0] = 0.1f * static_cast<float>(env % 5);
    command[1] = 0.05f * static_cast<float>(env % 3);
    command[2] = 0.2f * static_cast<float>(env % 2);
  }

  TinyStep advance(int env, const float* action) override {
    Episode& now = episodes_[env];
    std::vector<float> obs(wanted_.contract.obs_size), wanted(kNumJoints);
    observe(env, obs.data());
    act(wanted_, obs, now.wanted_cycle, wanted);
    double off = 0.0;
    for (int joint = 0; joint < kNumJoints; ++joint)
      off += std::pow(action[joint] - wanted[joint], 2);
    compare(env, obs, action);
    ++now.step;
    const bool over = now.step == 5 + env % 7;
    ended += over;
    return {-off, over && env % 2 == 0, over && env % 2 == 1, false};
  }

  void compare(int env, const std::vector<float>& obs, const float* action) {
    if (expected.empty()) return;
    const int envs = spec().num_envs / static_cast<int>(expected.size());
    std::vector<float> own(kNumJoints);
    act(expected[env / envs], obs, episodes_[env].expected_cycle, own);
    for (int joint = 0; joint < kNumJoints; ++joint)
      worst = std::max(worst, std::abs(double{action[joint]} - own[joint]));
  }

  GaitPolicy wanted_;
  std::vector<Episode> episodes_;
};

TEST(GaitCandidates, ActInEachEnvironmentByTheirNumbersAndItsOwnClock) {
  constexpr int kCandidates = 20, kEnvs = 3;  // more than a slice, and no whole number of lanes
  CopyingEnv env(kCandidates * kEnvs);
  const SearchConfig config{.rollout_steps = 30, .common_random_numbers = false, .policy = "gait"};
  GaitCandidates candidates(sample_contract());
  const torch::Tensor folded = candidates.folded(
      0.3 * torch::randn({kCandidates, gait::kNumNumbers}, cpu_generator(2), torch::kFloat64), {},
      {});
  for (int candidate = 0; candidate < kCandidates; ++candidate)
    env.expected.push_back(*candidates.deployed(folded[candidate]).gait);
  EXPECT_NE(env.expected[0].number, env.expected[1].number);
  WorkerPool pool(3);
  Normaliser statistics(env.spec().obs_size, false, nullptr, torch::kCPU, cpu_ops());
  PopulationRollout rollout(env, candidates, config, pool, cpu_ops());
  for (int generation = 0; generation < 2; ++generation)
    rollout.run(folded.to(torch::kFloat32), statistics, *make_phase_timer(torch::kCPU));
  EXPECT_GT(env.ended, 2 * kCandidates * kEnvs);
  EXPECT_LT(env.worst, 1e-3);
}

TEST(GaitCandidates, StayWithinTheBoundsOfTheirNumbers) {
  GaitCandidates candidates(sample_contract());
  const torch::Tensor far = torch::stack({torch::full({gait::kNumNumbers}, 100.0, torch::kFloat64),
                                          torch::full({gait::kNumNumbers}, -100.0, torch::kFloat64),
                                          candidates.start(1)});
  const torch::Tensor folded = candidates.folded(far, {}, {});
  for (int i = 0; i < gait::kNumNumbers; ++i) {
    EXPECT_EQ(folded[0][i].item<double>(), gait::kTerms[i].high) << gait::kTerms[i].name;
    EXPECT_EQ(folded[1][i].item<double>(), gait::kTerms[i].low) << gait::kTerms[i].name;
    EXPECT_EQ(folded[2][i].item<double>(), gait::kTerms[i].start) << gait::kTerms[i].name;
  }
  EXPECT_EQ(candidates.deployed(folded[2]).gait->number, first_gait());
}

constexpr int kNumEnvs = 64;
const SearchConfig kGaits = {.rollout_steps = 20, .common_random_numbers = false, .policy = "gait"};

struct Method {
  const LearnerEntry* entry;
  ConfigBlock config;
};

std::vector<Method> methods() {
  return {{&kEs, {"es", EsConfig{.search = kGaits, .population = 16}}},
          {&kArs, {"ars", ArsConfig{.search = kGaits, .num_directions = 8, .top_directions = 4}}},
          {&kCem, {"cem", CemConfig{.search = kGaits, .population = 16}}},
          {&kFd, {"fd", FdConfig{.search = kGaits, .num_pairs = 16}}},
          {&kWp, {"wp", WpConfig{.search = kGaits, .population = 16}}},
          {&kRwr, {"rwr", RwrConfig{.search = kGaits, .population = 16}}},
          {&kPi2, {"pi2", Pi2Config{.search = kGaits, .population = 16}}},
          {&kPower, {"power", PowerConfig{.search = kGaits, .population = 16}}},
          {&kCmaEs, {"cma_es", CmaEsConfig{.search = kGaits, .population = 16, .sigma = 0.3f}}}};
}

std::unique_ptr<Learner> learner_of(const Method& method, VecEnv& env, int num_threads = 1,
                                    const std::optional<GaitContract>& gait = sample_contract()) {
  return method.entry->make({.env = env,
                             .config = method.config,
                             .seed = 3,
                             .mirrors = {},
                             .gait = gait,
                             .num_threads = num_threads,
                             .ops = cpu_ops(),
                             .all = alone()});
}

TEST(GaitSearches, OfEveryMethodKeepTheirGaitInACheckpoint) {
  const TempFolder folder;
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.entry->name);
    EXPECT_THAT(method.config.problems(kNumEnvs), IsEmpty());
    EXPECT_TRUE(method.entry->seeks_gait(method.config, true));
    CopyingEnv env(kNumEnvs);
    const auto learner = learner_of(method, env);
    EXPECT_EQ(learner->policy().gait->number, first_gait());
    for (int t = 0; t < 2; ++t) learner->iterate();
    const PolicyNetwork policy = learner->policy();
    ASSERT_TRUE(policy.gait);
    EXPECT_TRUE(policy.layers.empty());
    EXPECT_NE(policy.gait->number, first_gait());
    learner->save(folder / "saved.ckpt", "text");
    EXPECT_EQ(read_checkpoint(folder / "saved.ckpt").policy.gait, policy.gait);
  }
}

TEST(GaitSearches, FindTheGaitThatIsPaid) {
  CopyingEnv env(kNumEnvs);
  const auto learner = learner_of(methods().back(), env);
  const double before = learner->iterate().at("train/mean_return");
  for (int t = 0; t < 40; ++t) learner->iterate();
  EXPECT_GT(learner->iterate().at("train/mean_return"), before / 2);  // both are negative
  EXPECT_NEAR(learner->policy().gait->number[gait::kHeight], -0.02, 0.01);
}

TEST(GaitSearches, GiveTheSameBitsOnAnyNumberOfThreadsAndGoOnBitForBit) {
  const TempFolder folder;
  const Method method = methods().back();
  const auto saved = [&](Learner& learner) {
    learner.save(folder / "saved.ckpt", "text");
    return read_file(folder / "saved.ckpt");
  };
  CopyingEnv env(kNumEnvs), threads_env(kNumEnvs), resumed_env(kNumEnvs);
  const auto whole = learner_of(method, env);
  const auto threads = learner_of(method, threads_env, 3);
  for (int t = 0; t < 3; ++t) whole->iterate();
  whole->save(folder / "half.ckpt", "text");
  for (int t = 0; t < 3; ++t) whole->iterate();
  for (int t = 0; t < 6; ++t) threads->iterate();
  const std::string bytes = saved(*whole);
  EXPECT_EQ(saved(*threads), bytes);
  const auto resumed = learner_of(method, resumed_env);
  resumed->load(folder / "half.ckpt");
  for (int t = 0; t < 3; ++t) resumed->iterate();
  EXPECT_EQ(saved(*resumed), bytes);
}

TEST(GaitSearches, TakeNoNetworksCheckpoint) {
  const TempFolder folder;
  PointMassEnv mass(kNumEnvs);
  const Method network = {
      &kEs,
      {"es", EsConfig{.search = {.rollout_steps = 20, .symmetric = false}, .population = 16}}};
  const auto other = learner_of(network, mass, 1, std::nullopt);
  EXPECT_FALSE(kEs.seeks_gait(network.config, true));
  other->iterate();
  other->save(folder / "network.ckpt", "text");
  EXPECT_FALSE(read_checkpoint(folder / "network.ckpt").policy.gait);
  CopyingEnv env(kNumEnvs);
  const auto learner = learner_of(methods()[0], env);
  EXPECT_THAT(error_of([&] { learner->load_networks(folder / "network.ckpt"); }),
              AllOf(HasSubstr("holds a linear policy"), HasSubstr("has a gait of 12 numbers")));
}

TEST(GaitSearches, RefuseWhatHasNoRobotThatWalks) {
  CopyingEnv env(kNumEnvs);
  EXPECT_THAT(error_of([&] { learner_of(methods()[0], env, 1, std::nullopt); }),
              HasSubstr("es.policy = \"gait\", but these environments have no robot"));
  PointMassEnv mass(kNumEnvs);
  EXPECT_THAT(error_of([&] { learner_of(methods()[0], mass); }),
              HasSubstr("es.policy = \"gait\", but these environments have no robot"));
}

TEST(GaitSearches, RefuseHiddenLayersAndPoliciesOfAnotherName) {
  EXPECT_THAT(
      problems(EsConfig{.search = {.policy = "gait", .hidden = {7}}}, 256),
      ElementsAre("es.hidden is for networks, and policy = \"gait\" has no layers; leave it "
                  "out, or say policy = \"network\""));
  EXPECT_THAT(problems(EsConfig{.search = {.policy = "trot"}}, 256),
              ElementsAre(HasSubstr("es.policy = \"trot\" is unknown")));
}

}  // namespace
}  // namespace kennel::gait_search_test
