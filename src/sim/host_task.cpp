#include "kennel/sim/host_task.h"

#include <cmath>
#include <iostream>

#include "kennel/core/check.h"
#include "kennel/sim/env_spec.h"
#include "kennel/sim/limits.h"

namespace kennel {
namespace {

/// Training computes in single precision, which loses digits as impratio / friction^2 grows. A
/// model's own friction chooses the solver when it is loaded (src/model/stiffness.h); what a recipe
/// draws below it is said here.
void warn_of_low_friction(const Range& friction, double impratio) {
  constexpr double kSafeRatio = 1e3;  // beyond it the solver of most models errs by more than 1 %
  const double low = friction.low, ratio = impratio / (low * low);
  if (ratio > kSafeRatio)
    std::cerr << "kennel: warning: env.randomization.friction from " << low
              << ": impratio / friction^2 = " << ratio
              << " costs digits in single precision, in which training computes; from "
              << std::sqrt(impratio / kSafeRatio) << " on is safe\n";
}

}  // namespace

quadruped::Task make_checked_task(const quadruped::EnvConfig& config, const RobotChoice& choice,
                                  const Robot& robot, std::uint64_t seed) {
  if (!choice.model.empty())  // what the shipped robot leaves out is in the README
    for (const std::string& warning : robot.loaded.warnings)
      std::cerr << "kennel: warning: " << warning << '\n';
  warn_of_low_friction(config.randomization.friction, robot.loaded.model.impratio);
  return quadruped::make_task(config, robot.traits, to_float(robot.loaded.model), seed);
}

void check_num_envs(int num_envs) {
  KENNEL_CHECK(num_envs > 0 && num_envs <= kMaxEnvs, "num_envs = ", num_envs, "; expected 1 to ",
               kMaxEnvs);
}

std::unique_ptr<HostBatch> make_host_batch(const quadruped::Task& task,
                                           const BatchOptions& options) {
  return make_host_batch(
      task, spec_of(task, options.num_envs, {cpu_kernel_name(), ""}, options.first_env_id),
      options);
}

}  // namespace kennel
