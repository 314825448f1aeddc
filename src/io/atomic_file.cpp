#include "kennel/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kennel/core/check.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".kennel-tmp-";

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path temporary_name(const fs::path& path) {
  const std::string name = text(".", path.filename().string(), kTemporaryMark, ::getpid());
  return folder_of(path) / name;
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  /// Closes now; false when the system reports a late write error.
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

/// Writes all bytes; false with errno set when the system refuses.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_and_sync(const fs::path& path, std::string_view bytes) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  return fd.valid() && write_all(fd.get(), bytes) && ::fsync(fd.get()) == 0 && fd.close();
}

}  // namespace

std::string describe_errno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "the disk is full; free some space or choose a folder on another disk";
    case EFBIG:
      return "the file would exceed the size limit; raise it (ulimit -f) or choose another disk";
    case EACCES:
    case EPERM:
      return "permission denied; choose a folder you may write to, or change its permissions";
    case EROFS:
      return "the file system is read-only; choose a folder on another one";
    case ENOENT:
      return "no such file or folder; check the path";
    case ENOTDIR:
      return "a part of the path is a file, not a folder; check the path";
    case EISDIR:
      return "it is a folder, a file is needed; check the path";
    default:
      return std::strerror(error);
  }
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  const fs::path temporary = temporary_name(path);
  if (!write_and_sync(temporary, bytes) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("cannot write ", path.string(), " (", bytes.size(), " bytes): ", describe_errno(error));
  }
  sync_folder(folder_of(path));
}

// Some file systems cannot sync a folder; that is no error.
void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) ::fsync(fd.get());
}

bool replace_symlink(const fs::path& link, const fs::path& target) {
  const fs::path temporary = temporary_name(link);
  ::unlink(temporary.c_str());
  const bool made = ::symlink(target.c_str(), temporary.c_str()) == 0;
  if (!made && errno != ENOSPC && errno != EDQUOT && errno != EROFS && errno != EACCES &&
      errno != ENOENT && errno != ENOTDIR) {
    return false;  // EPERM, EOPNOTSUPP, ENOSYS, EINVAL: each file system has its own word
  }
  if (!made || ::rename(temporary.c_str(), link.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("cannot write the link ", link.string(), " -> ", target.string(), ": ",
         describe_errno(error));
  }
  sync_folder(folder_of(link));
  return true;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  const fs::path full = fs::absolute(path, error).lexically_normal();
  KENNEL_CHECK(!error, "the working directory of this program has been deleted, so ", path.string(),
               " is nowhere; cd to a folder that exists, or give the path from the root");
  return full.has_filename() || !full.has_relative_path() ? full : full.parent_path();
}

std::string read_file(const fs::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  KENNEL_CHECK(fd.valid(), "cannot read ", path.string(), ": ", describe_errno(errno));
  struct stat info {};
  KENNEL_CHECK(::fstat(fd.get(), &info) == 0, "cannot read ", path.string(), ": ",
               describe_errno(errno));
  KENNEL_CHECK(!S_ISDIR(info.st_mode), "cannot read ", path.string(), ": ", describe_errno(EISDIR));

  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    KENNEL_CHECK(count >= 0, "cannot read ", path.string(), ": ", describe_errno(errno));
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
}

bool is_temporary_name(std::string_view file_name) {
  return file_name.find(kTemporaryMark) != std::string_view::npos;
}

}  // namespace kennel
