#include "src/learners/search/population_rollout.h"

#include "kennel/core/check.h"
#include "kennel/rl/slices.h"

namespace kennel {
namespace {

constexpr std::int64_t kCandidatesASlice = 16;

}  // namespace

void PopulationRollout::act(const torch::Tensor& policies, torch::Tensor& action) {
  const std::int64_t P = policies.size(0);
  const torch::Tensor obs =
      env_.buffers().obs.to(torch::kFloat32).view({P, -1, env_.spec().obs_size});
  const torch::Tensor out = action.view({P, -1, env_.spec().action_size});
  for_each_slice(pool_, SlicePlan(P, ops_.threads ? kCandidatesASlice : P),
                 [&](const Slice& slice, int) {
                   const auto rows = [&](const torch::Tensor& x) {
                     return x.narrow(0, slice.begin, slice.rows);
                   };
                   torch::Tensor acted = rows(out);
                   candidates_.act(slice.begin, rows(policies), rows(obs), acted);
                 });
}

void PopulationRollout::start(std::int64_t population, std::int64_t generation) {
  if (!config_.common_random_numbers) {
    env_.reset();
    return;
  }
  env_.reset_alike(static_cast<int>(env_.spec().num_envs / population), first_episode(generation));
}

void PopulationRollout::draw_apart(std::int64_t generation) {
  env_.reset_alike(env_.spec().num_envs, first_episode(generation));
}

// However often an environment starts anew within it, a generation does not reach the next one's
// episodes, whose numbers no rollout's length moves: a run may go on with another.
std::uint32_t PopulationRollout::first_episode(std::int64_t generation) const {
  const std::int64_t before = generation * (std::int64_t{kMostRolloutSteps} + 1);
  return static_cast<std::uint32_t>(before + 1);
}

Evaluation PopulationRollout::run(const torch::Tensor& policies, Normaliser& statistics,
                                  PhaseTimer& timer, std::int64_t generation, bool keep_rewards) {
  const std::int64_t N = env_.spec().num_envs, P = policies.size(0);
  const auto options = torch::TensorOptions().device(env_.device());
  torch::Tensor action = torch::empty({N, env_.spec().action_size}, options);
  torch::Tensor score = torch::zeros({N}, options), reward = torch::zeros({N}, options);
  torch::Tensor counts = torch::ones({N}, options);  // 1 until the first fall
  torch::Tensor by_step;                             // (rollout_steps, P)
  if (keep_rewards) by_step = torch::empty({config_.rollout_steps, P}, options);
  timer.begin(Phase::kSimulator);
  start(P, generation);
  candidates_.reset(N);
  for (int step = 0; step < config_.rollout_steps; ++step) {
    timer.begin(Phase::kPolicy);
    act(policies, action);
    statistics.update(pool_, env_.buffers().obs);
    timer.begin(Phase::kSimulator);
    env_.step(action);
    timer.begin(Phase::kPolicy);
    const StepBuffers& now = env_.buffers();
    candidates_.stepped(now);
    // Not a product: what is not finite after the fall is not this score's.
    const torch::Tensor counted = torch::where(counts > 0, now.reward + config_.alive_bonus, 0.0f);
    score.add_(counted);
    if (keep_rewards) by_step[step].copy_(counted.view({P, -1}).mean(1));
    counts.mul_(1.0f - now.terminated);
    reward.add_(now.reward);
  }
  Evaluation out;
  out.env_scores = score.to(torch::kCPU, torch::kFloat64);
  out.returns = out.env_scores.view({P, -1}).mean(1);
  if (keep_rewards) out.rewards = by_step.to(torch::kCPU, torch::kFloat64).t().contiguous();
  out.mean_reward = reward.to(torch::kFloat64).mean().item<double>() / config_.rollout_steps;
  out.fallen = 1.0 - counts.mean().item<double>();
  return out;
}

MendedScores mended(const Evaluation& evaluation) {
  const torch::Tensor finite = evaluation.returns.isfinite();
  const std::int64_t population = finite.size(0);
  const std::int64_t failed = population - finite.sum().item<std::int64_t>();
  if (failed == 0) return {evaluation.returns, 0, evaluation.rewards};
  if (failed == population) {
    const torch::Tensor broken = evaluation.env_scores.isfinite().logical_not();
    fail("the return of every one of the ", population,
         " candidates is not finite: nothing can be learnt from it; the first is environment ",
         broken.to(torch::kInt64).argmax().item<std::int64_t>(),
         "'s, try narrower ranges in [env.randomization] or a smaller spread of candidates");
  }
  const torch::Tensor worst = evaluation.returns.masked_select(finite).min();
  MendedScores out{torch::where(finite, evaluation.returns, worst), failed};
  if (evaluation.rewards.defined()) {
    const std::int64_t row =
        evaluation.returns.eq(worst).to(torch::kInt64).argmax().item<std::int64_t>();
    out.rewards =
        torch::where(finite.unsqueeze(1), evaluation.rewards, evaluation.rewards.narrow(0, row, 1));
  }
  return out;
}

}  // namespace kennel
