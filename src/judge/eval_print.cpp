#include "eval_print.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "kennel/judge/scores.h"

namespace kennel {
namespace {

using judge::EvalResult;
using judge::kScores;
using judge::Score;
using Json = nlohmann::ordered_json;

Json about(const EvalSubject& subject) {
  return {{"policy", subject.policy}, {"physics", judge::name_of(subject.physics)}};
}

void add_result(const EvalResult& result, std::uint64_t seed, Json& json) {
  json["episodes"] = result.episodes;
  json["falls"] = result.falls;
  for (const Score& score : kScores) json[score.key] = result.*score.value;
  json["diverged"] = result.diverged;
  json["seed"] = seed;
}

void print_line(const Json& json) {
  std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

/// A row of numbers behind a label.
template <class Cells, class Number>
void print_numbers(const char* label, const Cells& cells, const char* format, Number&& number) {
  std::printf("  %-20s", label);
  for (const auto& cell : cells) std::printf(format, number(cell));
  std::printf("\n");
}

}  // namespace

void print_protocol_head(std::size_t policy_width) {
  const int width = static_cast<int>(policy_width);
  std::printf("%-*s  %-8s %-10s %8s %5s", width, "policy", "physics", "condition", "episodes",
              "falls");
  for (const Score& score : kScores)
    if (score.title) std::printf(" %9s", score.title);
  std::printf("\n%-*s  %-8s %-10s %8s %5s", width, "", "", "", "", "");
  for (const Score& score : kScores)
    if (score.title) std::printf(" %9s", score.unit);
  std::printf("\n");
}

void print_protocol_row(const EvalSubject& subject, judge::Condition condition,
                        const EvalResult& result, std::size_t policy_width) {
  std::printf("%-*s  %-8s %-10s %8d %5d", static_cast<int>(policy_width), subject.policy.c_str(),
              judge::name_of(subject.physics), judge::name_of(condition), result.episodes,
              result.falls);
  for (const Score& score : kScores) {
    if (!score.title) continue;
    if (std::isnan(result.*score.value)) {
      std::printf(" %9s", "-");
    } else {
      std::printf(" %9.3f", result.*score.value);
    }
  }
  std::printf("\n");
}

void print_protocol_json(const EvalSubject& subject, judge::Condition condition,
                         const EvalResult& result) {
  Json json = {{"policy", subject.policy},
               {"condition", judge::name_of(condition)},
               {"physics", judge::name_of(subject.physics)}};
  add_result(result, subject.seed, json);
  print_line(json);
}

void print_sweeps(const EvalSubject& subject, const std::vector<judge::Sweep>& sweeps) {
  std::printf("%s in %s, %d episodes a column\n", subject.policy.c_str(),
              judge::name_of(subject.physics), sweeps[0].cells[0].result.episodes);
  for (const judge::Sweep& sweep : sweeps) {
    const std::string label = sweep.unit.empty() ? sweep.name : sweep.name + ", " + sweep.unit;
    using Cell = judge::SweepCell;
    std::printf("\n");
    print_numbers(label.c_str(), sweep.cells, " %7g", [](const Cell& c) { return c.value; });
    print_numbers("velocity rmse, m/s", sweep.cells, " %7.3f",
                  [](const Cell& c) { return c.result.velocity_rmse; });
    print_numbers("yaw rmse, rad/s", sweep.cells, " %7.3f",
                  [](const Cell& c) { return c.result.yaw_rmse; });
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
      add_result(cell.result, subject.seed, json);
      print_line(json);
    }
}

void print_grid(const EvalSubject& subject, const judge::CommandGrid& grid) {
  const auto table = [&](const char* title, const char* format, auto&& number) {
    std::printf("\n%s; columns: vx, m/s; rows: yaw rate, rad/s\n", title);
    print_numbers("", grid.vx, " %7g", [](double vx) { return vx; });
    for (std::size_t row = 0; row < grid.yaw_rate.size(); ++row) {
      char label[32];
      std::snprintf(label, sizeof label, "%g", grid.yaw_rate[row]);
      print_numbers(label, grid.result[row], format, number);
    }
  };
  std::printf("%s in %s, %d episodes a cell\n", subject.policy.c_str(),
              judge::name_of(subject.physics), grid.result[0][0].episodes);
  table("velocity rmse, m/s", " %7.3f", [](const EvalResult& r) { return r.velocity_rmse; });
  table("yaw rmse, rad/s", " %7.3f", [](const EvalResult& r) { return r.yaw_rmse; });
  table("falls", " %7d", [](const EvalResult& r) { return r.falls; });
}

void print_grid_json(const EvalSubject& subject, const judge::CommandGrid& grid) {
  for (std::size_t row = 0; row < grid.yaw_rate.size(); ++row)
    for (std::size_t column = 0; column < grid.vx.size(); ++column) {
      Json json = about(subject);
      json["command"] = {{"vx", grid.vx[column]}, {"vy", 0.0}, {"yaw_rate", grid.yaw_rate[row]}};
      add_result(grid.result[row][column], subject.seed, json);
      print_line(json);
    }
}

}  // namespace kennel
