#include "kennel/io/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatName = "kennel-run";
constexpr int kFormatVersion = 1;
constexpr std::string_view kCheckpointPrefix = "step_";
constexpr std::string_view kCheckpointSuffix = ".ckpt";

/// Absolute and without a trailing slash, so that it has a parent and a name.
fs::path normalised(const fs::path& path) {
  fs::path full = fs::absolute(path).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

void check_is_run(const fs::path& path) {
  std::error_code ignored;
  KENNEL_CHECK(fs::is_directory(path, ignored), "no run folder ", path.string(),
               "; check the path, or start a run with kennel train --out ", path.string());
  KENNEL_CHECK(
      fs::exists(path / "format", ignored), path.string(),
      " is not a run folder (it has no file 'format'); give the folder that kennel train wrote");
  const std::string format = read_file(path / "format");
  const std::string expected = text(kFormatName, " ", kFormatVersion, "\n");
  KENNEL_CHECK(format == expected, (path / "format").string(), ": expected '",
               expected.substr(0, expected.size() - 1), "', came '",
               format.substr(0, format.find('\n')),
               "'; it was written by another version of kennel, use that one");
}

/// The step in "step_000000123.ckpt".
std::optional<std::int64_t> step_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(kCheckpointPrefix) || !name.ends_with(kCheckpointSuffix)) return {};
  const char* const begin = name.data() + kCheckpointPrefix.size();
  const char* const end = name.data() + name.size() - kCheckpointSuffix.size();
  std::int64_t step = 0;
  const auto [rest, error] = std::from_chars(begin, end, step);
  if (error != std::errc{} || rest != end) return {};
  return step;
}

}  // namespace

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void RunFolder::check_can_create(const fs::path& path, IfExists if_exists) {
  const fs::path target = normalised(path);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(target, ignored))) {
    KENNEL_CHECK(if_exists == IfExists::kReplace, target.string(),
                 " exists already; choose another --out, go on with --resume ", target.string(),
                 ", or replace it with --force");
    KENNEL_CHECK(
        fs::exists(target / "format", ignored), target.string(),
        " exists and is not a run folder; --force only replaces runs, choose another --out");
  }
  fs::path parent = target.parent_path();
  while (!fs::exists(parent, ignored) && parent.has_relative_path()) parent = parent.parent_path();
  KENNEL_CHECK(fs::is_directory(parent, ignored), "cannot create the run folder ", target.string(),
               ": ", describe_errno(ENOTDIR));
  KENNEL_CHECK(::access(parent.c_str(), W_OK | X_OK) == 0, "cannot create the run folder ",
               target.string(), ": ", describe_errno(errno));
}

RunFolder RunFolder::create(const fs::path& path, std::string_view config_toml,
                            IfExists if_exists) {
  check_can_create(path, if_exists);
  const fs::path target = normalised(path);
  std::error_code ignored;
  const bool exists = fs::exists(target, ignored);
  std::optional<RunFolder> old;
  if (exists) {
    old.emplace(RunFolder(target));
    old->lock();
  }

  // Built under another name, so that the folder appears whole.
  const fs::path staging =
      target.parent_path() / text(".", target.filename().string(), ".new-", ::getpid());
  try {
    fs::create_directories(staging / "checkpoints");
    write_file_atomically(staging / "config.toml", config_toml);
    write_file_atomically(staging / "format", text(kFormatName, " ", kFormatVersion, "\n"));
    if (exists) fs::remove_all(target);
    fs::rename(staging, target);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(staging, ignored);
    fail("cannot create the run folder ", target.string(), ": ",
         describe_errno(error.code().value()));
  } catch (...) {
    fs::remove_all(staging, ignored);
    throw;
  }
  RunFolder run(target);
  run.lock();
  return run;
}

RunFolder RunFolder::open(const fs::path& path) {
  RunFolder run(normalised(path));
  check_is_run(run.path_);
  return run;
}

RunFolder RunFolder::resume(const fs::path& path) {
  RunFolder run = open(path);
  run.lock();
  KENNEL_CHECK(::access(run.path_.c_str(), W_OK) == 0, "cannot write to ", run.path_.string(), ": ",
               describe_errno(errno));
  run.remove_leftovers();
  return run;
}

void RunFolder::lock() {
  const fs::path file = path_ / "format";
  lock_fd_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  KENNEL_CHECK(lock_fd_ >= 0, "cannot read ", file.string(), ": ", describe_errno(errno));
  KENNEL_CHECK(::flock(lock_fd_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK, path_.string(),
               " is in use by another kennel train; wait for it, or choose another --out");
}

void RunFolder::remove_leftovers() const {
  std::error_code ignored;
  for (const fs::path& folder : {path_, checkpoints()}) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (is_temporary_name(entry.path().filename().string())) {
        fs::remove(entry.path(), ignored);
      }
    }
  }
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

std::filesystem::path RunFolder::find_policy() const {
  KENNEL_CHECK(std::filesystem::exists(policy()), policy().string(),
               " is missing; the run has not ended, write it with: kennel export ", path_.string(),
               " -o ", policy().string());
  return policy();
}

fs::path RunFolder::find_checkpoint(const std::string& which) const {
  fs::path path;
  if (which == "last" || which == "best") {
    path = which == "last" ? last_checkpoint() : best_checkpoint();
  } else {
    std::int64_t step = -1;
    const auto [rest, error] = std::from_chars(which.data(), which.data() + which.size(), step);
    KENNEL_CHECK(error == std::errc{} && rest == which.data() + which.size() && step >= 0,
                 "expected a checkpoint last, best or a step number, came '", which, "'");
    path = checkpoint(step);
  }
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path;
  std::string available;
  for (const std::int64_t step : checkpoint_steps()) {
    available += (available.empty() ? "" : ", ") + std::to_string(step);
  }
  fail("no checkpoint '", which, "' in ", path_.string(), "; ",
       available.empty() ? "the run has none yet" : "there are steps " + available);
}

void RunFolder::publish_checkpoint(std::int64_t step, bool is_best, int keep) {
  const fs::path name = checkpoint(step).filename();
  replace_symlink(last_checkpoint(), name);
  if (is_best) replace_symlink(best_checkpoint(), name);
  remove_old_checkpoints(keep);
}

void RunFolder::remove_old_checkpoints(int keep) const {
  std::error_code ignored;
  const fs::path best = fs::read_symlink(best_checkpoint(), ignored).filename();
  const fs::path last = fs::read_symlink(last_checkpoint(), ignored).filename();
  const std::vector<std::int64_t> steps = checkpoint_steps();
  const std::size_t num_kept = std::min(steps.size(), static_cast<std::size_t>(std::max(keep, 1)));
  for (std::size_t k = 0; k + num_kept < steps.size(); ++k) {
    const fs::path file = checkpoint(steps[k]);
    if (file.filename() != best && file.filename() != last) fs::remove(file, ignored);
  }
}

fs::path default_run_path(const fs::path& parent) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char name[32];
  std::strftime(name, sizeof name, "%Y-%m-%d_%H-%M-%S", &local);
  fs::path path = parent / name;
  for (int attempt = 2; fs::exists(path); ++attempt) path = parent / text(name, "_", attempt);
  return path;
}

}  // namespace kennel
