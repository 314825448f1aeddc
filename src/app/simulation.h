// What trains: a recipe's environments and who learns from them.
#pragma once

#include <functional>
#include <memory>

#include "kennel/contract/vec_env.h"
#include "kennel/ranks/ranks.h"
#include "kennel/rl/learner.h"
#include "kennel/run/derivatives.h"
#include "kennel/run/device.h"
#include "kennel/run/run_config.h"

namespace kennel {

struct Simulation {
  std::unique_ptr<VecEnv> env;
  Derivatives derivatives;
  std::unique_ptr<Collective> sums;  // where the learner does not sum by the ranks' own
  std::unique_ptr<Learner> trainer;
};

/// \param threads  of the simulator and the learner; 0: one for each core
/// \param ranks    who share out the environments and train together
/// \param sums_by  makes of the ranks' sums what the learner sums by; empty: they are it
/// \throws Error when recipe, robot and device do not fit
Simulation make_simulation(
    const RunConfig& config, const Device& device, int threads, const Ranks& ranks,
    const std::function<std::unique_ptr<Collective>(const Collective&)>& sums_by = {});
Simulation make_simulation(const RunConfig& config, const Device& device, int threads);

/// Single environments that diverge are reset and counted; when many do, the recipe is at fault.
/// \param diverged  of the environments, in one iteration
/// \param has_robot  otherwise the actions were no numbers, and nothing else
/// \throws Error when they are too many
void check_diverged(double diverged, int num_envs, bool has_robot = true);

}  // namespace kennel
