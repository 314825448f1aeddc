// kennel compare: everything is read and checked, then the folder appears, then the runs start.
#include "compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "compare_judge.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/judge/judge.h"
#include "kennel/report/comparison.h"
#include "kennel/run/paths.h"
#include "study_folder.h"
#include "study_scheduler.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Where a comparison's own numbers are kept that its runs' recipes do not have.
fs::path budget_file(const fs::path& out) { return out / "compare.json"; }

Json budget_of(const ComparePlan& plan) {
  const auto& minutes = plan.request.minutes;
  return {{"minutes", minutes ? Json(*minutes) : Json()}};
}

/// \throws Error where the folder's runs have another time
void check_budget(const ComparePlan& plan, const fs::path& out) {
  std::error_code ignored;
  if (!fs::exists(budget_file(out), ignored)) return;
  const Json before = Json::parse(read_file(budget_file(out)), nullptr, false);
  const Json now = budget_of(plan);
  KENNEL_CHECK(before == now, shown(out), " has runs of ", before.dump(), ", and ", now.dump(),
               " is asked for; take another --out");
}

class Results {
 public:
  Results(const CompareCommand& command, const ComparePlan& plan, const SweepJudge& judge)
      : command_(command), plan_(plan), judge_(judge) {}

  void write_lines(const StudyFolder& folder) const {
    const report::ComparisonFacts facts = report::facts_of(comparison(""));
    std::string lines;
    for (std::size_t k = 0; k < plan_.runs.size(); ++k) {
      const StudyRun& run = plan_.runs[k];
      lines += line_of(run, facts, facts.runs[run.setting][k % seeds()]) + '\n';
    }
    write_file_atomically(folder.lines(), lines);
  }

  void write_page(const StudyFolder& folder, const std::string& title) const {
    report::write_compare_page(comparison(title), folder.page());
  }

  std::size_t complete() const {
    return static_cast<std::size_t>(
        std::count_if(plan_.runs.begin(), plan_.runs.end(),
                      [](const StudyRun& run) { return !run.judgement.is_null(); }));
  }

 private:
  std::size_t seeds() const { return static_cast<std::size_t>(plan_.request.seeds); }

  report::Comparison comparison(const std::string& title) const {
    report::Comparison all{.title = title};
    if (!plan_.robot.empty()) all.summary.emplace_back("robot", plan_.robot);
    all.summary.insert(all.summary.end(),
                       {{"task", plan_.task},
                        {"budget", plan_.budget()},
                        {"seeds", std::to_string(seeds())},
                        {"runs complete", text(complete(), " of ", plan_.runs.size())},
                        {"judge's seed", text(judge_.seed, ", ", judge::use_of_seed(judge_.seed))},
                        {"episodes", std::to_string(judge_.episodes)}});
    for (const ComparedRecipe& recipe : plan_.recipes) all.methods.push_back({recipe.label, {}});
    for (const StudyRun& run : plan_.runs)
      all.methods[run.setting].runs.push_back(
          {run.seed, run.folder, run.judgement, read_occupancy(run)});
    all.figures = compared_figures(plan_);
    all.measure = command_.measure;
    all.thresholds = command_.thresholds;
    if (plan_.small != nullptr) all.best = plan_.small->best_return;
    return all;
  }

  std::string line_of(const StudyRun& run, const report::ComparisonFacts& facts,
                      const report::RunFacts& own) const {
    const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
    Json json = {{"recipe", plan_.recipes[run.setting].label},
                 {"algorithm", plan_.algorithms[run.setting]},
                 {"seed", run.seed},
                 {"run", text("runs/", run.name)},
                 {"state", !run.judgement.is_null() ? "complete"
                           : run.error.empty()      ? "incomplete"
                                                    : "failed"}};
    if (!run.error.empty()) json["error"] = run.error;
    json["steps"] = static_cast<std::int64_t>(own.steps);
    json["seconds"] = own.seconds;
    json["measure"] = facts.measure;
    json["last"] = number(own.last);
    json["last_return"] = number(own.last_return);
    Json reached = Json::array();
    for (std::size_t k = 0; k < facts.thresholds.size(); ++k) {
      const auto& when = own.reached[k];
      reached.push_back({{"threshold", facts.thresholds[k]},
                         {"steps", when ? Json(static_cast<std::int64_t>(when->steps)) : Json()},
                         {"seconds", when ? Json(when->seconds) : Json()}});
    }
    json["reached"] = std::move(reached);
    if (!run.judgement.is_null()) json["judgement"] = run.judgement;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  const CompareCommand& command_;
  const ComparePlan& plan_;
  const SweepJudge& judge_;
};

/// What it takes to complete the runs; `plan` and `judge` outlive it.
StudySchedule schedule_of(const CompareCommand& command, const ComparePlan& plan,
                          const SweepJudge& judge) {
  StudySchedule schedule;
  schedule.device = command.device;
  share_cores(schedule, command.jobs, static_cast<int>(plan.runs.size()));
  schedule.train_line = [&plan](const StudyRun& run) { return train_arguments(plan, run); };
  schedule.judge_line = [&judge](const StudyRun& run) {
    return std::vector<std::string>{"compare",
                                    "--judge",
                                    "--out",
                                    run.folder.string(),
                                    "--judge-seed",
                                    std::to_string(judge.seed),
                                    "--judge-episodes",
                                    std::to_string(judge.episodes)};
  };
  schedule.judgement = [&judge](const StudyRun& run) {
    return read_judgement(run.folder, newest_step(run), judge).value_or(Json());
  };
  return schedule;
}

}  // namespace

int run_compare(const CompareCommand& command) {
  const fs::path out = absolute_path(command.out);
  ComparePlan plan = plan_comparison(command.request, out);
  for (const StudyRun& run : plan.runs) check_recipe(plan, run);
  check_budget(plan, out);
  for (const std::string& warning : plan.warnings)
    std::cerr << "kennel: warning: " << warning << '\n';
  const SweepJudge judge{command.judge_seed, command.judge_episodes.value_or(usual_episodes(plan))};
  const StudyFolder folder(out, kCompareStudy);
  write_file_atomically(budget_file(out), budget_of(plan).dump(2) + "\n");

  StudySchedule schedule = schedule_of(command, plan, judge);
  const Results results(command, plan, judge);
  schedule.on_run = [&] { results.write_lines(folder); };
  find_complete(plan.runs, schedule);
  std::cerr << "comparison: " << shown(out) << ", " << results.complete() << " of "
            << plan.runs.size() << " runs complete, " << plan.budget() << ", " << schedule.jobs
            << " side by side, " << schedule.threads
            << (schedule.threads == 1 ? " thread each\n" : " threads each\n");
  const bool ended = run_schedule(schedule, plan.runs);
  results.write_lines(folder);
  results.write_page(folder, out.filename().string());
  std::printf("%s\n", shown(folder.page()).c_str());
  std::fflush(stdout);
  if (results.complete() == plan.runs.size()) return 0;
  std::cerr << "kennel: " << (ended ? "" : "interrupted: ") << results.complete() << " of "
            << plan.runs.size() << " runs are complete; the same command goes on with the rest\n";
  return 1;
}

}  // namespace kennel
