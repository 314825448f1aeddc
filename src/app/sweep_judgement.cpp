#include "sweep_judgement.h"

#include <algorithm>

#include "kennel/app/run_policy.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/judge/gate.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/quantities.h"
#include "kennel/report/report.h"

namespace kennel {
namespace {

using judge::Condition;
using judge::Gate;
using Json = nlohmann::ordered_json;

judge::Judgement judged(const PolicyFile& policy, const RunFolder& run, const SweepJudge& judge) {
  judge::EvalOptions options;
  options.seed = judge.seed;
  options.threads = judge.threads;
  options.model = judge::model_for(run.path(), policy);
  options.episodes = judge.episodes;
  judge::Judgement judgement;
  judgement.nominal = judge::evaluate(policy, options);
  options.condition = Condition::kRandomised;
  judgement.randomised = judge::evaluate(policy, options);
  if (!has_gates(policy)) return judgement;
  options.episodes = std::max(1, judge.episodes * judge::kGateSlowEpisodes / judge::kGateEpisodes);
  judgement.slow = judge::run_slow(policy, options);
  return judgement;
}

/// The figures' values, in the order of `sweep_figures`.
std::vector<double> values_of(const judge::Judgement& judgement, double seconds) {
  std::vector<double> values;
  for (const auto& result : {judgement.nominal, judgement.randomised}) {
    values.push_back(result->pair_rmse);
    values.push_back(result->third_rmse);
    values.push_back(result->falls);
  }
  if (judgement.slow) {
    values.push_back(judgement.slow->worst_pair_rmse);
    values.push_back(judgement.slow->worst_third_rmse);
  }
  values.push_back(judgement.nominal->target_rate_rms);
  values.push_back(seconds);
  return values;
}

}  // namespace

bool has_gates(const RobotContract& robot) { return judge::slow_refusal(robot).empty(); }

std::vector<SweepFigure> sweep_figures(const RobotContract& robot) {
  const judge::Told told(robot);
  std::vector<SweepFigure> figures;
  const auto add = [&](const char* study, const judge::ErrorGroup& error) {
    const std::string before = study == std::string("nominal") ? "" : text(study, '_');
    figures.push_back({before + error.name, study, error.name, error.unit, 3});
  };
  for (const char* study : {"nominal", "randomised"}) {
    add(study, told.pair());
    add(study, told.third());
    figures.push_back(
        {study == std::string("nominal") ? "falls" : "randomised_falls", study, "falls", "", 1});
  }
  if (has_gates(robot))
    for (const judge::ErrorGroup* error : {&told.pair(), &told.third()}) add("slow", *error);
  figures.push_back({"target_change", "nominal", "targets", "rad", 4});
  figures.push_back({"seconds", "", "training", "s", 1});
  return figures;
}

int run_sweep_judge(const std::filesystem::path& folder, const SweepJudge& judge) {
  const RunFolder run = RunFolder::open(folder);
  const PolicyFile policy = newest_policy(run);
  const judge::Judgement judgement = judged(policy, run, judge);
  const std::vector<SweepFigure> figures = sweep_figures(policy);
  const std::vector<double> values = values_of(judgement, report::trained_seconds(run));
  Json json = {{"env_steps", policy.env_steps ? Json(*policy.env_steps) : Json()},
               {"judge_seed", judge.seed},
               {"judge_episodes", judge.episodes}};
  const bool gates = has_gates(policy);
  for (const judge::GateInfo& gate : judge::kGates)
    json[gate.name] = gates ? Json(judge::passes(gate.gate, judgement, policy)) : Json();
  json["missed"] = gates ? Json(judge::missed(Gate::kObeys, judgement, policy)) : Json();
  for (std::size_t k = 0; k < figures.size(); ++k) json["figures"][figures[k].key] = values.at(k);
  write_file_atomically(judgement_file(run.path()), json.dump(2) + "\n");
  return 0;
}

std::optional<Json> read_judgement(const std::filesystem::path& run, std::int64_t env_steps,
                                   const SweepJudge& judge) {
  std::error_code ignored;
  if (!std::filesystem::exists(judgement_file(run), ignored)) return {};
  Json json = Json::parse(read_file(judgement_file(run)), nullptr, false);
  if (!json.is_object() || !json["figures"].is_object() || json["env_steps"] != env_steps ||
      json["judge_seed"] != judge.seed || json["judge_episodes"] != judge.episodes)
    return {};
  return json;
}

}  // namespace kennel
