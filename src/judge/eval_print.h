// How `kennel eval` shows results: a table for people, an object a line for programs.
#pragma once

#include <optional>
#include <string>

#include "kennel/judge/falls.h"
#include "kennel/judge/result_json.h"
#include "kennel/judge/sweeps.h"

namespace kennel {

/// \param told  what the robot is told all the time, where commands are not random
void print_protocol_head(const RobotContract& robot, std::size_t policy_width, std::uint64_t seed,
                         const std::optional<judge::Command>& told);
void print_protocol_row(const EvalSubject& subject, judge::Condition condition,
                        const judge::EvalResult& result, std::size_t policy_width);

void print_slow(const EvalSubject& subject, const judge::SlowStudy& study);
void print_slow_json(const EvalSubject& subject, const judge::SlowStudy& study);

void print_sweeps(const EvalSubject& subject, const std::vector<judge::Sweep>& sweeps);
void print_sweeps_json(const EvalSubject& subject, const std::vector<judge::Sweep>& sweeps);

void print_grid(const EvalSubject& subject, const judge::CommandGrid& grid);
void print_grid_json(const EvalSubject& subject, const judge::CommandGrid& grid);

void print_falls(const EvalSubject& subject, const judge::FallStudy& study);
void print_falls_json(const EvalSubject& subject, const judge::FallStudy& study);

}  // namespace kennel
