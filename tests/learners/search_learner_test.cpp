// The searches as learners: each learns the toy task, goes on bit for bit, and refuses what it
// cannot do.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <set>

#include "kennel/io/atomic_file.h"
#include "kennel/learners/learners.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "src/learners/search/search_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::search_learner_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNumEnvs = 128;

/// A method with numbers for the toy task.
struct Toy {
  const LearnerEntry* method;
  ConfigBlock config;
  int generations;

  std::string name() const { return config.section(); }
};

void PrintTo(const Toy& toy, std::ostream* out) { *out << toy.name(); }

constexpr SearchConfig kRollout = {.rollout_steps = 60, .symmetric = false};
constexpr SearchConfig kOwnDraws = {
    .rollout_steps = 60, .common_random_numbers = false, .symmetric = false};

std::vector<Toy> toys() {
  return {
      {&kEs,
       {"es", EsConfig{.search = kRollout, .population = 64, .sigma = 0.2f, .learning_rate = 0.1f}},
       60},
      {&kArs,
       {"ars", ArsConfig{.search = kRollout,
                         .num_directions = 32,
                         .top_directions = 16,
                         .step_size = 0.1f,
                         .direction_std = 0.2f}},
       60},
      {&kCem,
       {"cem", CemConfig{.search = kRollout,
                         .population = 64,
                         .init_std = 1.0f,
                         .extra_std = 0.3f,
                         .extra_generations = 40}},
       40},
      {&kFd,
       {"fd", FdConfig{.search = kRollout, .num_pairs = 32, .sigma = 0.2f, .step_size = 0.15f}},
       60},
      {&kWp,
       {"wp", WpConfig{.search = kRollout, .population = 64, .sigma = 0.2f, .learning_rate = 0.5f}},
       60},
      {&kRwr,
       {"rwr", RwrConfig{.search = kRollout, .population = 64, .init_std = 1.0f, .min_std = 0.1f}},
       40},
      {&kPi2,
       {"pi2", Pi2Config{.search = kRollout,
                         .population = 64,
                         .init_std = 1.0f,
                         .std_decay = 0.95f,
                         .min_std = 0.1f}},
       40},
      {&kPower,
       {"power",
        PowerConfig{.search = kOwnDraws, .population = 32, .init_std = 1.0f, .min_std = 0.1f}},
       40},
      {&kCmaEs, {"cma_es", CmaEsConfig{.search = kRollout, .population = 32, .sigma = 0.5f}}, 40},
  };
}

std::unique_ptr<Learner> learner_of(const Toy& toy, VecEnv& env, int num_threads = 1,
                                    const std::optional<Mirrors>& mirrors = {}) {
  return toy.method->make({.env = env,
                           .config = toy.config,
                           .seed = 3,
                           .mirrors = mirrors,
                           .num_threads = num_threads,
                           .ops = cpu_ops(),
                           .all = alone()});
}

/// What the deployed policy earns a control step on fresh episodes.
double reward_of(const PolicyNetwork& policy) {
  PointMassEnv env(64, /*seed=*/99);
  env.reset();
  double reward = 0.0;
  torch::Tensor action = torch::zeros({64, 2});
  for (int step = 0; step < PointMassEnv::kEpisodeSteps; ++step) {
    for (int e = 0; e < 64; ++e) {
      const float* obs = env.buffers().obs.const_data_ptr<float>() + 4 * e;
      const std::vector<float> acted = forward(policy, std::span(obs, 4));
      std::copy(acted.begin(), acted.end(), action.mutable_data_ptr<float>() + 2 * e);
    }
    env.step(action);
    reward += env.buffers().reward.mean().item<double>() / PointMassEnv::kEpisodeSteps;
  }
  return reward;
}

class SearchLearners : public ::testing::TestWithParam<Toy> {
 protected:
  std::string trained_bytes(int num_threads) {
    PointMassEnv env(kNumEnvs);
    const auto learner = learner_of(GetParam(), env, num_threads);
    for (int t = 0; t < 4; ++t) learner->iterate();
    learner->save(folder_ / "saved.ckpt", "text");
    return read_file(folder_ / "saved.ckpt");
  }

  TempFolder folder_;
};

// Without learning a step earns 0.16.
TEST_P(SearchLearners, SolveThePointMassWithALinearPolicy) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  EXPECT_LT(reward_of(learner->policy()), 0.25);
  for (int t = 0; t < GetParam().generations; ++t) learner->iterate();
  const PolicyNetwork policy = learner->policy();
  ASSERT_EQ(policy.layers.size(), 1u);
  EXPECT_EQ(policy.layers[0].activation, "");
  EXPECT_GT(reward_of(policy), 0.8);
  EXPECT_EQ(learner->iteration(), GetParam().generations);
  EXPECT_EQ(learner->env_steps(), std::int64_t{60} * kNumEnvs * GetParam().generations);
}

TEST_P(SearchLearners, GoOnBitForBitFromACheckpoint) {
  PointMassEnv whole_env(kNumEnvs), env(kNumEnvs);
  const auto whole = learner_of(GetParam(), whole_env);
  const auto resumed = learner_of(GetParam(), env);
  for (int t = 0; t < 3; ++t) whole->iterate();
  whole->save(folder_ / "half.ckpt", "text");
  resumed->load(folder_ / "half.ckpt");
  for (int t = 0; t < 3; ++t) {
    const IterationReport one = whole->iterate(), other = resumed->iterate();
    EXPECT_EQ(one.scalars, other.scalars);
  }
  whole->save(folder_ / "whole.ckpt", "text");
  resumed->save(folder_ / "resumed.ckpt", "text");
  EXPECT_EQ(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "resumed.ckpt"));
  EXPECT_NE(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "half.ckpt"));
  EXPECT_EQ(read_checkpoint(folder_ / "half.ckpt").iteration, 3);
}

TEST_P(SearchLearners, GiveTheSameBitsOnAnyNumberOfThreads) {
  EXPECT_EQ(trained_bytes(1), trained_bytes(3));
}

TEST_P(SearchLearners, TreatLeftAndRightAlikeWhereTheyAreToldTo) {
  Toy toy = GetParam();
  for (const AnyField& field : toy.config.fields())
    if (field.name == std::string("symmetric")) *std::get<bool*>(field.value) = true;
  PointMassEnv env(kNumEnvs);
  EXPECT_THAT(error_of([&] { learner_of(toy, env); }),
              HasSubstr(toy.name() + ".symmetric = true, but left and right"));
  const auto learner = learner_of(toy, env, 1, PointMassEnv::mirrors());
  for (int t = 0; t < 3; ++t) learner->iterate();
  const PolicyNetwork policy = learner->policy();
  const std::vector<float> acted = forward(policy, std::vector<float>{0.3f, -0.7f, 0.2f, 0.9f});
  const std::vector<float> image = forward(policy, std::vector<float>{-0.3f, -0.7f, -0.2f, 0.9f});
  EXPECT_NE(acted[0], 0.0f);
  EXPECT_FLOAT_EQ(image[0], -acted[0]);
  EXPECT_FLOAT_EQ(image[1], acted[1]);
}

TEST_P(SearchLearners, TakeThePolicyOfAnotherMethodsCheckpoint) {
  PointMassEnv env(kNumEnvs), other_env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  const auto other = learner_of(toys()[GetParam().method == &kEs ? 2 : 0], other_env);
  for (int t = 0; t < 3; ++t) other->iterate();
  other->save(folder_ / "other.ckpt", "text");
  EXPECT_THAT(error_of([&] { learner->load(folder_ / "other.ckpt"); }),
              HasSubstr("; this run learns by " + GetParam().name()));
  learner->load_networks(folder_ / "other.ckpt");
  EXPECT_EQ(learner->policy().layers[0].weights, other->policy().layers[0].weights);
  EXPECT_EQ(learner->policy().layers[0].bias, other->policy().layers[0].bias);
}

TEST_P(SearchLearners, EndWithAClearWordWhenNoReturnIsFinite) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  env.reward_offset = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(
      error_of([&] { learner->iterate(); }),
      AllOf(HasSubstr("candidates is not finite"), HasSubstr("the first is environment 0")));
}

/// Whose sixth environment pays what is no number.
class OneBrokenEnv final : public PointMassEnv {
 public:
  using PointMassEnv::PointMassEnv;
  void step(const torch::Tensor& action) override {
    PointMassEnv::step(action);
    buffers().reward[5].fill_(std::numeric_limits<float>::quiet_NaN());
  }
};

TEST_P(SearchLearners, TakeACandidateWhoseReturnIsNoNumberForTheWorst) {
  OneBrokenEnv env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  for (int t = 0; t < 3; ++t) {
    const IterationReport report = learner->iterate();
    EXPECT_EQ(report.at("train/failed_candidates"), 1.0);
    EXPECT_TRUE(std::isfinite(report.at("train/mean_return")));
  }
  const PolicyNetwork policy = learner->policy();
  for (const float weight : policy.layers[0].weights) EXPECT_TRUE(std::isfinite(weight));
}

INSTANTIATE_TEST_SUITE_P(Methods, SearchLearners, ::testing::ValuesIn(toys()),
                         [](const auto& toy) { return toy.param.name(); });

TEST(Searches, DrawApartAgainWhereARunGoesOnWithoutCommonRandomNumbers) {
  const TempFolder folder;
  const Toy alike = toys()[0];
  Toy apart = alike;
  apart.config.as<EsConfig>().search.common_random_numbers = false;
  PointMassEnv env(kNumEnvs), other_env(kNumEnvs);
  const auto learner = learner_of(alike, env);
  learner->iterate();
  learner->save(folder / "half.ckpt", "text");
  const auto resumed = learner_of(apart, other_env);
  resumed->load(folder / "half.ckpt");
  // Two environments a candidate: the first of one candidate starts as the first of the next does,
  // if not in the same episode, since one has fallen more often.
  const auto repeats = [&] {
    std::set<float> starts, next_starts, both;
    for (int episode = 0; episode < 50; ++episode) {
      other_env.reset();
      const torch::Tensor& obs = other_env.buffers().obs;
      starts.insert(obs[0][0].item<float>());
      next_starts.insert(obs[2][0].item<float>());
    }
    std::set_intersection(starts.begin(), starts.end(), next_starts.begin(), next_starts.end(),
                          std::inserter(both, both.begin()));
    return !both.empty();
  };
  EXPECT_TRUE(repeats());
  resumed->take_edits(alike.config);
  EXPECT_FALSE(repeats());
  resumed->take_edits(apart.config);
  EXPECT_NO_THROW(resumed->iterate());
}

/// A search for a network of one hidden layer.
Toy network_toy(bool symmetric) {
  SearchConfig search = kRollout;
  search.hidden = {8};
  search.symmetric = symmetric;
  return {
      &kEs,
      {"es", EsConfig{.search = search, .population = 64, .sigma = 0.2f, .learning_rate = 0.1f}},
      100};
}

TEST(SearchedNetworks, SolveThePointMassAndGoOnBitForBit) {
  const TempFolder folder;
  PointMassEnv env(kNumEnvs), other_env(kNumEnvs);
  const Toy toy = network_toy(false);
  const auto learner = learner_of(toy, env);
  EXPECT_LT(reward_of(learner->policy()), 0.25);
  for (int t = 0; t < toy.generations; ++t) learner->iterate();
  const PolicyNetwork policy = learner->policy();
  ASSERT_EQ(policy.layers.size(), 2u);
  EXPECT_EQ(policy.layers[0].out, 8);
  EXPECT_EQ(policy.layers[0].activation, "tanh");
  EXPECT_EQ(policy.layers[1].activation, "");
  EXPECT_GT(reward_of(policy), 0.8);
  learner->save(folder / "half.ckpt", "text");
  const auto resumed = learner_of(toy, other_env);
  resumed->load(folder / "half.ckpt");
  learner->iterate();
  resumed->iterate();
  EXPECT_EQ(learner->policy().layers[0].weights, resumed->policy().layers[0].weights);
  const auto linear = learner_of(toys()[0], other_env);
  EXPECT_THAT(error_of([&] { linear->load(folder / "half.ckpt"); }),
              AllOf(HasSubstr("holds a policy of 8 tanh units"), HasSubstr("has a linear policy")));
}

TEST(SearchedNetworks, TreatLeftAndRightAlikeFromTheStart) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(network_toy(true), env, 1, PointMassEnv::mirrors());
  for (int t = 0; t < 3; ++t) {
    const PolicyNetwork policy = learner->policy();
    const std::vector<float> acted = forward(policy, std::vector<float>{0.3f, -0.7f, 0.2f, 0.9f});
    const std::vector<float> image = forward(policy, std::vector<float>{-0.3f, -0.7f, -0.2f, 0.9f});
    EXPECT_NE(acted[0], 0.0f);
    EXPECT_NEAR(image[0], -acted[0], 1e-6);
    EXPECT_NEAR(image[1], acted[1], 1e-6);
    learner->iterate();
  }
}

TEST(MendedScores, AreTheWorstOfTheOthersWhereOneIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto scores = [](std::vector<double> x) { return torch::tensor(x, torch::kFloat64); };
  const MendedScores some =
      mended({.returns = scores({3, nan, -2, std::numeric_limits<double>::infinity()})});
  EXPECT_TRUE(some.scores.equal(scores({3, -2, -2, -2})));
  EXPECT_EQ(some.failed, 2);
  EXPECT_EQ(mended({.returns = scores({3, 1})}).failed, 0);
}

// A candidate's own policy in its own environments, a fall ends the score, a time-out does not.
void expect_the_scores_of_a_loop(const std::vector<int>& hidden, double scale) {
  constexpr int kSteps = 100;
  PointMassEnv env(12, /*seed=*/5), slow(12, /*seed=*/5);
  const SearchConfig config{.rollout_steps = kSteps,
                            .alive_bonus = 0.25f,
                            .common_random_numbers = false,
                            .hidden = hidden};
  NetworkCandidates policy(env.spec(), config, nullptr);
  const torch::Tensor policies =
      (scale * torch::randn({4, policy.num_dense()}, cpu_generator(2), torch::kFloat64))
          .to(torch::kFloat32);
  WorkerPool pool(1);
  Normaliser statistics(4, true, nullptr, torch::kCPU, cpu_ops());
  PopulationRollout rollout(env, policy, config, pool, cpu_ops());
  const Evaluation fast = rollout.run(policies, statistics, *make_phase_timer(torch::kCPU));
  std::vector<double> score(12, 0.0);
  std::vector<bool> fallen(12, false);
  double fallen_share = 0.0;
  slow.reset();
  torch::Tensor action = torch::zeros({12, 2});
  for (int step = 0; step < kSteps; ++step) {
    for (int e = 0; e < 12; ++e) {
      const float* obs = slow.buffers().obs.const_data_ptr<float>() + 4 * e;
      const std::vector<float> acted = forward(policy.deployed(policies[e / 3]), std::span(obs, 4));
      std::copy(acted.begin(), acted.end(), action.mutable_data_ptr<float>() + 2 * e);
    }
    slow.step(action);
    for (int e = 0; e < 12; ++e) {
      if (fallen[e]) continue;
      score[e] += slow.buffers().reward[e].item<double>() + 0.25;
      fallen[e] = slow.buffers().terminated[e].item<float>() > 0.0f;
      fallen_share += fallen[e] / 12.0;
    }
  }
  EXPECT_GT(fallen_share, 0.2);
  EXPECT_LT(fallen_share, 0.95);
  EXPECT_NEAR(fast.fallen, fallen_share, 1e-6);
  for (int e = 0; e < 12; ++e) EXPECT_NEAR(fast.env_scores[e].item<double>(), score[e], 1e-3) << e;
  EXPECT_NEAR(fast.returns[1].item<double>(), (score[3] + score[4] + score[5]) / 3, 1e-3);
}

TEST(PopulationRollout, ScoresAsALoopOverSingleEnvironmentsDoes) {
  expect_the_scores_of_a_loop({}, 1.0);
  expect_the_scores_of_a_loop({6, 4}, 0.1);
}

TEST(NetworkCandidates, TakeTheRawObservationWithItsNormalisationFoldedIn) {
  const NetworkCandidates linear({1, 2, 2, 1, 0.1}, {}, nullptr);
  // 3 (x - 10) / 2 - 4 (y + 1) / 0.5 + 7 at (14, 1)
  const torch::Tensor dense =
      linear.folded(torch::tensor({{3.0, -4.0, 7.0}}, torch::kFloat64),
                    torch::tensor({10.0f, -1.0f}), torch::tensor({0.5f, 2.0f}));
  const PolicyNetwork network = linear.deployed(dense[0]);
  EXPECT_THAT(forward(network, std::vector<float>{14.0f, 1.0f}), ElementsAre(6.0f - 16.0f + 7.0f));
}

TEST(SearchConfigs, AsTheyShipFitTheBatchesThatShip) {
  for (const LearnerEntry* method :
       {&kEs, &kArs, &kCem, &kFd, &kWp, &kRwr, &kPi2, &kPower, &kCmaEs})
    for (const int num_envs : {256, 1024, 4096})
      EXPECT_THAT(method->config().problems(num_envs), IsEmpty()) << method->name;
}

TEST(SearchConfigs, AreRefusedWithWhatFits) {
  EXPECT_THAT(problems(EsConfig{.population = 48}, 128),
              ElementsAre("es.population = 48 asks for 48 candidates, which do not divide num_envs "
                          "= 128; try 32 or 64"));
  EXPECT_THAT(problems(EsConfig{.population = 33}, 99),
              ElementsAre("es.population = 33 is no multiple of 2; none fits num_envs = 99, try 34 "
                          "with num_envs = 102"));
  EXPECT_THAT(problems(EsConfig{.population = 1}, 64),
              ElementsAre("es.population = 1 is fewer than the 2 that it takes; try 2"));
  EXPECT_THAT(problems(ArsConfig{.num_directions = 60, .top_directions = 20}, 128),
              ElementsAre("ars.num_directions = 60 asks for 120 candidates, which do not divide "
                          "num_envs = 128; try 32 or 64"));
  EXPECT_THAT(problems(ArsConfig{.num_directions = 8, .top_directions = 9}, 128),
              ElementsAre("ars.top_directions = 9 is above num_directions = 8"));
  EXPECT_THAT(problems(CemConfig{.population = 64, .elite = 0.02f}, 128),
              ElementsAre("cem.elite = 0.02 of 64 candidates leaves fewer than two; try 0.03125"));
  EXPECT_THAT(problems(CmaEsConfig{.population = 3}, 12),
              ElementsAre("cma_es.population = 3 is fewer than the 4 that it takes; try 4"));
  EXPECT_THAT(problems(CmaEsConfig{.population = 256}, 128),
              ElementsAre("cma_es.population = 256 asks for 256 candidates, which do not divide "
                          "num_envs = 128; try 128"));
  EXPECT_THAT(problems(EsConfig{.search = {.rollout_steps = 0}}, 256),
              ElementsAre(HasSubstr("es.rollout_steps = 0 is outside [1, 4096]")));
  EXPECT_THAT(
      problems(EsConfig{.search = {.hidden = {7}}}, 256),
      ElementsAre("es.hidden has a layer of 7 units; a symmetric policy pairs them, try 8"));
  EXPECT_THAT(problems(EsConfig{.search = {.activation = "gelu"}}, 256),
              ElementsAre(HasSubstr("es.activation = \"gelu\" is unknown")));
}

TEST(Searches, RefuseBeforeTrainingWhatTheirConfigsRefuse) {
  PointMassEnv env(100);
  EXPECT_THAT(error_of([&] { learner_of(toys()[0], env); }),
              HasSubstr("es.population = 64 asks for 64 candidates, which do not divide num_envs = "
                        "100; try 50 or 100"));
}

}  // namespace
}  // namespace kennel::search_learner_test
