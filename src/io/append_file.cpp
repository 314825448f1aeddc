#include "kennel/io/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {

AppendFile::AppendFile(std::filesystem::path path)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  KENNEL_CHECK(fd_ >= 0, "cannot write ", path_.string(), ": ", describe_errno(errno));
}

AppendFile::~AppendFile() { ::close(fd_); }

void AppendFile::append(std::string_view bytes) {
  const off_t before = ::lseek(fd_, 0, SEEK_END);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno;
      const bool taken_back = before >= 0 && ::ftruncate(fd_, before) == 0;
      fail("cannot write ", path_.string(), taken_back ? "" : " (its last record is incomplete)",
           ": ", describe_errno(error));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace kennel
