#include "eval_print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "kennel/core/check.h"
#include "kennel/judge/quantities.h"
#include "kennel/judge/scores.h"

namespace kennel {
namespace {

using judge::EvalResult;
using judge::Score;
using judge::scores_of;
using Json = nlohmann::ordered_json;

Json about(const EvalSubject& subject) {
  return {{"policy", subject.policy}, {"physics", judge::name_of(subject.physics)}};
}

void add_seed(std::uint64_t seed, Json& json) {
  json["seed"] = seed;
  json["seed_use"] = judge::use_of_seed(seed);
}

/// What figures of this seed are for.
std::string seed_text(std::uint64_t seed) {
  return seed < judge::kFirstPublishedSeed
             ? text("seed ", seed, ", for tuning: published figures use ",
                    judge::kFirstPublishedSeed, " and above")
             : text("seed ", seed, ", for published figures: choose nothing by it");
}

/// The line above a study's tables.
void print_study_head(const EvalSubject& subject, int episodes, const char* each) {
  std::printf("%s in %s, %d episodes %s; %s\n", subject.policy.c_str(),
              judge::name_of(subject.physics), episodes, each, seed_text(subject.seed).c_str());
}

void add_result(const EvalSubject& subject, const EvalResult& result, Json& json) {
  json["episodes"] = result.episodes;
  json["falls"] = result.falls;
  for (const Score& score : scores_of(subject.robot)) json[score.key] = result.*score.value;
  json["diverged"] = result.diverged;
  add_seed(subject.seed, json);
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_line(const Json& json) { std::printf("%s\n", line_of(json).c_str()); }

/// A command by the names of what the robot is told.
Json command_json(const RobotContract& robot, const judge::Command& command) {
  Json json;
  for (int at = 0; at < kCommandTerms; ++at) json[robot.command[at].name] = command[at];
  return json;
}

/// "yaw rate, rad/s"; "friction" of what has no unit.
std::string label_of(std::string name, const std::string& unit) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return unit.empty() ? name : name + ", " + unit;
}

std::string label_of(const CommandTerm& term) { return label_of(term.name, term.unit); }

/// "velocity rmse, m/s".
std::string label_of(const judge::ErrorGroup& error) {
  return text(error.name, " rmse, ", error.unit);
}

/// A row of numbers behind a label.
template <class Cells, class Number>
void print_numbers(const char* label, const Cells& cells, const char* format, Number&& number) {
  std::printf("  %-20s", label);
  for (const auto& cell : cells) std::printf(format, number(cell));
  std::printf("\n");
}

}  // namespace

void print_protocol_head(const RobotContract& robot, std::size_t policy_width, std::uint64_t seed,
                         const std::optional<judge::Command>& told) {
  const std::vector<Score> scores = scores_of(robot);
  const int width = static_cast<int>(policy_width);
  std::printf("%s\n", seed_text(seed).c_str());
  if (told) {
    std::string all;
    for (int at = 0; at < kCommandTerms; ++at)
      all += text(all.empty() ? "" : ", ", robot.command[at].name, " ", (*told)[at], " ",
                  robot.command[at].unit);
    std::printf("told all the time: %s\n", all.c_str());
  }
  std::printf("%-*s  %-8s %-10s %8s %5s", width, "policy", "physics", "condition", "episodes",
              "falls");
  for (const Score& score : scores)
    if (!score.title.empty()) std::printf(" %9s", score.title.c_str());
  std::printf("\n%-*s  %-8s %-10s %8s %5s", width, "", "", "", "", "");
  for (const Score& score : scores)
    if (!score.title.empty()) std::printf(" %9s", score.unit.c_str());
  std::printf("\n");
}

void print_protocol_row(const EvalSubject& subject, judge::Condition condition,
                        const EvalResult& result, std::size_t policy_width) {
  std::printf("%-*s  %-8s %-10s %8d %5d", static_cast<int>(policy_width), subject.policy.c_str(),
              judge::name_of(subject.physics), judge::name_of(condition), result.episodes,
              result.falls);
  for (const Score& score : scores_of(subject.robot)) {
    if (score.title.empty()) continue;
    if (std::isnan(result.*score.value)) {
      std::printf(" %9s", "-");
    } else {
      std::printf(" %9.3f", result.*score.value);
    }
  }
  std::printf("\n");
}

std::string protocol_json(const EvalSubject& subject, judge::Condition condition,
                          const EvalResult& result, const std::optional<judge::Command>& told) {
  Json json = {{"policy", subject.policy},
               {"condition", judge::name_of(condition)},
               {"physics", judge::name_of(subject.physics)}};
  if (told) json["command"] = command_json(subject.robot, *told);
  add_result(subject, result, json);
  return line_of(json);
}

void print_slow(const EvalSubject& subject, const judge::SlowStudy& study) {
  print_study_head(subject, study.cells[0].result.episodes, "a command");
  std::printf("\n  %5s  %5s  %5s   %8s  %8s  %5s\n", "vx", "vy", "yaw", "velocity", "yaw", "falls");
  std::printf("  %5s  %5s  %5s   %8s  %8s\n", "m/s", "m/s", "rad/s", "rmse m/s", "rad/s");
  for (const judge::SlowCell& cell : study.cells)
    std::printf("  %5g  %5g  %5g   %8.3f  %8.3f  %5d\n", cell.command[0], cell.command[1],
                cell.command[2], cell.result.pair_rmse, cell.result.third_rmse, cell.result.falls);
  std::printf("  %-19s   %8.3f  %8.3f  %5d\n", "worst; all falls", study.worst_pair_rmse,
              study.worst_third_rmse, study.falls);
}

void print_slow_json(const EvalSubject& subject, const judge::SlowStudy& study) {
  for (const judge::SlowCell& cell : study.cells) {
    Json json = about(subject);
    json["study"] = "slow";
    json["command"] = command_json(subject.robot, cell.command);
    add_result(subject, cell.result, json);
    print_line(json);
  }
  Json worst = about(subject);
  worst["study"] = "slow";
  worst["command"] = "worst";
  worst["episodes"] = study.episodes;
  worst["falls"] = study.falls;
  worst["velocity_rmse"] = study.worst_pair_rmse;
  worst["yaw_rmse"] = study.worst_third_rmse;
  add_seed(subject.seed, worst);
  print_line(worst);
}

void print_sweeps(const EvalSubject& subject, const std::vector<judge::Sweep>& sweeps) {
  const judge::Told told(subject.robot);
  print_study_head(subject, sweeps[0].cells[0].result.episodes, "a column");
  for (const judge::Sweep& sweep : sweeps) {
    const std::string label = label_of(sweep.name, sweep.unit);
    using Cell = judge::SweepCell;
    std::printf("\n");
    print_numbers(label.c_str(), sweep.cells, " %7g", [](const Cell& c) { return c.value; });
    print_numbers(label_of(told.pair()).c_str(), sweep.cells, " %7.3f",
                  [](const Cell& c) { return c.result.pair_rmse; });
    print_numbers(label_of(told.third()).c_str(), sweep.cells, " %7.3f",
                  [](const Cell& c) { return c.result.third_rmse; });
    print_numbers("falls", sweep.cells, " %7d", [](const Cell& c) { return c.result.falls; });
  }
}

void print_sweeps_json(const EvalSubject& subject, const std::vector<judge::Sweep>& sweeps) {
  for (const judge::Sweep& sweep : sweeps)
    for (const judge::SweepCell& cell : sweep.cells) {
      Json json = about(subject);
      json["sweep"] = sweep.name;
      json["unit"] = sweep.unit;
      json["value"] = cell.value;
      add_result(subject, cell.result, json);
      print_line(json);
    }
}

void print_grid(const EvalSubject& subject, const judge::CommandGrid& grid) {
  const judge::Told told(subject.robot);
  const CommandTerms& command = subject.robot.command;
  const auto table = [&](const std::string& title, const char* format, auto&& number) {
    std::printf("\n%s; columns: %s; rows: %s\n", title.c_str(), label_of(command[0]).c_str(),
                label_of(command[2]).c_str());
    print_numbers("", grid.first, " %7g", [](double x) { return x; });
    for (std::size_t row = 0; row < grid.third.size(); ++row) {
      char label[32];
      std::snprintf(label, sizeof label, "%g", grid.third[row]);
      print_numbers(label, grid.result[row], format, number);
    }
  };
  print_study_head(subject, grid.result[0][0].episodes, "a cell");
  table(label_of(told.pair()), " %7.3f", [](const EvalResult& r) { return r.pair_rmse; });
  table(label_of(told.third()), " %7.3f", [](const EvalResult& r) { return r.third_rmse; });
  table("falls", " %7d", [](const EvalResult& r) { return r.falls; });
}

void print_grid_json(const EvalSubject& subject, const judge::CommandGrid& grid) {
  for (std::size_t row = 0; row < grid.third.size(); ++row)
    for (std::size_t column = 0; column < grid.first.size(); ++column) {
      Json json = about(subject);
      json["command"] = command_json(subject.robot, {grid.first[column], 0.0, grid.third[row]});
      add_result(subject, grid.result[row][column], json);
      print_line(json);
    }
}

void print_falls(const EvalSubject& subject, const judge::FallStudy& study) {
  print_study_head(subject, study.episodes, judge::name_of(study.condition));
  std::printf("\n%zu falls\n", study.falls.size());
  if (study.falls.empty()) return;
  const CommandTerms& command = subject.robot.command;
  std::printf("\n  %7s  %6s  %7s  %6s  %6s  %6s ", "episode", "time", "command", "push", "roll",
              "pitch");
  for (const CommandTerm& term : command) std::printf("  %8s", term.name.c_str());
  std::printf("\n  %7s  %6s  %7s  %6s  %6s  %6s ", "", "s", "s ago", "s ago", "rad", "rad");
  for (const CommandTerm& term : command) std::printf("  %8s", term.unit.c_str());
  std::printf("\n");
  for (const judge::Fall& fall : study.falls) {
    std::printf("  %7d  %6.2f  %7.2f  ", fall.episode, fall.time, fall.since_command);
    if (std::isnan(fall.since_push)) {
      std::printf("%6s", "-");
    } else {
      std::printf("%6.2f", fall.since_push);
    }
    std::printf("  %6.2f  %6.2f ", fall.roll, fall.pitch);
    for (const double told : fall.command) std::printf("  %8.2f", told);
    std::printf("%s\n", fall.diverged ? "  diverged" : "");
  }
  std::printf("\n  %-20s %9s %9s %9s\n", "drawn, means", "all", "+-", "fallen");
  for (const judge::DrawnQuantity& drawn : study.drawn) {
    if (drawn.deviation < 1e-9) continue;  // not drawn in this condition; but for rounding
    std::printf("  %-20s %9.3f %9.3f %9.3f\n", label_of(drawn.name, drawn.unit).c_str(), drawn.mean,
                drawn.deviation, drawn.mean_of_falls);
  }
}

void print_falls_json(const EvalSubject& subject, const judge::FallStudy& study) {
  const auto head = [&] {
    Json json = about(subject);
    json["study"] = "falls";
    json["condition"] = judge::name_of(study.condition);
    return json;
  };
  for (const judge::Fall& fall : study.falls) {
    Json json = head();
    json["episode"] = fall.episode;
    json["time"] = fall.time;
    json["since_command"] = fall.since_command;
    json["since_push"] = fall.since_push;  // null before the first
    json["roll"] = fall.roll;
    json["pitch"] = fall.pitch;
    json["command"] = command_json(subject.robot, fall.command);
    json["diverged"] = fall.diverged;
    for (std::size_t at = 0; at < study.drawn.size(); ++at)
      json["drawn"][study.drawn[at].name] = fall.drawn[at];
    add_seed(subject.seed, json);
    print_line(json);
  }
  Json all = head();
  all["episodes"] = study.episodes;
  all["falls"] = study.falls.size();
  for (const judge::DrawnQuantity& drawn : study.drawn)
    all["drawn"][drawn.name] = {{"unit", drawn.unit},
                                {"mean", drawn.mean},
                                {"deviation", drawn.deviation},
                                {"mean_of_falls", drawn.mean_of_falls}};
  add_seed(subject.seed, all);
  print_line(all);
}

}  // namespace kennel
