#include "kennel/io/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <sstream>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/checkpoint_links.h"
#include "kennel/io/text_lines.h"
#include "run_layout.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheckpointPrefix = "step_";
constexpr std::string_view kCheckpointSuffix = ".ckpt";

void check_is_run(const fs::path& path) {
  std::error_code ignored;
  KENNEL_CHECK(fs::is_directory(path, ignored), "no run folder ", path.string(),
               "; check the path, or start a run with kennel train --out ", path.string());
  KENNEL_CHECK(
      RunFolder::is_run(path), path.string(),
      " is not a run folder (it has no file 'format'); give the folder that kennel train wrote");
  const std::string format = first_line(read_file(path / "format"));
  KENNEL_CHECK(format == kRunFormat, (path / "format").string(), ": expected '", kRunFormat,
               "', came '", format, "'; it was written by another version of kennel, use that one");
}

}  // namespace

bool RunFolder::is_run(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path / "format", ignored);
}

/// What checkpoints/best_score says: the score, and of which step where it names one.
struct RunFolder::Best {
  double score;
  std::optional<std::int64_t> step;
};

std::optional<RunFolder::Best> RunFolder::best() const {
  std::error_code ignored;
  const fs::path file = checkpoints() / "best_score";
  if (!fs::exists(file, ignored)) return {};
  std::istringstream words(read_file(file));
  Best best{};
  if (!(words >> best.score)) return {};
  std::int64_t step = 0;
  if (!(words >> step)) return best;
  // The checkpoint was written before this file, so it is there unless somebody removed it.
  if (!fs::exists(checkpoint(step), ignored)) return {};
  best.step = step;
  return best;
}

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

RunFolder RunFolder::open(const fs::path& path) {
  RunFolder run(absolute_path(path));
  check_is_run(run.path_);
  return run;
}

RunFolder RunFolder::resume(const fs::path& path) {
  collect_replaced(absolute_path(path));
  RunFolder run = open(path);
  KENNEL_CHECK(::access(run.path_.c_str(), W_OK) == 0, "cannot write to ", run.path_.string(), ": ",
               describe_errno(errno));
  run.lock();
  run.remove_leftovers();
  // Killed after its score was written and before it was linked.
  const std::optional<Best> best = run.best();
  if (best && best->step) {
    const std::string name = run.checkpoint(*best->step).filename().string();
    if (link_target(run.best_checkpoint()) != name) point_link(run.best_checkpoint(), name);
  }
  return run;
}

// A file of its own, opened for writing: some network file systems lock nothing else.
void RunFolder::lock() {
  const fs::path file = path_ / kRunLock;
  lock_fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  KENNEL_CHECK(lock_fd_ >= 0, "cannot write ", file.string(), ": ", describe_errno(errno));
  const bool free = ::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  struct stat held {
  }, there{};
  const bool same = ::fstat(lock_fd_, &held) == 0 && ::stat(file.c_str(), &there) == 0 &&
                    held.st_ino == there.st_ino && held.st_dev == there.st_dev;
  KENNEL_CHECK(free && same, path_.string(), kRunInUse);
}

void RunFolder::remove_leftovers() const {
  std::error_code ignored;
  fs::remove_all(path_ / kRunReplaced, ignored);
  for (const fs::path& folder : {path_, checkpoints()}) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (is_temporary_name(entry.path().filename().string())) {
        fs::remove(entry.path(), ignored);
      }
    }
  }
}

std::optional<std::int64_t> RunFolder::step_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(kCheckpointPrefix) || !name.ends_with(kCheckpointSuffix)) return {};
  const char* const begin = name.data() + kCheckpointPrefix.size();
  const char* const end = name.data() + name.size() - kCheckpointSuffix.size();
  std::int64_t step = 0;
  const auto [rest, error] = std::from_chars(begin, end, step);
  if (error != std::errc{} || rest != end) return {};
  return step;
}

fs::path RunFolder::checkpoint(std::int64_t step) const {
  char name[64];
  std::snprintf(name, sizeof name, "step_%09lld.ckpt", static_cast<long long>(step));
  return checkpoints() / name;
}

std::vector<std::int64_t> RunFolder::checkpoint_steps() const {
  std::vector<std::int64_t> steps;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(checkpoints(), ignored)) {
    if (const auto step = step_of(entry.path())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

fs::path RunFolder::find_checkpoint(const std::string& which) const {
  fs::path path;
  if (which == "last" || which == "best") {
    path = follow_link(which == "last" ? last_checkpoint() : best_checkpoint());
  } else {
    std::int64_t step = -1;
    const auto [rest, error] = std::from_chars(which.data(), which.data() + which.size(), step);
    KENNEL_CHECK(error == std::errc{} && rest == which.data() + which.size() && step >= 0,
                 "expected a checkpoint last, best or a step number, came '", which, "'");
    path = checkpoint(step);
  }
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path;
  // A program that copies no links has lost them.
  const std::vector<std::int64_t> steps = checkpoint_steps();
  if (which == "last" && !steps.empty()) return checkpoint(steps.back());
  if (const std::optional<Best> known = best(); which == "best" && known && known->step)
    return checkpoint(*known->step);
  std::string available;
  for (const std::int64_t step : steps) {
    available += (available.empty() ? "" : ", ") + std::to_string(step);
  }
  fail("no checkpoint '", which, "' in ", path_.string(), "; ",
       available.empty() ? "the run has none yet" : "there are steps " + available);
}

std::optional<double> RunFolder::best_score() const {
  const std::optional<Best> known = best();
  return known ? std::optional(known->score) : std::nullopt;
}

// The score goes first and names its step: killed in between, `resume` sees which link is missing.
void RunFolder::publish_checkpoint(std::int64_t step, std::optional<double> best_score, int keep) {
  const std::string name = checkpoint(step).filename().string();
  if (best_score) {
    char number[64];
    const auto end = std::to_chars(number, number + sizeof number, *best_score).ptr;
    write_file_atomically(checkpoints() / "best_score",
                          text(std::string_view(number, end), ' ', step, '\n'));
    point_link(best_checkpoint(), name);
  }
  point_link(last_checkpoint(), name);
  remove_old_checkpoints(keep);
}

void RunFolder::remove_old_checkpoints(int keep) const {
  std::error_code ignored;
  std::string best = link_target(best_checkpoint());
  const std::string last = link_target(last_checkpoint());
  if (const std::optional<Best> known = this->best(); best.empty() && known && known->step)
    best = checkpoint(*known->step).filename().string();  // its link was lost
  const std::vector<std::int64_t> steps = checkpoint_steps();
  const std::size_t num_kept = std::min(steps.size(), static_cast<std::size_t>(std::max(keep, 1)));
  for (std::size_t k = 0; k + num_kept < steps.size(); ++k) {
    const fs::path file = checkpoint(steps[k]);
    if (file.filename() != best && file.filename() != last) fs::remove(file, ignored);
  }
}

void RunFolder::go_back_to(std::int64_t step) {
  const std::optional<Best> known = best();
  const std::optional<std::int64_t> best_step =
      known && known->step ? known->step : step_of(link_target(best_checkpoint()));
  std::error_code ignored;
  if (best_step && *best_step > step) {
    fs::remove(best_checkpoint(), ignored);
    fs::remove(checkpoints() / "best_score", ignored);
  }
  point_link(last_checkpoint(), checkpoint(step).filename().string());
  for (const std::int64_t later : checkpoint_steps()) {
    if (later <= step) continue;
    const fs::path file = checkpoint(later);
    fs::rename(file, file.string() + ".set-aside", ignored);
  }
}

}  // namespace kennel
