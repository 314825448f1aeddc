#include "compare_judge.h"

#include "kennel/app/run_policy.h"
#include "kennel/app/task_eval.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/judge/model_for.h"
#include "kennel/report/report.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRobotEpisodes = 96;
constexpr const char* kOccupancy = "occupancy.json";

/// The return of a small task's policy, in the form of a robot's judgement.
void judge_small_task(const RunFolder& run, const PolicyFile& policy, const SweepJudge& judge) {
  const NamedPolicy named{run.path().filename().string(), policy};
  const TaskReturn earned = task_return(named, judge.episodes, judge.seed);
  const Json json = {{"env_steps", policy.env_steps ? Json(*policy.env_steps) : Json()},
                     {"judge_seed", judge.seed},
                     {"judge_episodes", judge.episodes},
                     {"figures",
                      {{"return", earned.mean},
                       {"return_error", earned.standard_error},
                       {"seconds", report::trained_seconds(run)}}}};
  write_file_atomically(judgement_file(run.path()), json.dump(2) + "\n");
}

void write_occupancy(const RunFolder& run, const PolicyFile& policy, const SweepJudge& judge) {
  judge::EvalOptions options;
  options.episodes = judge.episodes;
  options.seed = judge.seed;
  options.threads = judge.threads;
  options.model = judge::model_for(run.path(), policy);
  Json all = Json::array();
  for (const judge::Visited& visited : judge::run_occupancy(policy, options))
    all.push_back({{"name", visited.name},
                   {"unit", visited.unit},
                   {"low", visited.low},
                   {"high", visited.high},
                   {"share", visited.share}});
  const Json json = {{"visited", std::move(all)}};
  write_file_atomically(run.path() / kOccupancy, json.dump() + "\n");
}

}  // namespace

int usual_episodes(const ComparePlan& plan) {
  return plan.small != nullptr ? TaskEvalCommand::kEpisodes : kRobotEpisodes;
}

std::vector<report::JudgedFigure> compared_figures(const ComparePlan& plan,
                                                   const SweepJudge& judge) {
  if (plan.small != nullptr)
    return {{"return", "judged return", "", 4, true}, {"seconds", "training", "s", 1}};
  std::vector<report::JudgedFigure> figures;
  for (const SweepFigure& figure : sweep_figures(*plan.contract))
    figures.push_back(
        {figure.key,
         figure.study.empty() ? figure.name : text("judged ", figure.study, ' ', figure.name),
         figure.key.ends_with("falls") ? text("of ", judge.episodes) : figure.unit,
         figure.decimals});
  return figures;
}

int run_compare_judge(const std::filesystem::path& folder, const SweepJudge& judge) {
  const RunFolder run = RunFolder::open(folder);
  const PolicyFile policy = newest_policy(run);
  if (!policy.has_robot()) {
    judge_small_task(run, policy, judge);
    return 0;
  }
  write_occupancy(run, policy, judge);
  return run_sweep_judge(folder, judge);
}

std::vector<judge::Visited> read_occupancy(const StudyRun& run) {
  const std::filesystem::path file = run.folder / kOccupancy;
  std::error_code ignored;
  if (run.judgement.is_null() || !std::filesystem::exists(file, ignored)) return {};
  try {
    const Json json = Json::parse(read_file(file));
    std::vector<judge::Visited> all;
    for (const Json& one : json.at("visited"))
      all.push_back({one.at("name").get<std::string>(), one.at("unit").get<std::string>(),
                     one.at("low").get<double>(), one.at("high").get<double>(),
                     one.at("share").get<std::vector<double>>()});
    return all;
  } catch (const Json::exception&) {
    return {};
  }
}

}  // namespace kennel
