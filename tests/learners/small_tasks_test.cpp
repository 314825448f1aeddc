// The shipped recipes of the small tasks, by every method that has a section in them: what is
// deployed at the end of the budget earns what the task's best policy does, to a tolerance.
#include <gtest/gtest.h>

#include <cmath>

#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/derivatives.h"
#include "kennel/run/run_config.h"
#include "kennel/sim/make_env.h"
#include "src/learners/search/pi2.h"

namespace kennel {
namespace {

struct Solved {
  const char *task, *algorithm;
  double tolerance;  // of the return, below the best one
};

void PrintTo(const Solved& solved, std::ostream* out) {
  *out << solved.algorithm << " on " << solved.task;
}

RunConfig recipe_of(const Solved& solved) {
  return load_run_config({}, [&](RunConfig& config) {
    config.task.name = solved.task;
    config.train.algorithm = solved.algorithm;
  });
}

/// Environments and who learns from them.
struct Training {
  RunConfig config;
  std::unique_ptr<VecEnv> env;
  Derivatives derivatives;
  std::unique_ptr<Learner> learner;

  explicit Training(const RunConfig& of, int num_threads = 1) : config(of) {
    EnvOptions options;
    options.num_envs = config.train.num_envs;
    options.seed = static_cast<std::uint64_t>(config.train.seed);
    options.device = "cpu";
    env = make_small_env(*small_task_of(config), options);
    derivatives = derivatives_of(config);
    learner = config.method->make({.env = *env,
                                   .config = config.learner,
                                   .seed = options.seed,
                                   .mirrors = {},
                                   .differentiable = derivatives.task.get(),
                                   .not_differentiable = derivatives.why_not,
                                   .num_threads = num_threads,
                                   .ops = cpu_ops(),
                                   .all = alone()});
  }

  void run() {
    while (learner->env_steps() < config.train.steps) {
      learner->set_progress(static_cast<double>(learner->env_steps()) /
                            static_cast<double>(config.train.steps));
      learner->iterate();
    }
  }
};

/// The gain K of the policy u = -K x + b, where it is linear.
std::vector<float> weights_of(const PolicyNetwork& policy) {
  return policy.layers.size() == 1 ? policy.layers[0].weights : std::vector<float>{};
}

/// What a policy's action costs beside the best one's: its mean return over fresh episodes.
double mean_return(const small::TaskRow& task, const PolicyNetwork& policy) {
  constexpr int kEpisodes = 2000;
  EnvOptions options;
  options.num_envs = kEpisodes;
  options.seed = 1000;
  options.device = "cpu";
  const auto env = make_small_env(task, options);
  env->reset();
  torch::Tensor sum = torch::zeros({kEpisodes}, torch::kFloat64),
                running = torch::ones({kEpisodes});
  torch::Tensor action = torch::zeros({kEpisodes, task.action_size});
  for (int t = 0; t < task.episode_steps; ++t) {
    for (int e = 0; e < kEpisodes; ++e) {
      const float* obs = env->buffers().obs.const_data_ptr<float>() + e * task.obs_size();
      const std::vector<float> acted =
          forward(policy, std::span(obs, static_cast<std::size_t>(task.obs_size())));
      std::copy(acted.begin(), acted.end(),
                action.mutable_data_ptr<float>() + e * task.action_size);
    }
    env->step(action);
    sum += (env->buffers().reward * running).to(torch::kFloat64);
    running *= 1 - env->buffers().terminated - env->buffers().truncated;
  }
  return sum.mean().item<double>();
}

/// The best return on these very episodes, where the best policy is a linear one.
double best_return_here(const small::TaskRow& task) {
  if (&task == &small::Lqr::kRow)
    return mean_return(task, {{{2, 1, {-7.61295797f, -4.58493499f}, {0.0f}, ""}}});
  if (&task == &small::Chain::kRow)
    return mean_return(task, {{{5, 1, std::vector<float>(5, 0.0f), {1.0f}, ""}}});
  return task.best_return;
}

class SmallTasks : public ::testing::TestWithParam<Solved> {};

void expect_solved(const RunConfig& config, double tolerance) {
  Training training(config);
  const small::TaskRow& task = *small_task_of(training.config);
  const double best = best_return_here(task);
  const double before = mean_return(task, training.learner->policy());
  EXPECT_LT(before, best - 5 * tolerance);  // there is something to learn
  training.run();
  const double after = mean_return(task, training.learner->policy());
  std::string weights;
  for (const float w : weights_of(training.learner->policy())) weights += " " + std::to_string(w);
  ::testing::Test::RecordProperty("return", std::to_string(after));
  EXPECT_NEAR(after, best, tolerance) << "from " << before << ", weights" << weights;
}

TEST_P(SmallTasks, AreSolvedByTheShippedRecipe) {
  expect_solved(recipe_of(GetParam()), GetParam().tolerance);
}

TEST(SmallTasksByOtherForms, TheRegulatorIsSolvedByPathIntegralsPerTimeStep) {
  RunConfig config = recipe_of({"lqr", "pi2", 0.25});
  config.learner.as<Pi2Config>().per_time_step = true;
  expect_solved(config, 0.25);
}

// By a fifth of the recipe's budget.
TEST(SmallTasksByOtherForms, ThePendulumIsSwungUpBySac) {
  RunConfig config = recipe_of({"pendulum", "sac", 50.0});
  config.train.steps = 800'000;
  expect_solved(config, 50.0);
}

// A regulator that does nothing costs some hundreds, a swing-up that does nothing 1200.
constexpr Solved kSolved[] = {
    {"lqr", "ppo", 0.25},          {"lqr", "reinforce", 0.4},  {"lqr", "npg", 0.25},
    {"lqr", "trpo", 0.25},         {"lqr", "ppo-kl", 0.25},    {"lqr", "es", 0.25},
    {"lqr", "ars", 0.25},          {"lqr", "cem", 0.25},       {"lqr", "fd", 0.25},
    {"lqr", "wp", 0.25},           {"lqr", "rwr", 0.25},       {"lqr", "pi2", 0.25},
    {"lqr", "power", 0.25},        {"lqr", "cma-es", 0.25},    {"bandit", "ppo", 0.01},
    {"bandit", "reinforce", 0.01}, {"bandit", "a2c", 0.01},    {"bandit", "npg", 0.01},
    {"bandit", "trpo", 0.01},      {"bandit", "ppo-kl", 0.01}, {"bandit", "es", 0.01},
    {"bandit", "ars", 0.01},       {"bandit", "cem", 0.01},    {"bandit", "fd", 0.01},
    {"bandit", "wp", 0.01},        {"bandit", "rwr", 0.01},    {"bandit", "pi2", 0.01},
    {"bandit", "power", 0.01},     {"bandit", "cma-es", 0.01}, {"chain", "ppo", 0.01},
    {"chain", "reinforce", 0.01},  {"chain", "a2c", 0.01},     {"chain", "npg", 0.01},
    {"chain", "trpo", 0.01},       {"chain", "ppo-kl", 0.01},  {"chain", "es", 0.01},
    {"chain", "ars", 0.01},        {"chain", "cem", 0.01},     {"chain", "fd", 0.01},
    {"chain", "wp", 0.01},         {"chain", "rwr", 0.01},     {"chain", "pi2", 0.01},
    {"chain", "power", 0.01},      {"chain", "cma-es", 0.01},  {"pendulum", "ppo", 100.0},
    {"lqr", "apg", 0.001},         {"bandit", "apg", 0.0001},  {"lqr", "a2c", 0.4},
    {"chain", "dqn", 0.01},        {"lqr", "ddpg", 0.25},      {"lqr", "td3", 0.25},
    {"lqr", "sac", 0.25},          {"lqr", "dqn", 1.5},
};

std::string name_of_test(const ::testing::TestParamInfo<Solved>& info) {
  std::string name = std::string(info.param.task) + "_" + info.param.algorithm;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(, SmallTasks, ::testing::ValuesIn(kSolved), name_of_test);

// Each of them, a few iterations in: same seed, same policy on any number of threads.
TEST(SmallTaskBits, DoNotDependOnThreads) {
  for (const Solved& solved : kSolved) {
    RunConfig config = recipe_of(solved);
    config.train.steps = 1;
    std::vector<float> first;
    for (const int threads : {1, 2}) {
      Training training(config, threads);
      training.run();
      const std::vector<float> weights = training.learner->policy().layers[0].weights;
      if (threads == 1) first = weights;
      EXPECT_EQ(weights, first) << solved.algorithm << " on " << solved.task;
    }
  }
}

}  // namespace
}  // namespace kennel
