// qacc against mj_forward at our own states: contacts, limits, dry friction, saturated servos,
// randomised parameters.
#include <gtest/gtest.h>

#include "tests/dynamics/random_steps.h"

namespace kennel::testing {
namespace {

void expect_parity(const Coverage& coverage) {
  EXPECT_LT(coverage.worst, kParityDouble);
  EXPECT_GT(coverage.contacts, 1000) << "the test must see contacts";
  EXPECT_GT(coverage.limits, 100) << "the test must see joint limits";
  EXPECT_GT(coverage.saturated, 1000) << "the test must see saturated servos";
  ::testing::Test::RecordProperty("worst", std::to_string(coverage.worst));
  std::printf("worst %.3g, contacts %d, limits %d, saturated %d\n", coverage.worst,
              coverage.contacts, coverage.limits, coverage.saturated);
}

TEST(Parity, NominalModelMatchesMujocoOverThreeThousandRandomSteps) {
  expect_parity(compare_random_steps(compile_mjcf(kPupper), 3000, 1, false, InvWeight::kNominal));
}

TEST(Parity, TheGo1MatchesMujocoOverThreeThousandRandomSteps) {
  expect_parity(compare_random_steps(compile_mjcf(kGo1), 3000, 1, false, InvWeight::kNominal));
}

/// Ten randomised robots of 300 steps each, taken together.
Coverage compare_randomised(unsigned first_seed, InvWeight weights) {
  Coverage all;
  for (unsigned seed = first_seed; seed < first_seed + 10; ++seed) {
    const Coverage c = compare_random_steps(compile_mjcf(kPupper), 300, seed, true, weights);
    all.worst = std::max(all.worst, c.worst);
    all.contacts += c.contacts;
    all.limits += c.limits;
    all.saturated += c.saturated;
  }
  return all;
}

TEST(Parity, RandomisedModelsMatchMujocoWithNominalInverseWeights) {
  expect_parity(compare_randomised(100, InvWeight::kNominal));
}

TEST(Parity, RandomisedModelsMatchMujocoWithExactInverseWeights) {
  expect_parity(compare_randomised(200, InvWeight::kFromMujoco));
}

TEST(Parity, OurInverseWeightsOfARandomisedModelAreMujocos) {
  expect_parity(compare_randomised(300, InvWeight::kOurs));
}

}  // namespace
}  // namespace kennel::testing
