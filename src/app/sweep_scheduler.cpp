#include "sweep_scheduler.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <list>
#include <memory>
#include <sstream>
#include <thread>

#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/run/interrupt.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(20);

void read_result(SweepRun& run, const SweepJudge& judge) {
  if (!is_trained(run)) return;
  const std::int64_t steps = RunFolder::open(run.folder).checkpoint_steps().back();
  if (const auto judgement = read_judgement(run.folder, steps, judge)) run.judgement = *judgement;
}

/// What a process said last: its error where it has one.
std::string last_words(const SweepRun& run) {
  std::istringstream lines(read_file(run.log));
  std::string last, error;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    last = line;
    if (line.starts_with("kennel: ")) error = line.substr(8);
  }
  return error.empty() ? last : error;
}

/// A run that is being completed.
struct Job {
  SweepRun* run;
  bool judging = false;
  std::unique_ptr<ChildProcess> process{};
};

class Scheduler {
 public:
  Scheduler(const SweepSchedule& schedule, const SweepFile& file, std::vector<SweepRun>& runs)
      : schedule_(schedule), file_(file), runs_(runs), program_(own_program()) {
    for (SweepRun& run : runs_) {
      all_steps_ += run.steps;
      if (!run.judgement.is_null()) continue;
      waiting_.push_back(&run);
    }
    first_steps_ = steps_done();
  }

  bool run() {
    while (!waiting_.empty() || !jobs_.empty()) {
      if (InterruptGuard::flag() != 0) return stop();
      while (!waiting_.empty() && static_cast<int>(jobs_.size()) < schedule_.jobs) {
        start(jobs_.emplace_back(Job{waiting_.front()}));
        waiting_.pop_front();
      }
      look_after_jobs();
      if (progress_.is_due()) progress_.show(progress_text());
      std::this_thread::sleep_for(kPoll);
    }
    return true;
  }

 private:
  void start(Job& job) {
    job.judging = is_trained(*job.run);
    std::vector<std::string> line;
    if (job.judging) {
      line = {"sweep", file_.name, "--out", job.run->folder.string(), "--judge"};
      const auto add = [&](const char* flag, auto value) {
        line.insert(line.end(), {flag, std::to_string(value)});
      };
      add("--judge-seed", schedule_.judge.seed);
      add("--judge-episodes", schedule_.judge.episodes);
    } else {
      line = train_arguments(file_, *job.run);
      line.insert(line.end(), {"--device", name_of(schedule_.device)});
    }
    line.insert(line.end(), {"--threads", std::to_string(schedule_.threads)});
    line.insert(line.begin(), program_);
    job.process = std::make_unique<ChildProcess>(line, job.run->log);
  }

  void look_after_jobs() {
    for (auto job = jobs_.begin(); job != jobs_.end();) {
      const std::optional<int> code = job->process->ended();
      if (code && !goes_on(*job, *code)) {
        job = jobs_.erase(job);
        schedule_.on_run();
      } else {
        ++job;
      }
    }
  }

  /// After a process of a run has ended: whether another one has been started.
  bool goes_on(Job& job, int code) {
    SweepRun& run = *job.run;
    if (!job.judging && is_trained(run)) {
      if (code != 0) warn(text(run.name, ": ", last_words(run)));
      start(job);
      return true;
    }
    if (job.judging && code == 0) read_result(run, schedule_.judge);
    if (!run.judgement.is_null()) return false;
    run.error = code == 0    ? "it was stopped before its last step"
                : code > 128 ? text("ended by signal ", code - 128)
                             : last_words(run);
    ++failed_;
    warn(text(run.name, " failed: ", run.error, " (", shown(run.log), ")"));
    return false;
  }

  /// Ends everything; what trains writes its checkpoint.
  bool stop() {
    progress_.finish();
    std::cerr << "kennel: stopping; trainings write their checkpoints\n";
    for (Job& job : jobs_) job.process->stop();
    jobs_.clear();  // waits
    return false;
  }

  void warn(const std::string& what) {
    progress_.finish();
    std::cerr << "kennel: " << what << '\n';
  }

  std::int64_t steps_done() const {
    std::int64_t steps = 0;
    for (const SweepRun& run : runs_)
      steps += run.judgement.is_null() ? std::min(run.steps, logged_steps(run)) : run.steps;
    return steps;
  }

  std::string progress_text() const {
    const auto complete = std::count_if(runs_.begin(), runs_.end(),
                                        [](const SweepRun& r) { return !r.judgement.is_null(); });
    const auto judging =
        std::count_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.judging; });
    const std::int64_t done = steps_done();
    const double share = static_cast<double>(done) / static_cast<double>(all_steps_);
    std::string line = text(complete, " of ", runs_.size(), " runs complete");
    if (failed_ > 0) line += text(", ", failed_, " failed");
    line += text("; training ", static_cast<std::ptrdiff_t>(jobs_.size()) - judging, ", judging ",
                 judging, "; ", static_cast<int>(100.0 * share), " % of ",
                 count_text(static_cast<double>(all_steps_)), " steps");
    const std::chrono::duration<double> seconds = Clock::now() - start_;
    if (done > first_steps_)
      line += text(", about ",
                   duration_text(seconds.count() * static_cast<double>(all_steps_ - done) /
                                 static_cast<double>(done - first_steps_)),
                   " left");
    return line;
  }

  const SweepSchedule& schedule_;
  const SweepFile& file_;
  std::vector<SweepRun>& runs_;
  const std::string program_;
  std::list<SweepRun*> waiting_;
  std::list<Job> jobs_;
  int failed_ = 0;
  std::int64_t all_steps_ = 0, first_steps_ = 0;
  const Clock::time_point start_ = Clock::now();
  ProgressLine progress_;
};

}  // namespace

void find_complete(std::vector<SweepRun>& runs, const SweepJudge& judge) {
  for (SweepRun& run : runs) read_result(run, judge);
}

bool run_schedule(const SweepSchedule& schedule, const SweepFile& file,
                  std::vector<SweepRun>& runs) {
  const InterruptGuard guard;
  return Scheduler(schedule, file, runs).run();
}

}  // namespace kennel
