#include "report_data.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "kennel/io/atomic_file.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/protocol.h"
#include "kennel/judge/quantities.h"
#include "kennel/judge/scores.h"
#include "kennel/judge/sweeps.h"
#include "kennel/run/progress_line.h"
#include "kennel/run/run_config.h"
#include "metrics_table.h"
#include "page_numbers.h"

namespace kennel::report {
namespace {

using judge::EvalOptions;
using judge::Physics;

constexpr std::size_t kCurvePoints = 500;

/// "72 - 256 - 128 - 12, elu elu tanh"; "a gait of 2.3 Hz, duty 0.55".
std::string network_text(const PolicyNetwork& network) {
  if (network.gait)
    return text("a gait of ", judge::hundredths(network.gait->number[gait::kFrequency]),
                " Hz, duty ", judge::hundredths(network.gait->number[gait::kDuty]));
  std::string sizes = std::to_string(network.input_size()), activations;
  for (const DenseLayer& layer : network.layers) {
    sizes += " - " + std::to_string(layer.out);
    activations += " " + (layer.activation.empty() ? "linear" : layer.activation);
  }
  return sizes + "," + activations;
}

/// "5" where all joints have it, else "20 to 35".
std::string gains_text(const RobotContract::Joints& gains) {
  const auto [low, high] = std::minmax_element(gains.begin(), gains.end());
  return same_for_all(gains) ? text(*low) : text(*low, " to ", *high);
}

Json summary_of(const PolicyFile& policy) {
  Json summary = {{"robot", policy.robot},
                  {"task", policy.task},
                  {"network", network_text(policy.network)},
                  {"control rate", text(std::round(10.0 / policy.control_dt) / 10.0, " Hz")},
                  {"trained in steps of", text(1000.0 * policy.physics_dt, " ms")},
                  {"gains", text("kp ", gains_text(policy.kp), ", kd ", gains_text(policy.kd))}};
  if (policy.size != 1.0)
    summary["size"] = text(judge::hundredths(policy.size), " times the default robot's legs");
  if (policy.env_steps)
    summary["policy after"] = count_text(static_cast<double>(*policy.env_steps)) + " steps";
  return summary;
}

/// \param rows  the first ones alone
double seconds_of(const MetricsTable& metrics, std::size_t rows) {
  double seconds = 0;
  if (const auto* each = metrics.find("time/iteration_seconds"))
    for (std::size_t row = 0; row < rows; ++row)
      seconds += std::isnan((*each)[row]) ? 0 : (*each)[row];
  return seconds;
}

/// How the run was trained, by its own account.
void add_training(const RunFolder& run, const MetricsTable& metrics, Json& summary) {
  const double seconds = seconds_of(metrics, metrics.step.size());
  const double steps = metrics.step.empty() ? 0 : metrics.step.back();
  if (seconds > 0)
    summary["trained in"] =
        duration_text(seconds) + ", " + count_text(steps / seconds) + " steps/s";
  if (!std::filesystem::exists(run.machine())) return;
  const Json machine = Json::parse(read_file(run.machine().string()), nullptr, false);
  if (!machine.is_object()) return;
  for (const auto& [key, value] : machine.items())
    if (value.is_string()) summary[key] = value;
}

Json curves(const MetricsTable& metrics) {
  const MetricsTable thin = thinned(metrics, kCurvePoints);
  Json out = {{"step", thin.step}, {"series", Json::array()}};
  for (const Series& series : thin.series) {
    if (series.name == "iteration") continue;
    out["series"].push_back({{"name", series.name}, {"values", short_numbers(series.values)}});
  }
  return out;
}

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

/// What the policy is told, and its two errors: how the other parts call them.
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

/// The errors of a result by their keys.
void add_errors(const RobotContract& robot, double pair, double third, Json& json) {
  const judge::Told known(robot);
  json[text(known.pair().name, "_rmse")] = rounded(pair);
  json[text(known.third().name, "_rmse")] = rounded(third);
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

/// Collects the ranges of a section.
struct RangeTable {
  Json rows = Json::array();
  void field(const char* name, const Range& range, Bounds, const char* doc) {
    rows.push_back({{"name", name},
                    {"low", rounded(range.low)},
                    {"high", rounded(range.high)},
                    {"help", doc}});
  }
  /// Noise is drawn from both sides of zero; other single numbers are what they are.
  void field(const char* name, float value, Bounds bounds, const char* doc) {
    const bool noise = std::string_view(name).ends_with("_noise");
    field(name, Range{noise ? -value : value, value}, bounds, doc);
  }
  void field(const char* name, bool on, Bounds bounds, const char* doc) {
    if (on) field(name, 1.0f, bounds, doc);
  }
};

Json contract(const RobotContract& robot) {
  const int history = robot.observation_history;
  Json terms = Json::array();
  for (const TermInfo& term : robot.frame)
    terms.push_back({{"name", term.name}, {"size", term.size}, {"unit", term.unit}});
  if (history > 1)
    terms.push_back({{"name", text("the same of ", history - 1, " frame(s) before")},
                     {"size", (history - 1) * frame_size(robot)},
                     {"unit", "the newest first"}});
  return terms;
}

}  // namespace

double trained_seconds(const RunFolder& run, std::optional<std::int64_t> until) {
  const MetricsTable metrics = read_metrics(run.path() / "metrics.csv");
  const auto rows = std::upper_bound(metrics.step.begin(), metrics.step.end(),
                                     until ? static_cast<double>(*until) : INFINITY) -
                    metrics.step.begin();
  return seconds_of(metrics, static_cast<std::size_t>(rows));
}

Json report_data(const Subject& subject, const ReportOptions& options) {
  const PolicyFile& policy = subject.policy;
  EvalOptions eval;
  eval.seed = options.seed;
  eval.threads = options.threads;
  eval.model = options.model;
  if (eval.model.empty())
    eval.model = judge::model_for(subject.run ? subject.run->path() : "", policy);
  const auto stage = [&](const char* what, int episodes) {
    eval.episodes = episodes;
    if (options.on_progress)
      eval.on_progress = [&options, what](int done) { options.on_progress(what, done); };
  };

  Json data = {{"title", subject.title}}, summary = summary_of(policy);
  std::optional<RunConfig> config;
  if (subject.run) {
    config = load_run_config({.file = subject.run->config()});
    const MetricsTable metrics = read_metrics(subject.run->path() / "metrics.csv");
    add_training(*subject.run, metrics, summary);
    if (!metrics.step.empty()) data["curves"] = curves(metrics);
    RangeTable ranges;
    visit_fields(config->env.randomization, ranges);
    data["randomization"] = std::move(ranges.rows);
    data["recipe"] = read_file(subject.run->config().string());
  }
  summary["judge's seed"] = text(options.seed, ", ", judge::use_of_seed(options.seed));
  for (const auto& [key, value] : summary.items()) data["summary"].push_back({key, value});
  data["told"] = told(policy);
  stage("judging", options.judge_episodes);
  if (!options.judged.empty()) {
    data["judge"] = judgement(subject, options.judged);
  } else if (options.judge_episodes > 0) {
    data["judge"] = judgement(subject, judged(policy, eval));
  }
  if (options.slow_episodes > 0 && judge::slow_refusal(policy).empty()) {
    stage("slow commands", options.slow_episodes);
    data["slow"] = slow(policy, eval);
  }
  stage("tracking", 1);
  data["tracking"] = tracking(policy, eval);
  EpisodeRecord record = record_episode(policy, eval);
  data["episode"] = std::move(record.episode);
  data["replay"] = std::move(record.replay);
  if (options.sweep_episodes > 0) {
    stage("sweeps", options.sweep_episodes);
    data["sweeps"] = sweeps(policy, eval, config ? &config->env.randomization : nullptr);
    stage("grid of commands", std::max(1, options.sweep_episodes / 4));
    data["grid"] = grid(policy, eval);
  }
  data["contract"] = contract(policy);
  return data;
}

}  // namespace kennel::report
