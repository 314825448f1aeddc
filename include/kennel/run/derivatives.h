// What of a recipe's task can be differentiated.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kennel/policy/gait_policy.h"
#include "kennel/rl/differentiable_task.h"
#include "kennel/run/run_config.h"

namespace kennel {

/// Of a gait's episodes: as many control steps as their gradients are worth following.
inline constexpr int kGaitEpisodeSteps = 16;

/// Control steps of a whole episode that is differentiated through: of a small task its own. A task
/// that has no derivatives has such a number as well.
int differentiated_steps(const RunConfig& config);

struct Derivatives {
  std::unique_ptr<DifferentiableTask> task;  // null where there is none
  std::string why_not;                       // in words, where it is null
};

/// A small task that is written for numbers with derivatives, under a linear policy, obs W + b
/// clamped to the action's bounds: its parameters are W (obs_size, action_size) row-major and b,
/// and begin at zero.
Derivatives derivatives_of(const RunConfig& config);

/// A robot that is told to walk, under a gait: parameters are the gait's numbers less their start,
/// in their steps, as searches have them, and begin at zero. Episodes have 16 control steps and
/// begin with a robot that trots, which is not counted; what they pay, and what their derivatives
/// leave out, says kennel/gradient/gait_episodes.h. A whole episode is as far as derivatives are
/// worth following: beyond some 16 control steps their mean turns away from the return's own
/// (`kennel gradient`).
/// \param robot  the recipe's, loaded
/// \param gait   what a gait knows of it; none: no gait is looked for, and there are no derivatives
Derivatives derivatives_of(const RunConfig& config, const Robot& robot,
                           const std::optional<GaitContract>& gait);

}  // namespace kennel
