// kennel compare: everything is read and checked, then the folder appears, then the runs start.
#include "compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "compare_judge.h"
#include "compare_means.h"
#include "compare_results.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/io/run_folder.h"
#include "kennel/report/comparison.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"
#include "study_folder.h"
#include "study_scheduler.h"
#include "trainable.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// \throws Error where a method cannot serve its task. On a GPU only its trainings tell.
void check_methods(const ComparePlan& plan) {
  if (plan.request.on_gpu) return;
  std::vector<bool> checked(plan.recipes.size());
  for (const StudyRun& run : plan.runs) {
    if (checked[run.setting] || RunFolder::is_run(run.folder)) continue;
    checked[run.setting] = true;
    try {
      check_trainable(config_of(plan, run));
    } catch (const Error& error) {
      fail(plan.recipes[run.setting].label, ": ", error.what());
    }
  }
}

/// A measure that only one method has says nothing of the others.
/// \throws Error where the environments do not write the column
void check_measure(const std::string& measure, const ComparePlan& plan) {
  if (measure.empty()) return;
  const std::vector<std::string> known = measured_columns(config_of(plan, plan.runs.front()));
  std::string listed, directed;  // all, and those of which more or less is better
  for (const std::string& name : known) {
    listed += (listed.empty() ? "" : ", ") + name;
    if (report::smaller_is_better(name)) directed += (directed.empty() ? "" : ", ") + name;
  }
  if (std::find(known.begin(), known.end(), measure) != known.end()) {
    KENNEL_CHECK(report::smaller_is_better(measure), "--measure ", measure,
                 ": expected what is better for being more, or less; there are: ", directed);
    for (std::size_t k = 0; k < plan.recipes.size(); ++k)
      KENNEL_CHECK(
          measure != "episode/return" || plan.whole_episodes[k], "--measure ", measure,
          ": the rollouts of ", plan.recipes[k].label,
          " are shorter than an episode, whose return is not known; choose another measure "
          "or raise ",
          plan.algorithms[k], ".rollout_steps");
    return;
  }
  const std::string near = nearest_name(measure, known);
  fail("--measure ", measure, ": expected what the environments of ", plan.task, " measure",
       near.empty() ? "; there are: " : "; did you mean " + near + "? There are: ", listed);
}

std::string scheduled_text(const StudySchedule& schedule) {
  return text(schedule.jobs, " side by side, ", schedule.threads,
              schedule.threads == 1 ? " thread each" : " threads each");
}

/// What would be trained, on standard output.
void print_plan(const ComparePlan& plan, const StudySchedule& schedule, const SweepJudge& judge,
                std::size_t complete) {
  const std::size_t runs = plan.runs.size();
  std::printf("%zu recipes, %d seeds each, %zu runs of %s, %zu complete; %s, on %s\n",
              plan.recipes.size(), plan.request.seeds, runs, plan.budget().c_str(), complete,
              scheduled_text(schedule).c_str(), name_of(schedule.devices).c_str());
  if (plan.request.minutes) {
    const double turns = std::ceil(static_cast<double>(runs - complete) / schedule.jobs);
    std::printf("at most %s of training, then judging\n",
                duration_text(60.0 * *plan.request.minutes * turns).c_str());
  }
  std::printf("judged %s\n", judged_text(plan, judge).c_str());
  for (std::size_t k = 0; k < plan.recipes.size(); ++k)
    std::printf("%s   (%s)\n", plan.recipes[k].label.c_str(), plan.algorithms[k].c_str());
}

/// What it takes to complete the runs; `plan` and `judge` outlive it.
StudySchedule schedule_of(const CompareCommand& command, const ComparePlan& plan,
                          const SweepJudge& judge) {
  StudySchedule schedule;
  schedule.devices = command.devices;
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

/// On standard error, unless it is empty.
void warn(const std::string& warning) {
  if (!warning.empty()) std::cerr << "kennel: warning: " << warning << '\n';
}

}  // namespace

int run_compare(const CompareCommand& command) {
  const fs::path out = absolute_path(command.out);
  ComparePlan plan = plan_comparison(command.request, out);
  for (const StudyRun& run : plan.runs) check_recipe(plan, run);
  check_measure(command.measure, plan);
  const SweepJudge judge{command.judge_seed, command.judge_episodes.value_or(usual_episodes(plan))};
  StudySchedule schedule = schedule_of(command, plan, judge);
  const std::optional<CompareMeans> before = read_means(out);
  if (before) keep_threads(*before, command.jobs, static_cast<int>(plan.runs.size()), schedule);
  const CompareMeans means = before.value_or(means_of(plan, schedule));
  plan.warnings.push_back(check_means(means, means_of(plan, schedule), plan, out));
  check_methods(plan);
  for (const std::string& warning : plan.warnings) warn(warning);
  const CompareResults results(command, plan, judge);
  if (command.dry_run) {
    find_complete(plan.runs, schedule);
    print_plan(plan, schedule, judge, results.complete());
    return 0;
  }
  const StudyFolder folder(out, kCompareStudy);
  write_means(means, out);
  schedule.on_run = [&] { results.write_lines(folder); };
  find_complete(plan.runs, schedule);
  std::cerr << "comparison: " << shown(out) << ", " << results.complete() << " of "
            << plan.runs.size() << " runs complete, " << plan.budget() << ", "
            << scheduled_text(schedule) << '\n';
  const bool ended = run_schedule(schedule, plan.runs);
  results.write_lines(folder);
  results.write_pages(folder, out.filename().string(), scheduled_text(schedule));
  results.print();
  std::fflush(stdout);
  for (const std::string& warning : results.overshoots()) warn(warning);
  std::cerr << "page: " << shown(folder.page()) << "   (open it in a browser)\n"
            << "tables: " << shown(folder.named(".md")) << "   (the same as Markdown)\n";
  if (results.complete() == plan.runs.size()) return 0;
  std::cerr << "kennel: " << (ended ? "" : "interrupted: ") << results.complete() << " of "
            << plan.runs.size() << " runs are complete; the same command goes on with the rest\n";
  return 1;
}

}  // namespace kennel
