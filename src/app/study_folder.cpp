#include "study_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/text_lines.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "lock";
constexpr int kTries = 50;
constexpr auto kBetweenTries = std::chrono::milliseconds(100);

/// Whether nothing is there, but for what was made before this was killed.
bool is_new(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return true;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name == "runs" || name == "logs") {
      if (!fs::is_empty(entry.path(), error)) return false;
    } else if (name != kLock && name != "lost+found" && !is_temporary_name(name)) {
      return false;
    }
  }
  return !error;
}

}  // namespace

StudyFolder::StudyFolder(const fs::path& path, const StudyKind& kind) : path_(path), kind_(kind) {
  const std::string expected = text("kennel-", kind.command, " 1");
  std::error_code error;
  const fs::path format = path / "format";
  if (fs::exists(format, error)) {
    const std::string came = first_line(read_file(format));
    KENNEL_CHECK(came == expected, format.string(), ": expected '", expected, "', came '", came,
                 "'; this is no ", kind.noun, "'s folder of this version, take another --out");
  } else {
    KENNEL_CHECK(is_new(path), path.string(), " is there and no ", kind.noun,
                 "'s folder; take another --out");
  }
  fs::create_directories(path, error);
  for (const char* inner : {"runs", "logs"})
    if (!error) fs::create_directory(path / inner, error);
  KENNEL_CHECK(!error, "cannot create the ", kind.noun, "'s folder ", path.string(), ": ",
               describe_errno(error.value()));
  const fs::path lock = path / kLock;
  // Inherited: the trainings of a study that was killed hold it while they write their checkpoints.
  lock_fd_ = ::open(lock.c_str(), O_RDWR | O_CREAT, 0666);
  KENNEL_CHECK(lock_fd_ >= 0, "cannot write ", lock.string(), ": ", describe_errno(errno));
  for (int tries = 0; ::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; ++tries) {
    KENNEL_CHECK(tries < kTries, path.string(), " is in use by another kennel ", kind.command,
                 "; wait for it, or take another --out");
    std::this_thread::sleep_for(kBetweenTries);
  }
  if (!fs::exists(format, error)) write_file_atomically(format, expected + "\n");
}

StudyFolder::~StudyFolder() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

}  // namespace kennel
