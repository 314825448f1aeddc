// The judge's scores as a table: what programs call them, and how people see them.
#pragma once

#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel::judge {

struct Score {
  std::string key;
  double EvalResult::*value;
  std::string title, unit;  // of a table's column; empty: not in the table
};

/// The scores of a robot's task, its errors by the names of what it is told.
/// \throws Error for a robot that the judge cannot measure
std::vector<Score> scores_of(const RobotContract& robot);

}  // namespace kennel::judge
