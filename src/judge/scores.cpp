#include "kennel/judge/scores.h"

#include "kennel/judge/quantities.h"

namespace kennel::judge {

std::vector<Score> scores_of(const RobotContract& robot) {
  const Told told(robot);
  const std::string pair = told.pair().name, third = told.third().name;
  std::vector<Score> scores = {
      {pair + "_rmse", &EvalResult::pair_rmse, pair, std::string("rmse ") + told.pair().unit},
      {third + "_rmse", &EvalResult::third_rmse, third, told.third().unit},
      {"standing_drift", &EvalResult::standing_drift, "drift", "m/s"},
      {"standing_steps", &EvalResult::standing_steps, "at rest", "steps Hz"},
      {"torque_rms", &EvalResult::torque_rms, "torque", "rms N m"},
      {"action_rate_rms", &EvalResult::action_rate_rms, "action", "rate rms"},
      {"target_rate_rms", &EvalResult::target_rate_rms, "", ""}};
  // What is told no speed goes nowhere.
  if (told.is_velocity())
    scores.push_back({"cost_of_transport", &EvalResult::cost_of_transport, "cost of", "transport"});
  scores.push_back({"foot_slip", &EvalResult::foot_slip, "slip", "m/s"});
  scores.push_back({"step_frequency", &EvalResult::step_frequency, "steps", "Hz"});
  scores.push_back({"survival_s", &EvalResult::survival_s, "", ""});
  return scores;
}

}  // namespace kennel::judge
