// kennel sweep: everything is read and checked, then the folder appears, then the runs start.
#include "sweep.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/report/sweep_page.h"
#include "kennel/run/paths.h"
#include "study_folder.h"
#include "study_scheduler.h"
#include "sweep_runs.h"

namespace kennel {
namespace {

/// Which figure sorts the table.
std::size_t sort_column(const SweepFile& file, const std::vector<SweepFigure>& figures) {
  if (file.plan.sort_by.empty()) return 0;
  std::string known;
  for (std::size_t k = 0; k < figures.size(); ++k) {
    if (figures[k].key == file.plan.sort_by) return k;
    known += (k > 0 ? ", " : "") + figures[k].key;
  }
  fail(file.name, ": sort_by = \"", file.plan.sort_by, "\" is unknown; expected one of ", known);
}

/// How many of each, and what they are.
void print_plan(const Sweep& sweep) {
  std::int64_t steps = 0;
  for (const SweepRun& run : sweep.runs) steps += run.steps;
  std::printf("%zu settings, %zu seeds each, %zu runs, %lld steps in all\n",
              sweep.file.settings.size(), sweep.file.plan.seeds.size(), sweep.runs.size(),
              static_cast<long long>(steps));
  for (const Setting& setting : sweep.file.settings)
    std::printf("%s\n", sweep.file.label_of(setting).c_str());
}

class Results {
 public:
  Results(const Sweep& sweep, const std::vector<SweepFigure>& figures, std::size_t sort_by)
      : sweep_(sweep), figures_(figures), sort_by_(sort_by), gates_(has_gates(sweep.robot)) {}

  void write_lines(const StudyFolder& folder) const {
    std::string lines;
    for (const SweepRun& run : sweep_.runs) lines += sweep_line(sweep_.file, run) + '\n';
    write_file_atomically(folder.lines(), lines);
  }

  void print() const { print_sweep(sweep_.file, rows(), figures_, sort_by_, gates_); }

  void write_page(const StudyFolder& folder, const std::string& title) const {
    const std::vector<SettingResult> rows = this->rows();
    const SweepFile& file = sweep_.file;
    report::SweepPage page{.title = title};
    page.summary = {{"robot", sweep_.robot.robot},
                    {"task", sweep_.robot.task},
                    {"recipe", name_of(RecipeChoice{file.base.recipe, file.base.config})},
                    {"settings", text(file.settings.size(), ", ", file.plan.method)},
                    {"seeds", std::to_string(file.plan.seeds.size())},
                    {"runs complete", text(complete(), " of ", sweep_.runs.size())},
                    {"judge's seed",
                     text(file.plan.judge_seed, ", ",
                          judge::use_of_seed(static_cast<std::uint64_t>(file.plan.judge_seed)))},
                    {"episodes", std::to_string(file.plan.judge_episodes)}};
    page.table = sweep_table(file, rows, figures_, sort_by_, gates_);
    for (const SettingResult& row : rows) {
      report::SweepCurves curves{.label = file.label_of(file.settings[row.setting])};
      for (const SweepRun& run : sweep_.runs)
        if (run.setting == row.setting) curves.runs.emplace_back(run.seed, run.folder);
      page.settings.push_back(std::move(curves));
    }
    report::write_sweep_page(page, folder.page());
  }

  std::size_t complete() const {
    return static_cast<std::size_t>(
        std::count_if(sweep_.runs.begin(), sweep_.runs.end(),
                      [](const SweepRun& run) { return !run.judgement.is_null(); }));
  }

  /// The first complete run of the first row.
  const SweepRun* best() const {
    const std::size_t setting = rows().front().setting;
    for (const SweepRun& run : sweep_.runs)
      if (run.setting == setting && !run.judgement.is_null()) return &run;
    return nullptr;
  }

 private:
  std::vector<SettingResult> rows() const {
    return ranked(sweep_.file, sweep_.runs, figures_, sort_by_);
  }

  const Sweep& sweep_;
  const std::vector<SweepFigure>& figures_;
  std::size_t sort_by_;
  bool gates_;
};

/// How the sweep judges its runs.
SweepJudge judge_of(const Sweep& sweep) {
  return {static_cast<std::uint64_t>(sweep.file.plan.judge_seed), sweep.file.plan.judge_episodes};
}

/// What it takes to complete the runs; `sweep` outlives it.
StudySchedule schedule_of(const SweepCommand& command, const Sweep& sweep) {
  StudySchedule schedule;
  schedule.devices = command.devices;
  const int asked = command.jobs.value_or(sweep.file.plan.jobs);
  share_cores(schedule, asked, static_cast<int>(sweep.runs.size()));
  schedule.train_line = [&sweep](const StudyRun& run) { return train_arguments(sweep.file, run); };
  schedule.judge_line = [&sweep](const StudyRun& run) {
    const SweepJudge judge = judge_of(sweep);
    return std::vector<std::string>{"sweep",
                                    sweep.file.name,
                                    "--out",
                                    run.folder.string(),
                                    "--judge",
                                    "--judge-seed",
                                    std::to_string(judge.seed),
                                    "--judge-episodes",
                                    std::to_string(judge.episodes)};
  };
  schedule.judgement = [&sweep](const StudyRun& run) {
    return read_judgement(run.folder, newest_step(run), judge_of(sweep))
        .value_or(nlohmann::ordered_json());
  };
  return schedule;
}

}  // namespace

int run_sweep(const SweepCommand& command) {
  const std::filesystem::path out = absolute_path(command.out);
  Sweep sweep = plan_sweep(command.file, out, command.devices.front().cuda);
  const std::vector<SweepFigure> figures = sweep_figures(sweep.robot);
  const std::size_t sort_by = sort_column(sweep.file, figures);
  for (const SweepRun& run : sweep.runs) check_recipe(sweep.file, run);
  if (!sweep.warning.empty()) std::cerr << "kennel: warning: " << sweep.warning << '\n';
  if (command.dry_run) {
    print_plan(sweep);
    return 0;
  }
  const StudyFolder folder(out, kSweepStudy);
  write_file_atomically(folder.named(".toml"), read_file(command.file));

  StudySchedule schedule = schedule_of(command, sweep);
  const Results results(sweep, figures, sort_by);
  schedule.on_run = [&] { results.write_lines(folder); };
  find_complete(sweep.runs, schedule);
  std::cerr << "sweep: " << shown(out) << ", " << results.complete() << " of " << sweep.runs.size()
            << " runs complete, " << schedule.jobs << " side by side, " << schedule.threads
            << (schedule.threads == 1 ? " thread each\n" : " threads each\n");
  const bool ended = run_schedule(schedule, sweep.runs);
  results.write_lines(folder);
  results.write_page(folder, out.filename().string());
  results.print();
  std::fflush(stdout);
  std::cerr << "page: " << shown(folder.page()) << "   (open it in a browser)\n";
  if (const SweepRun* best = results.best())
    std::cerr << "next: kennel play '" << shown(best->folder) << "'   (see one of the first row)\n"
              << "      kennel eval '" << shown(best->folder)
              << "'   (by seeds that nothing is chosen by)\n";
  if (results.complete() == sweep.runs.size()) return 0;
  std::cerr << "kennel: " << (ended ? "" : "interrupted: ") << results.complete() << " of "
            << sweep.runs.size() << " runs are complete; the same command goes on with the rest\n";
  return 1;
}

}  // namespace kennel
