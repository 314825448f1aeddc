// What a VecEnv keeps of environments that diverge, and says of the code that steps it, on every
// backend.
#include "tests/sim/backend_fixture.h"

namespace kennel::testing {
namespace {

TEST_P(Backend, KeepsTheLowestOfTheEnvironmentsThatDivergeFirst) {
  constexpr int kEnvs = 1000;
  EnvConfig config;
  config.task.random_first_clock = false;
  for (int attempt = 0; attempt < (name() == "simt" ? 1 : 5); ++attempt) {
    const auto env = this->env(kEnvs, 5, config);
    env->step(waves(0, kEnvs).to(env->device()));
    torch::Tensor action = waves(1, kEnvs);
    for (const int sick : {999, 700, 421, 134, 133, 135, 800}) action[sick][2] = NAN;
    env->step(action.to(env->device()));
    action[3][0] = NAN;  // lower, but later
    env->step(action.to(env->device()));
    const auto kept = env->first_divergence();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->env, 133);
    EXPECT_EQ(parse_replay("kept", kept->file).control_step, 1);
  }
}

TEST_P(Backend, SaysWhatItsObservationsAre) {
  EnvConfig config;
  config.task.history = 3;
  const EnvSpec spec = env(8, 1, config)->spec();
  const auto size = [](const std::vector<BoundedTerm>& terms) {
    int numbers = 0;
    for (const BoundedTerm& term : terms) {
      EXPECT_NE(term.name, "");
      EXPECT_NE(term.unit, "");
      numbers += term.size;
    }
    return numbers;
  };
  EXPECT_EQ(3 * size(spec.obs_terms), spec.obs_size);
  EXPECT_EQ(size(spec.privileged_obs_terms), spec.privileged_obs_size);
  EXPECT_EQ(spec.action_bounds, (Range{-1.0f, 1.0f}));
}

TEST_P(Backend, SaysWhatStepsItAndWhyNotTheFastest) {
  EnvConfig config;
  const KernelChoice usual = env(8, 1, config)->spec().kernel;
  EXPECT_NE(usual.name, "");
  EXPECT_EQ(usual.why_not_fast, "");
  EXPECT_EQ(described(usual), usual.name);
  if (name() == "cpu") return;  // has one code for all tasks
  config.task.solver_iterations = 3;
  const KernelChoice other = env(8, 1, config)->spec().kernel;
  EXPECT_NE(other.name, usual.name);
  EXPECT_EQ(other.why_not_fast, "solver iterations 3, folded 2");
  EXPECT_EQ(described(other), other.name + " (solver iterations 3, folded 2)");
}

}  // namespace
}  // namespace kennel::testing
