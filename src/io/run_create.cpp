// How a run folder comes into being: claimed, filled, or put in an older one's place.
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "run_layout.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLostAndFound = "lost+found";  // what a new ext4 volume holds

enum class Occupant { kNothing, kEmpty, kRun, kOther };

/// Whether a folder holds nothing but what `fill` had written when it was killed.
bool is_unfinished_claim(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kRunReplaced, error)) return true;
  const bool is_claimed = fs::exists(folder / kRunLock, error);  // the first file of a run
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name == kRunLock || name == "config.toml" || is_temporary_name(name) ||
                      (name == "checkpoints" && fs::is_empty(entry.path(), error));
    if (!(ours && is_claimed) && name != kLostAndFound) return false;
  }
  return !error;
}

Occupant occupant_of(const fs::path& target) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(target, ignored))) return Occupant::kNothing;
  if (!fs::is_directory(target, ignored)) return Occupant::kOther;
  if (fs::exists(target / "format", ignored)) return Occupant::kRun;
  return is_unfinished_claim(target) ? Occupant::kEmpty : Occupant::kOther;
}

/// Whether another process holds the lock of the run in `folder`.
bool is_in_use(const fs::path& folder) {
  const int fd = ::open((folder / kRunLock).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool in_use = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return in_use;
}

[[noreturn]] void cannot_create(const fs::path& target, int error) {
  fail("cannot create the run folder ", target.string(), ": ", describe_errno(error));
}

void make_parent(const fs::path& target) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (error) cannot_create(target, error.value());
}

/// mkdir, which one of several processes wins; false when something of that name exists.
bool claim(const fs::path& target) {
  if (::mkdir(target.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) cannot_create(target, errno);
  return false;
}

/// ".run.new-123" beside "run".
fs::path name_beside(const fs::path& target, const char* what) {
  return target.parent_path() / text(".", target.filename().string(), what, ::getpid());
}
constexpr const char *kNew = ".new-", *kOld = ".old-";

/// Puts `fresh` where `target` stands. In one step where the file system can, so that somebody who
/// looks sees a run at every moment.
/// \return where the old one is now; empty when folders cannot be renamed here (a mounted volume)
fs::path swap_in(const fs::path& fresh, const fs::path& target) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0)
    return fresh;
  const fs::path aside = name_beside(target, kOld);
  if (::rename(target.c_str(), aside.c_str()) != 0) return {};
  if (::rename(fresh.c_str(), target.c_str()) == 0) return aside;
  const int error = errno;
  KENNEL_CHECK(::rename(aside.c_str(), target.c_str()) == 0, "cannot put ", target.string(),
               " back; it is at ", aside.string());
  cannot_create(target, error);
}

/// Moves what one folder holds into another; `format` first, or last when the run comes back.
void move_content(const fs::path& from, const fs::path& to) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path name = entry.path().filename();
    if (name != kRunLock && name != kRunReplaced && name != kLostAndFound) names.push_back(name);
  }
  const bool leaves = to.filename() == kRunReplaced;
  std::stable_partition(names.begin(), names.end(),
                        [&](const fs::path& name) { return (name == "format") == leaves; });
  for (const fs::path& name : names) fs::rename(from / name, to / name);
}

/// \param but  a name that stays besides the lock
void remove_content(const fs::path& folder, const char* but = kRunLock) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path name = entry.path().filename();
    if (name != kRunLock && name != kLostAndFound && name != but)
      fs::remove_all(entry.path(), ignored);
  }
}

void check_may_replace(const fs::path& run, IfExists if_exists) {
  KENNEL_CHECK(if_exists == IfExists::kReplace, run.string(),
               " exists already; choose another --out, go on with --resume ", run.string(),
               ", or replace it with --force");
}

/// The process in a name of `name_beside`; -1 for other names.
int pid_in(const std::string& name, const std::string& start) {
  if (!name.starts_with(start)) return -1;
  int pid = -1;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + start.size(), end, pid);
  return error == std::errc{} && rest == end ? pid : -1;
}

}  // namespace

void collect_replaced(const fs::path& target) {
  std::error_code ignored;
  const std::string name = target.filename().string();
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(target.parent_path(), ignored)) {
    const std::string beside = entry.path().filename().string();
    const int pid = std::max(pid_in(beside, "." + name + kNew), pid_in(beside, "." + name + kOld));
    if (pid <= 0) continue;
    const bool is_alive = pid != ::getpid() && ::kill(pid, 0) == 0;  // about to lock it, maybe
    if (!is_alive && !is_in_use(entry.path())) left.push_back(entry.path());
  }
  for (const fs::path& folder : left) {
    const bool is_old = folder.filename().string().starts_with("." + name + kOld);
    if (is_old && occupant_of(target) == Occupant::kNothing) {
      fs::rename(folder, target, ignored);
    } else {
      fs::remove_all(folder, ignored);
    }
  }
}

void RunFolder::check_can_create(const fs::path& path, IfExists if_exists) {
  const fs::path target = absolute_path(path);
  std::error_code ignored;
  const Occupant occupant = occupant_of(target);
  if (occupant == Occupant::kRun) {
    KENNEL_CHECK(!is_in_use(target), target.string(), kRunInUse);
    check_may_replace(target, if_exists);
  }
  KENNEL_CHECK(occupant != Occupant::kOther, target.string(),
               if_exists == IfExists::kReplace
                   ? " exists and is not a run folder; --force only replaces runs"
                   : " exists already, and is neither a run nor an empty folder",
               "; choose another --out");
  if (occupant == Occupant::kEmpty) KENNEL_CHECK(!is_in_use(target), target.string(), kRunInUse);
  fs::path parent = occupant == Occupant::kEmpty ? target : target.parent_path();
  while (!fs::exists(parent, ignored) && parent.has_relative_path()) parent = parent.parent_path();
  if (!fs::is_directory(parent, ignored)) cannot_create(target, ENOTDIR);
  if (::access(parent.c_str(), W_OK | X_OK) != 0) cannot_create(target, errno);
}

// `format` last: until then the folder is no run, and the next one that wants it takes it.
void RunFolder::fill(std::string_view config_toml) {
  std::error_code error;
  fs::create_directories(checkpoints(), error);
  if (error) cannot_create(path_, error.value());
  write_file_atomically(config(), config_toml);
  write_file_atomically(path_ / "format", text(kRunFormat, '\n'));
  sync_folder(path_.parent_path());
}

RunFolder RunFolder::create(const fs::path& path, std::string_view config_toml,
                            IfExists if_exists) {
  const fs::path target = absolute_path(path);
  collect_replaced(target);
  check_can_create(target, if_exists);
  make_parent(target);
  const bool claimed = claim(target);
  if (!claimed) check_can_create(target, if_exists);
  RunFolder run(target);
  run.lock();  // two may have found the same empty folder
  const Occupant occupant = occupant_of(target);
  if (occupant == Occupant::kRun) {
    check_may_replace(target, if_exists);
    return replace(std::move(run), config_toml);
  }
  KENNEL_CHECK(occupant == Occupant::kEmpty, target.string(),
               " is being filled by another program; choose another --out");
  run.fill_claimed(config_toml, claimed);
  return run;
}

RunFolder RunFolder::create_new(const fs::path& parent, std::string_view config_toml) {
  for (;;) {
    const fs::path target = absolute_path(default_run_path(parent));
    make_parent(target);
    if (!claim(target)) continue;  // another process was faster: the next name
    RunFolder run(target);
    run.lock();
    run.fill_claimed(config_toml, true);
    return run;
  }
}

void RunFolder::fill_claimed(std::string_view config_toml, bool claimed) {
  try {
    remove_content(path_);  // what a killed process had begun
    fill(config_toml);
  } catch (...) {
    std::error_code ignored;
    remove_content(path_);
    fs::remove(path_ / kRunLock, ignored);
    if (claimed) fs::remove(path_, ignored);
    throw;
  }
}

RunFolder RunFolder::replace(RunFolder old, std::string_view config_toml) {
  const fs::path named = old.path_;
  const fs::path target = fs::canonical(named);  // a link to the folder stays what it is
  const fs::path staging = name_beside(target, kNew);
  std::error_code ignored;
  RunFolder fresh(staging);
  fs::path removed = staging;
  try {
    if (!claim(staging)) cannot_create(target, EEXIST);
    fresh.lock();
    fresh.fill(config_toml);
    removed = swap_in(staging, target);
  } catch (...) {
    fs::remove_all(staging, ignored);
    throw;
  }
  if (removed.empty()) {
    fs::remove_all(staging, ignored);
    old.replace_in_place(config_toml);
    return old;
  }
  sync_folder(target.parent_path());
  fresh.path_ = named;
  fs::remove_all(removed, ignored);
  return fresh;
}

void RunFolder::replace_in_place(std::string_view config_toml) {
  const fs::path aside = path_ / kRunReplaced;
  std::error_code ignored;
  try {
    fs::create_directory(aside);
    move_content(path_, aside);
    fill(config_toml);
  } catch (...) {
    remove_content(path_, kRunReplaced);
    move_content(aside, path_);
    fs::remove(aside, ignored);
    throw;
  }
  fs::remove_all(aside, ignored);
}

fs::path default_run_path(const fs::path& parent) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char name[32];
  std::strftime(name, sizeof name, "%Y-%m-%d_%H-%M-%S", &local);
  fs::path path = parent / name;
  std::error_code ignored;
  for (int attempt = 2; fs::exists(path, ignored); ++attempt)
    path = parent / text(name, "_", attempt);
  return path;
}

}  // namespace kennel
