#include "study_scheduler.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <list>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include "busy_devices.h"
#include "child_process.h"
#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/io/atomic_file.h"
#include "kennel/run/interrupt.h"
#include "kennel/run/paths.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(20);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How much a run has to train: seconds where its minutes end it, else steps.
double work_of(const StudyRun& run) {
  return run.minutes > 0.0 ? 60.0 * run.minutes : static_cast<double>(run.steps);
}

void read_result(StudyRun& run, const StudySchedule& schedule) {
  if (is_trained(run)) run.judgement = schedule.judgement(run);
}

/// What a process said last: its error where it has one.
std::string last_words(const StudyRun& run) {
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
  StudyRun* run;
  Clock::time_point start = Clock::now();
  bool judging = false;
  std::optional<Device> device{};  // that trains it
  std::unique_ptr<ChildProcess> process{};
};

class Scheduler {
 public:
  Scheduler(const StudySchedule& schedule, std::vector<StudyRun>& runs)
      : schedule_(schedule), runs_(runs), devices_(schedule.devices), program_(own_program()) {
    for (StudyRun& run : runs_) {
      all_work_ += work_of(run);
      if (!run.judgement.is_null()) continue;
      waiting_.push_back(&run);
    }
    first_work_ = work_done();
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
    std::vector<std::string> line =
        job.judging ? schedule_.judge_line(*job.run) : schedule_.train_line(*job.run);
    if (!job.judging) {
      job.device = devices_.take();
      line.insert(line.end(), {"--device", name_of(*job.device)});
    }
    line.insert(line.end(), {"--threads", std::to_string(schedule_.threads)});
    line.insert(line.begin(), program_);
    job.process = std::make_unique<ChildProcess>(line, job.run->log);
  }

  void look_after_jobs() {
    for (auto job = jobs_.begin(); job != jobs_.end();) {
      const std::optional<int> code = job->process->ended();
      if (code && job->device) devices_.give_back(*std::exchange(job->device, {}));
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
    StudyRun& run = *job.run;
    if (!job.judging && is_trained(run)) {
      if (code != 0) warn(text(run.name, ": ", last_words(run)));
      start(job);
      return true;
    }
    if (job.judging && code == 0) read_result(run, schedule_);
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

  /// How much of its training a run has behind it, of `work_of`.
  double done_of(const StudyRun& run) const {
    if (!run.judgement.is_null()) return work_of(run);
    if (run.minutes == 0.0) return std::min(work_of(run), static_cast<double>(logged_steps(run)));
    for (const Job& job : jobs_)
      if (job.run == &run) return std::min(work_of(run), seconds_since(job.start));
    return 0.0;
  }

  double work_done() const {
    double done = 0.0;
    for (const StudyRun& run : runs_) done += done_of(run);
    return done;
  }

  std::string progress_text() const {
    const auto complete = std::count_if(runs_.begin(), runs_.end(),
                                        [](const StudyRun& r) { return !r.judgement.is_null(); });
    const auto judging =
        std::count_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.judging; });
    const double done = work_done();
    std::string line = text(complete, " of ", runs_.size(), " runs complete");
    if (failed_ > 0) line += text(", ", failed_, " failed");
    line += text("; training ", static_cast<std::ptrdiff_t>(jobs_.size()) - judging, ", judging ",
                 judging, "; ", static_cast<int>(100.0 * done / all_work_), " % of ",
                 runs_.front().minutes > 0.0 ? duration_text(all_work_) + " of training"
                                             : count_text(all_work_) + " steps");
    if (done > first_work_)
      line += text(", about ",
                   duration_text(seconds_since(start_) * (all_work_ - done) / (done - first_work_)),
                   " left");
    return line;
  }

  const StudySchedule& schedule_;
  std::vector<StudyRun>& runs_;
  BusyDevices devices_;
  const std::string program_;
  std::list<StudyRun*> waiting_;
  std::list<Job> jobs_;
  int failed_ = 0;
  double all_work_ = 0.0, first_work_ = 0.0;
  const Clock::time_point start_ = Clock::now();
  ProgressLine progress_;
};

}  // namespace

void share_cores(StudySchedule& schedule, int jobs, int runs) {
  const int cores = num_usable_cores();
  const int usual =
      schedule.devices.front().cuda ? static_cast<int>(schedule.devices.size()) : cores;
  schedule.jobs = std::min(jobs > 0 ? jobs : usual, runs);
  schedule.threads = std::max(1, cores / schedule.jobs);
}

void find_complete(std::vector<StudyRun>& runs, const StudySchedule& schedule) {
  for (StudyRun& run : runs) read_result(run, schedule);
}

bool run_schedule(const StudySchedule& schedule, std::vector<StudyRun>& runs) {
  const InterruptGuard guard;
  return Scheduler(schedule, runs).run();
}

}  // namespace kennel
