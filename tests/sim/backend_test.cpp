// Every backend against the CPU backend, the reference trajectories and itself.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/io/npy.h"
#include "tests/sim/backend_fixture.h"

namespace kennel::testing {
namespace {

constexpr double kResetTolerance = 1e-4;  // of observations, a pack's lane against a thread
constexpr double kStepTolerance = 2e-3;   // the same after five control steps
constexpr double kShareApart =
    0.03;  // numbers that a contact decides, by less than a micrometre at times, may differ
constexpr double kMedianAfterASecond =
    1e-2;  // the median after fifty: contacts pull single environments apart

double largest_gap(const torch::Tensor& cpu, const torch::Tensor& tested) {
  return (cpu - tested.cpu()).abs().max().item<double>();
}

/// Environments of which any number is further apart than kStepTolerance.
int num_apart(const torch::Tensor& cpu, const torch::Tensor& tested) {
  return ((cpu - tested.cpu()).abs() > kStepTolerance).any(1).sum().item<int>();
}

/// Share of numbers further apart than kStepTolerance.
double share_apart(const torch::Tensor& cpu, const torch::Tensor& tested) {
  return ((cpu - tested.cpu()).abs() > kStepTolerance).to(torch::kFloat64).mean().item<double>();
}

/// Steps two environments with the same actions.
void step_both(VecEnv& a, VecEnv& b, int t, double size = 0.5) {
  const torch::Tensor action = waves(t, a.spec().num_envs, size);
  a.step(action.to(a.device()));
  b.step(action.to(b.device()));
}

TEST_P(Backend, StartsAndStepsLikeTheCpuBackend) {
  const auto cpu = env_on("cpu", 70, 5), tested = env(70, 5);
  EXPECT_LT(largest_gap(cpu->buffers().obs, tested->buffers().obs), kResetTolerance);
  EXPECT_LT(largest_gap(cpu->buffers().privileged_obs, tested->buffers().privileged_obs),
            kResetTolerance);
  for (int t = 0; t < 5; ++t) {
    step_both(*cpu, *tested, t);
    EXPECT_LT(largest_gap(cpu->buffers().obs, tested->buffers().obs), kStepTolerance) << t;
    EXPECT_LT(share_apart(cpu->buffers().reward, tested->buffers().reward), kShareApart) << t;
  }
}

TEST_P(Backend, StaysNearTheCpuBackendForASecond) {
  const auto cpu = env_on("cpu", 256, 6), tested = env(256, 6);
  for (int t = 0; t < 50; ++t) step_both(*cpu, *tested, t, 0.2);
  const torch::Tensor gap =
      (cpu->buffers().privileged_obs - tested->buffers().privileged_obs.cpu()).abs();
  EXPECT_LT(gap.median().item<double>(), kMedianAfterASecond);
}

TEST_P(Backend, ThePlainKernelComputesWhatTheFoldedOneDoes) {
  // Exact weights ask for the plain kernel, and are those of the nominal robot here.
  EnvConfig config;
  auto& r = config.randomization;
  for (Range* range : {&r.link_mass, &r.link_inertia, &r.armature}) *range = {1, 1};
  for (Range* range : {&r.base_com_x, &r.base_com_y, &r.base_com_z}) *range = {0, 0};
  const auto folded = env(70, 5, config);
  r.exact_invweight = true;
  const auto plain = env(70, 5, config);
  for (int t = 0; t < 5; ++t) step_both(*folded, *plain, t);
  EXPECT_LT(largest_gap(folded->buffers().obs.cpu(), plain->buffers().obs), kStepTolerance);
}

TEST_P(Backend, WeighsConstraintsLikeTheCpuBackend) {
  EnvConfig config = busy_config();
  config.randomization.link_mass = {0.5f, 2.0f};
  for (const int iterations : {2, 1}) {  // of the plain kernel, and of the general one
    config.task.solver_iterations = iterations;
    config.randomization.exact_invweight = true;
    const auto cpu = env_on("cpu", 70, 5, config), tested = env(70, 5, config);
    for (int t = 0; t < 14; ++t) {  // each is reset in the tenth step
      step_both(*cpu, *tested, t, 0.1);
      // On some processors one robot in seventy meets the ground on the other side of a rounding.
      EXPECT_LE(num_apart(cpu->buffers().obs, tested->buffers().obs), 1) << t;
    }
    const auto exact = env(70, 5, config);
    config.randomization.exact_invweight = false;
    const auto nominal = env(70, 5, config);
    for (int t = 0; t < 8; ++t) step_both(*exact, *nominal, t, 0.1);
    EXPECT_GT(num_apart(exact->buffers().obs.cpu(), nominal->buffers().obs), 20);
  }
}

TEST_P(Backend, EndsEpisodesAndChangesCommandsLikeTheCpuBackend) {
  const EnvConfig config = busy_config();
  const auto cpu = env_on("cpu", 70, 3, config), tested = env(70, 3, config);
  int finals = 0;
  for (int t = 0; t < 25; ++t) {
    step_both(*cpu, *tested, t, 0.1);
    const StepBuffers &c = cpu->buffers(), &g = tested->buffers();
    ASSERT_TRUE(torch::equal(c.terminated, g.terminated.cpu())) << t;
    ASSERT_TRUE(torch::equal(c.truncated, g.truncated.cpu())) << t;
    ASSERT_TRUE(torch::equal(c.command_changed, g.command_changed.cpu())) << t;
    EXPECT_LT(largest_gap(c.obs, g.obs), kStepTolerance) << t;
    const torch::Tensor ended =
        (c.truncated + c.terminated + c.command_changed > 0).nonzero().squeeze(1);
    finals += static_cast<int>(ended.size(0));
    if (ended.size(0) == 0) continue;
    EXPECT_LT(
        largest_gap(c.final_obs.index_select(0, ended), g.final_obs.cpu().index_select(0, ended)),
        kStepTolerance);
    EXPECT_LT(share_apart(c.final_privileged_obs.index_select(0, ended),
                          g.final_privileged_obs.cpu().index_select(0, ended)),
              kShareApart);
  }
  EXPECT_GT(finals, 200);

  std::map<std::string, double> ours;
  for (const Stat& stat : cpu->drain_stats()) ours[stat.name] = stat.value;
  for (const Stat& stat : tested->drain_stats()) {
    const double expected = ours.at(stat.name);
    const bool both_nan = std::isnan(expected) && std::isnan(stat.value);  // too short an episode
    EXPECT_TRUE(both_nan || std::abs(stat.value - expected) <= 1e-2 * (1 + std::abs(expected)))
        << stat.name << ' ' << stat.value << ", expected " << expected;
  }
  const std::vector<Stat> drained = tested->drain_stats();
  const auto count = std::find_if(drained.begin(), drained.end(),
                                  [](const Stat& stat) { return stat.name == "episode/count"; });
  ASSERT_NE(count, drained.end());
  EXPECT_EQ(count->value, 0) << "a drain empties the sums";
}

TEST_P(Backend, StatisticsThatWereAskedForAheadAreThoseUpToThen) {
  const auto value = [](const std::vector<Stat>& stats, const char* name) {
    for (const Stat& stat : stats)
      if (stat.name == name) return stat.value;
    ADD_FAILURE() << "no statistic " << name;
    return 0.0;
  };
  const auto asked = env(40, 3, busy_config()), other = env(40, 3, busy_config());
  for (int part = 0; part < 2; ++part) {  // what is not drained is not lost
    for (int t = 0; t < 30; ++t)
      for (const auto& each : {asked.get(), other.get()})
        each->step(waves(t, 40, 1.0).to(each->device()));
    asked->send_stats();
  }
  const std::vector<Stat> ahead = asked->drain_stats(), at_once = other->drain_stats();
  EXPECT_GT(value(ahead, "episode/count"), 0);
  ASSERT_EQ(ahead.size(), at_once.size());
  for (std::size_t k = 0; k < ahead.size(); ++k)
    EXPECT_TRUE(ahead[k].value == at_once[k].value ||
                (std::isnan(ahead[k].value) && std::isnan(at_once[k].value)) ||
                std::abs(ahead[k].value - at_once[k].value) <= 1e-6 * std::abs(ahead[k].value))
        << ahead[k].name << ' ' << ahead[k].value << ' ' << at_once[k].value;
  const std::vector<Stat> none = asked->drain_stats();  // without a step since
  EXPECT_EQ(value(none, "episode/count"), 0);
  EXPECT_TRUE(std::isnan(value(none, "env/reward")));
  EXPECT_TRUE(std::isnan(value(none, "env/falls_per_minute")));
}

TEST_P(Backend, ShapesOfTermsChangeWithTheProgressOfTraining) {
  EnvConfig config = busy_config();
  config.reward.shape[quadruped::WalkRow::kSettleSeconds] = 0;
  config.reward.shape[quadruped::WalkRow::kYawSigma2] = 0.25f;
  const auto wide = env(40, 3, config);
  config.late_reward.shape_factor[quadruped::WalkRow::kYawSigma2] = 0.4f;
  const auto narrowing = make(40, 3, config);
  narrowing->reset();
  config.late_reward.shape_factor[quadruped::WalkRow::kYawSigma2] = 1.0f;
  config.reward.shape[quadruped::WalkRow::kYawSigma2] = 0.1f;
  const auto narrow = env(40, 3, config);
  const auto differ = [](const auto& a, const auto& b) {
    return (a->buffers().reward - b->buffers().reward).abs().max().template item<float>();
  };
  for (int t = 0; t < 8; ++t) {
    if (t == 4) narrowing->set_progress(1.0);
    const auto action = waves(t, 40, 1.0);
    for (const auto& each : {wide.get(), narrowing.get(), narrow.get()})
      each->step(action.to(each->device()));
    EXPECT_LE(differ(narrowing, t < 4 ? wide : narrow), 1e-6f) << t;
    EXPECT_GT(differ(wide, narrow), 1e-4f) << t;
  }
}

TEST_P(Backend, WeightsGrowWithTheProgressOfTraining) {
  EnvConfig config = busy_config();
  config.reward.only_positive = false;
  for (float& weight : config.reward.weight) weight = 0;
  config.reward.weight[quadruped::WalkRow::kUpright] = 2;
  const auto constant = env(40, 3, config);
  config.late_reward.factor[quadruped::WalkRow::kUpright] = 3;
  config.late_reward.from = 0.25f;
  config.late_reward.until = 0.75f;
  const auto growing = make(40, 3, config);
  growing->reset();
  const auto factor = [&](int t) {  // of the step that both take now
    step_both(*constant, *growing, t, 0.1);
    return growing->buffers().reward.cpu() / constant->buffers().reward.cpu();
  };
  const auto expect = [](const torch::Tensor& factors, double value) {
    EXPECT_TRUE(torch::allclose(factors, torch::full_like(factors, value), 1e-5)) << value;
  };
  expect(factor(0), 1);  // before anything is said of progress
  const std::pair<double, double> by_progress[] = {
      {0.1, 1}, {0.25, 1}, {0.5, 2}, {0.75, 3}, {1, 3}};
  int t = 0;
  for (const auto& [progress, value] : by_progress) {
    growing->set_progress(progress);
    expect(factor(++t), value);
  }
  growing->set_progress(0.5);
  expect(factor(++t), 2);  // a resumed run may be earlier than the one before it
}

TEST_P(Backend, SameSeedGivesTheSameBitsAtAnyNumberOfEnvironments) {
  constexpr int kMost = 128, kSteps = 12;
  const auto whole = env(kMost, 9, busy_config());
  std::vector<torch::Tensor> obs, privileged;
  for (int t = 0; t < kSteps; ++t) {
    whole->step(waves(t, kMost).to(whole->device()));
    obs.push_back(whole->buffers().obs.clone());
    privileged.push_back(whole->buffers().privileged_obs.clone());
  }
  for (const int n : {1, 31, 32, 33}) {
    const auto part = env(n, 9, busy_config());
    for (int t = 0; t < kSteps; ++t) {
      part->step(waves(t, kMost).narrow(0, 0, n).contiguous().to(part->device()));
      ASSERT_TRUE(torch::equal(part->buffers().obs, obs[t].narrow(0, 0, n))) << n << ' ' << t;
      ASSERT_TRUE(torch::equal(part->buffers().privileged_obs, privileged[t].narrow(0, 0, n)));
    }
  }
  // Another slot of a batch that begins elsewhere.
  const auto later = env(5, 9, busy_config(), 77);
  for (int t = 0; t < kSteps; ++t) {
    later->step(waves(t, kMost).narrow(0, 77, 5).contiguous().to(later->device()));
    ASSERT_TRUE(torch::equal(later->buffers().obs, obs[t].narrow(0, 77, 5))) << t;
  }
}

TEST_P(Backend, FourThousandAndNinetySevenEnvironmentsAreEachAsIfAlone) {
  constexpr int kMany = 4097;
  const auto many = env(kMany, 4, busy_config());
  const auto first = env(33, 4, busy_config()), last = env(1, 4, busy_config(), kMany - 1);
  for (int t = 0; t < 3; ++t) {
    const torch::Tensor action = waves(t, kMany).to(many->device());
    many->step(action);
    first->step(action.narrow(0, 0, 33).contiguous());
    last->step(action.narrow(0, kMany - 1, 1).contiguous());
  }
  const StepBuffers& all = many->buffers();
  EXPECT_TRUE(torch::equal(all.obs.narrow(0, 0, 33), first->buffers().obs));
  EXPECT_TRUE(torch::equal(all.obs.narrow(0, kMany - 1, 1), last->buffers().obs));
  EXPECT_TRUE(torch::isfinite(all.privileged_obs).all().item<bool>());
}

TEST_P(Backend, ResetsTheChosenAndLeavesTheOthers) {
  const auto all = env(40, 2), some = env(40, 2);
  for (int t = 0; t < 5; ++t) step_both(*all, *some, t);
  const torch::Tensor before = some->buffers().obs.clone();
  const torch::Tensor chosen = torch::tensor({3, 39, 3, 0}, torch::kInt64).to(some->device());
  some->reset_envs(chosen);
  const torch::Tensor changed = (some->buffers().obs != before).any(1).cpu().nonzero().squeeze(1);
  EXPECT_TRUE(torch::equal(changed, torch::tensor({0, 3, 39}, torch::kInt64)));
  all->reset();
  EXPECT_TRUE(torch::equal(all->buffers().obs.index_select(0, chosen),
                           some->buffers().obs.index_select(0, chosen)))
      << "the same next episode as when all are reset";
  some->reset_envs(torch::empty({0}, torch::kInt64).to(some->device()));

  for (const std::int64_t wrong : {-1, 40})
    EXPECT_THROW(some->reset_envs(torch::tensor({wrong}, torch::kInt64).to(some->device())), Error);
  EXPECT_THROW(some->reset_envs(torch::zeros({2})), Error) << "no indices";
  EXPECT_THROW(make(4)->reset_envs(torch::zeros({1}, torch::kInt64)), Error) << "nothing to leave";
}

// Four groups of three, of which the second loses its first environment on the way: that starts
// anew, alone, and nobody else's draws move.
TEST_P(Backend, EnvironmentsResetAlikeDifferByTheirActionsAlone) {
  constexpr int kPeriod = 3, kGroups = 4, kEnvs = kGroups * kPeriod;
  const auto alike = env(kEnvs, 5, busy_config()), few = env(kPeriod, 5, busy_config());
  const auto group = [&](const torch::Tensor& rows, int g) {
    return rows.narrow(0, g * kPeriod, kPeriod);
  };
  alike->step(waves(0, kEnvs).to(alike->device()));
  alike->reset_alike(kPeriod, 7);
  few->reset_alike(kPeriod, 7);
  const torch::Tensor first = alike->buffers().obs.clone();
  EXPECT_FALSE(torch::equal(first[0], first[1]));
  for (int t = 0; t < 25; ++t) {  // all are timed out twice
    const torch::Tensor own = waves(t, kPeriod);
    torch::Tensor action = own.repeat({kGroups, 1});
    if (t == 3) action[kPeriod][0] = NAN;
    alike->step(action.to(alike->device()));
    few->step(own.to(few->device()));
    const StepBuffers &all = alike->buffers(), &expected = few->buffers();
    for (const int g : {0, 2, 3}) {
      EXPECT_TRUE(torch::equal(group(all.obs, g), expected.obs)) << t;
      EXPECT_TRUE(torch::equal(group(all.privileged_obs, g), expected.privileged_obs)) << t;
      EXPECT_TRUE(torch::equal(group(all.reward, g), expected.reward)) << t;
      EXPECT_TRUE(torch::equal(group(all.truncated, g), expected.truncated)) << t;
    }
    EXPECT_TRUE(torch::equal(group(all.obs, 1).narrow(0, 1, 2), expected.obs.narrow(0, 1, 2))) << t;
    EXPECT_EQ(torch::equal(all.obs[kPeriod], expected.obs[0]), t < 3) << t;
  }
  alike->reset_alike(kPeriod, 8);
  const torch::Tensor next = alike->buffers().obs;
  for (int g = 1; g < kGroups; ++g) EXPECT_TRUE(torch::equal(group(next, g), group(next, 0)));
  EXPECT_FALSE(torch::equal(next, first));
}

TEST_P(Backend, ResetAlikeByNobodyIsTheFirstResetAndItsNumbersStayAndAreSaved) {
  const auto usual = make(40, 2, busy_config()), alike = make(40, 2, busy_config());
  usual->reset();
  alike->reset_alike(40, 1);
  expect_same_bits(*usual, *alike);
  alike->reset_alike(10, 3);
  alike->reset();
  const torch::Tensor& obs = alike->buffers().obs;
  EXPECT_TRUE(torch::equal(obs.narrow(0, 0, 10), obs.narrow(0, 30, 10)));
  usual->load_state(alike->save_state());
  for (int t = 0; t < 12; ++t) step_both(*usual, *alike, t);  // into the next episode
  expect_same_bits(*usual, *alike);
  for (const int period : {0, -1, 41}) EXPECT_THROW(alike->reset_alike(period, 1), Error) << period;
  EXPECT_THROW(alike->reset_alike(10, 0), Error) << "episodes count from 1";
}

TEST_P(Backend, ClocksThatAreSetEndEpisodesInTheirTime) {
  EnvConfig config;
  config.task.random_first_clock = false;
  config.task.episode_seconds = 2;  // 100 control steps
  config.command.change_probability = 0;
  const auto env = this->env(40, 2, config);
  torch::Tensor steps = torch::zeros({40}, torch::kInt64);
  steps[5] = 99;
  steps[6] = 98;
  steps[7] = 5000;
  env->set_episode_steps(steps.to(env->device()));
  const auto truncated = [&](int t) {
    env->step(waves(t, 40, 0.1).to(env->device()));
    return env->buffers().truncated.cpu().nonzero().squeeze(1);
  };
  EXPECT_TRUE(torch::equal(truncated(0), torch::tensor({5, 7}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(truncated(1), torch::tensor({6}, torch::kInt64)));
  EXPECT_EQ(truncated(2).numel(), 0);

  EXPECT_THROW(env->set_episode_steps(-steps.to(env->device())), Error);
  EXPECT_THROW(env->set_episode_steps(steps.narrow(0, 0, 3).to(env->device())), Error);
  EXPECT_THROW(env->set_episode_steps(steps.to(torch::kFloat32).to(env->device())), Error);
}

TEST_P(Backend, SavedStateContinuesInAnotherEnvironment) {
  const auto a = env(40, 2, busy_config()), b = env(40, 77, busy_config());
  for (int t = 0; t < 7; ++t) a->step(waves(t, 40).to(a->device()));
  // Another seed would draw other numbers, so the state goes on in an environment of the same.
  const auto c = env(40, 2, busy_config());
  c->load_state(a->save_state());
  for (int t = 7; t < 20; ++t) step_both(*a, *c, t);
  expect_same_bits(*a, *c);
  EXPECT_THROW(b->load_state(env(41, 2)->save_state()), Error);
  if (name() != "cpu") {
    EXPECT_THROW(b->load_state(env_on("cpu", 40, 2)->save_state()), Error);
  }
}

TEST_P(Backend, BFloat16ObservationsAreTheOthersRounded) {
  EnvConfig config = busy_config();
  const auto full = env(40, 2, config);
  config.task.bfloat16_obs = true;
  const auto half = env(40, 2, config);
  for (int t = 0; t < 12; ++t) step_both(*full, *half, t);
  EXPECT_TRUE(torch::equal(full->buffers().obs.to(torch::kBFloat16), half->buffers().obs));
  EXPECT_TRUE(torch::equal(full->buffers().privileged_obs.to(torch::kBFloat16),
                           half->buffers().privileged_obs));
  EXPECT_TRUE(
      torch::equal(full->buffers().final_obs.to(torch::kBFloat16), half->buffers().final_obs));
  EXPECT_TRUE(torch::equal(full->buffers().reward, half->buffers().reward));
  EXPECT_GT(full->buffers().final_obs.abs().sum().item<double>(), 0);
  EXPECT_EQ(half->buffers().obs.scalar_type(), torch::kBFloat16);
  StepBuffers slots;
  slots.obs = torch::zeros_like(full->buffers().obs);
  EXPECT_NO_THROW(full->bind(slots));
  EXPECT_THROW(half->bind(slots), Error) << "a slot of another type";
}

TEST_P(Backend, KeepsTheFirstEnvironmentThatDiverged) {
  const auto cpu = env_on("cpu", 70, 5), tested = env(70, 5);
  for (int t = 0; t < 3; ++t) step_both(*cpu, *tested, t);
  EXPECT_FALSE(tested->first_divergence());
  torch::Tensor action = waves(3, 70);
  action[41][2] = NAN;
  cpu->step(action);
  tested->step(action.to(tested->device()));
  action[41][2] = 0;
  action[7][0] = NAN;  // a later one does not count
  cpu->step(action);
  tested->step(action.to(tested->device()));
  step_both(*cpu, *tested, 5);
  const auto expected_dump = cpu->first_divergence(), kept_dump = tested->first_divergence();
  ASSERT_TRUE(expected_dump && kept_dump);
  EXPECT_EQ(kept_dump->env, 41);
  const Replay expected = parse_replay("expected", expected_dump->file);
  const Replay kept = parse_replay("kept", kept_dump->file);
  EXPECT_EQ(kept.env, 41);
  EXPECT_EQ(kept.control_step, expected.control_step);
  for (std::size_t i = 0; i < kept.qpos.size(); ++i)
    EXPECT_NEAR(kept.qpos[i], expected.qpos[i], kStepTolerance);
  for (std::size_t i = 0; i < kept.ctrl.size(); ++i)
    EXPECT_NEAR(kept.ctrl[i], expected.ctrl[i], 1e-5);
  EXPECT_NEAR(kept.params.leg[3].mass[2], expected.params.leg[3].mass[2], 1e-6);
  EXPECT_EQ(kept.params.leg[3].hinge_weight[2], 1);
  EXPECT_EQ(tested->buffers().terminated.cpu().sum().item<double>(), 0) << "it goes on";
}

/// A golden second: largest difference of height and joint angles, m and rad.
template <class Simulate>
double worst_difference(int which, double friction, const Simulate& simulate) {
  constexpr std::size_t kRows = 251, kColumns = kNq + kNv + kNumJoints;
  const NpyArray golden =
      read_npy(std::filesystem::path(KENNEL_SOURCE_DIR) / "tests/dynamics/golden/trajectories.npy",
               {2 * kRows, kColumns});
  const double* rows = golden.values.data() + which * kRows * kColumns;
  const Quadruped<double> model = load_quadruped(robot_model()).model;
  AnyParams params = nominal_params<double, ManyPoints<AllLegs>>(model, {});
  for (auto& leg : params.leg)
    for (double& mu : leg.friction) mu = friction;
  std::vector<double> ctrl((kRows - 1) * kNumJoints);
  for (std::size_t i = 0; i + 1 < kRows; ++i)
    for (int k = 0; k < kNumJoints; ++k)
      ctrl[i * kNumJoints + model.leg[k / 3].hinge[k % 3].ctrl_index] =
          rows[i * kColumns + kNq + kNv + k];
  const std::vector<double> ours =
      simulate({.init = {rows, kNq + kNv}, .ctrl = ctrl, .params = params});
  double worst = 0;
  for (std::size_t i = 0; i < kRows; ++i)
    for (int column = 2; column < kNq; column = column == 2 ? 7 : column + 1) {
      const double x = ours[i * kTrajectoryColumns + column];
      if (!std::isfinite(x)) return INFINITY;
      worst = std::max(worst, std::abs(x - rows[i * kColumns + column]));
    }
  return worst;
}

TEST_P(Backend, FollowsTheGoldenTrajectories) {
  EXPECT_LT(worst_difference(0, 0.8, simulate), 2e-3);
  EXPECT_LT(worst_difference(1, 0.3, simulate), 2e-3);
}

KENNEL_ON_EVERY_BACKEND(Backend);

TEST(CudaBackend, IsAmongTheTestedOnes) {
  NEEDS_CUDA();
  EXPECT_STREQ(backends().back(), "cuda");
}

}  // namespace
}  // namespace kennel::testing
