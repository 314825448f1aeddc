#include "report_judgement.h"

#include <cmath>
#include <string>

#include "kennel/judge/quantities.h"
#include "kennel/judge/scores.h"
#include "kennel/judge/sweeps.h"
#include "page_numbers.h"

namespace kennel::report {

using judge::EvalOptions;
using judge::Physics;

namespace {

/// The errors of a result by their keys.
void add_errors(const RobotContract& robot, double pair, double third, Json& json) {
  const judge::Told known(robot);
  json[text(known.pair().name, "_rmse")] = rounded(pair);
  json[text(known.third().name, "_rmse")] = rounded(third);
}

/// The range of a swept quantity that the policy was trained in, in the sweep's unit; null where it
/// was not randomised as the sweep does.
Json trained_range(const std::string& name, const quadruped::RandomizationConfig& c) {
  const auto range = [](const Range& r, double unit) {
    return Json{rounded(r.low * unit), rounded(r.high * unit)};
  };
  if (name == "friction") return range(c.friction, 1);
  if (name == "action latency") return range(c.action_latency, 1000);
  if (name == "IMU latency") return range(c.imu_latency, 1000);
  if (name == "mass") return range(c.link_mass, 1);
  if (name == "strength") return range(c.strength, 1);
  if (name == "push") return {0, rounded(std::sqrt(2.0) * c.push_velocity.high)};  // x and y
  return nullptr;
}

}  // namespace

std::vector<Judged> judged(const PolicyFile& policy, const EvalOptions& base) {
  std::vector<Judged> all;
  for (const auto condition : {judge::Condition::kNominal, judge::Condition::kRandomised})
    for (const Physics physics : {Physics::kMujoco, Physics::kKennel}) {
      EvalOptions options = base;
      options.condition = condition;
      options.physics = physics;
      all.push_back({condition, physics, judge::evaluate(policy, options)});
    }
  return all;
}

Json told(const RobotContract& robot) {
  const judge::Told known(robot);
  Json quantities = Json::array(), errors = Json::array();
  for (int at = 0; at < kCommandTerms; ++at)
    quantities.push_back({{"name", known[at].name},
                          {"unit", known[at].group->unit},
                          {"decimals", known[at].decimals},
                          {"positive", known[at].positive}});
  for (const judge::ErrorGroup* error : {&known.pair(), &known.third()})
    errors.push_back(
        {{"key", text(error->name, "_rmse")}, {"name", error->name}, {"unit", error->unit}});
  return {{"quantities", std::move(quantities)}, {"errors", std::move(errors)}};
}

Json judgement(const Subject& subject, const std::vector<Judged>& all) {
  const std::vector<judge::Score> scores = judge::scores_of(subject.policy);
  Json rows = Json::array();
  for (const auto& [condition, physics, result] : all) {
    Json row = {{"policy", subject.policy_name},
                {"physics", judge::name_of(physics)},
                {"condition", judge::name_of(condition)},
                {"episodes", result.episodes},
                {"falls", result.falls},
                {"diverged", result.diverged}};
    for (const judge::Score& score : scores) row[score.key] = rounded(result.*score.value);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json tracking(const PolicyFile& policy, const EvalOptions& options) {
  const auto list = [](const std::vector<double>& numbers) {
    Json out = Json::array();
    for (const double x : numbers) out.push_back(rounded(x));
    return out;
  };
  Json axes = Json::object();
  for (const judge::TrackingCurve& curve : judge::run_tracking(policy, options))
    axes[curve.axis] = {{"command", list(curve.command)},
                        {"measured", list(curve.measured)},
                        {"spread", list(curve.spread)}};
  return axes;
}

Json slow(const PolicyFile& policy, const EvalOptions& options) {
  const judge::SlowStudy study = judge::run_slow(policy, options);
  Json cells = Json::array();
  for (const judge::SlowCell& cell : study.cells) {
    Json row = {{"episodes", cell.result.episodes}, {"falls", cell.result.falls}};
    for (int at = 0; at < kCommandTerms; ++at) row[policy.command[at].name] = cell.command[at];
    add_errors(policy, cell.result.pair_rmse, cell.result.third_rmse, row);
    cells.push_back(std::move(row));
  }
  Json worst = {{"episodes", study.episodes}, {"falls", study.falls}};
  add_errors(policy, study.worst_pair_rmse, study.worst_third_rmse, worst);
  return {{"cells", std::move(cells)}, {"worst", std::move(worst)}};
}

Json sweeps(const PolicyFile& policy, const EvalOptions& options,
            const quadruped::RandomizationConfig* trained) {
  Json out = Json::array();
  for (const judge::Sweep& sweep : judge::run_sweeps(policy, options)) {
    Json cells = Json::array();
    for (const auto& [value, r] : sweep.cells) {
      Json cell = {{"value", value}, {"episodes", r.episodes}, {"falls", r.falls}};
      add_errors(policy, r.pair_rmse, r.third_rmse, cell);
      cells.push_back(std::move(cell));
    }
    out.push_back({{"name", sweep.name},
                   {"unit", sweep.unit},
                   {"trained", trained ? trained_range(sweep.name, *trained) : Json()},
                   {"cells", std::move(cells)}});
  }
  return out;
}

Json grid(const PolicyFile& policy, const EvalOptions& options) {
  const judge::CommandGrid grid = judge::run_grid(policy, options);
  Json errors = Json::array(), falls = Json::array();
  for (const auto& row : grid.result) {
    Json error_row = Json::array(), fall_row = Json::array();
    for (const judge::EvalResult& r : row) {
      error_row.push_back(rounded(r.pair_rmse));
      fall_row.push_back(static_cast<double>(r.falls) / r.episodes);
    }
    errors.push_back(std::move(error_row));
    falls.push_back(std::move(fall_row));
  }
  return {{"first", grid.first}, {"third", grid.third}, {"error", errors}, {"fall_share", falls}};
}

}  // namespace kennel::report
