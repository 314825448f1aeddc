// The judge's scores as a table: what programs call them, and how people see them.
#pragma once

#include "kennel/judge/judge.h"

namespace kennel::judge {

struct Score {
  const char* key;
  double EvalResult::*value;
  const char *title, *unit;  // of a table's column; null: not in the table
};

inline constexpr Score kScores[] = {
    {"velocity_rmse", &EvalResult::velocity_rmse, "velocity", "rmse m/s"},
    {"yaw_rmse", &EvalResult::yaw_rmse, "yaw", "rad/s"},
    {"standing_drift", &EvalResult::standing_drift, "drift", "m/s"},
    {"torque_rms", &EvalResult::torque_rms, "torque", "rms N m"},
    {"action_rate_rms", &EvalResult::action_rate_rms, "action", "rate rms"},
    {"target_rate_rms", &EvalResult::target_rate_rms, nullptr, nullptr},
    {"cost_of_transport", &EvalResult::cost_of_transport, "cost of", "transport"},
    {"foot_slip", &EvalResult::foot_slip, "slip", "m/s"},
    {"step_frequency", &EvalResult::step_frequency, "steps", "Hz"},
    {"survival_s", &EvalResult::survival_s, nullptr, nullptr},
};

}  // namespace kennel::judge
