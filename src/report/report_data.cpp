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
#include "report_judgement.h"

namespace kennel::report {
namespace {

using judge::EvalOptions;

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
