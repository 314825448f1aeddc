#include "src/learners/search/gait_candidates.h"

#include <algorithm>
#include <span>

#include "kennel/core/assert.h"
#include "kennel/core/check.h"
#include "kennel/core/pack.h"

namespace kennel {
namespace {

/// A column of gait::kTerms, (12) float64.
torch::Tensor column(double gait::Term::*of) {
  torch::Tensor out = torch::empty({gait::kNumNumbers}, torch::kFloat64);
  for (int i = 0; i < gait::kNumNumbers; ++i)
    out.mutable_data_ptr<double>()[i] = gait::kTerms[i].*of;
  return out;
}

/// Rows of some environments, all contiguous and on the CPU.
struct GaitRows {
  const float* number;    // (candidates, 12)
  const float* command;   // (rows, 3), scaled
  float* cycle;           // (rows)
  float* action;          // (rows, 12)
  std::int64_t rows = 0;  // of environments, as many of each candidate
  std::int64_t envs = 1;  // of a candidate
};

/// Acts in as many environments at once as there are lanes; where fewer are left, the last one
/// fills the lanes.
void act_in_lanes(const GaitContract& contract, const GaitRows& of, std::int64_t from) {
  using T = NativePack;
  const std::int64_t count = std::min<std::int64_t>(kNativeWidth, of.rows - from);
  T number[gait::kNumNumbers], command[kCommandTerms], cycle(0.0f), action[kNumJoints];
  for (int lane = 0; lane < kNativeWidth; ++lane) {
    const std::int64_t row = from + std::min<std::int64_t>(lane, count - 1);
    for (int i = 0; i < gait::kNumNumbers; ++i)
      number[i].set(lane, of.number[row / of.envs * gait::kNumNumbers + i]);
    for (int i = 0; i < kCommandTerms; ++i)
      command[i].set(lane, of.command[row * kCommandTerms + i] / contract.command_scale);
    cycle.set(lane, of.cycle[row]);
  }
  gait_action<T>(contract, number, command, cycle, action);
  cycle = next_cycle<T>(contract, number, cycle);
  for (int lane = 0; lane < count; ++lane) {
    of.cycle[from + lane] = cycle[lane];
    for (int joint = 0; joint < kNumJoints; ++joint)
      of.action[(from + lane) * kNumJoints + joint] = action[joint][lane];
  }
}

torch::Tensor on_host(const torch::Tensor& x) { return x.to(torch::kCPU).contiguous(); }

}  // namespace

torch::Tensor GaitCandidates::start(std::uint64_t /*seed*/) const {
  return torch::zeros({num_parameters()}, torch::kFloat64);
}

torch::Tensor GaitCandidates::folded(const torch::Tensor& parameters, const torch::Tensor& /*mean*/,
                                     const torch::Tensor& /*inv_std*/) const {
  const torch::Tensor numbers = column(&gait::Term::start) + column(&gait::Term::step) * parameters;
  return torch::clamp(numbers, column(&gait::Term::low), column(&gait::Term::high));
}

void GaitCandidates::reset(std::int64_t num_envs) {
  cycle_.assign(static_cast<std::size_t>(num_envs), 0.0f);
}

void GaitCandidates::act(std::int64_t first, const torch::Tensor& folded, const torch::Tensor& obs,
                         torch::Tensor& action) {
  const std::int64_t envs = obs.size(1), rows = obs.size(0) * envs;
  KENNEL_ASSERT((first * envs + rows) <= static_cast<std::int64_t>(cycle_.size()));
  const torch::Tensor numbers = on_host(folded);
  const torch::Tensor command = on_host(obs.narrow(2, contract_.command_at, kCommandTerms));
  const bool here = action.is_cpu() && action.is_contiguous();
  torch::Tensor out = here ? action : torch::empty(action.sizes());
  const GaitRows all = {numbers.const_data_ptr<float>(),
                        command.const_data_ptr<float>(),
                        cycle_.data() + first * envs,
                        out.mutable_data_ptr<float>(),
                        rows,
                        envs};
  for (std::int64_t from = 0; from < rows; from += kNativeWidth) act_in_lanes(contract_, all, from);
  if (!here) action.copy_(out);
}

void GaitCandidates::stepped(const StepBuffers& now) {
  const torch::Tensor ended = on_host(now.terminated + now.truncated);
  const float* at = ended.const_data_ptr<float>();
  for (std::size_t env = 0; env < cycle_.size(); ++env)
    if (at[env] > 0.0f) cycle_[env] = 0.0f;
}

PolicyNetwork GaitCandidates::deployed(const torch::Tensor& folded) const {
  const torch::Tensor numbers = on_host(folded.to(torch::kFloat32));
  return gait_network(contract_, std::span(numbers.const_data_ptr<float>(), gait::kNumNumbers));
}

std::string GaitCandidates::description() const {
  return text("gait of ", gait::kNumNumbers, " numbers");
}

}  // namespace kennel
