#include "file_system.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace {

int lacking = 0;

/// A run folder stands for the top of a volume.
bool refuses_rename_of(const char* from) {
  return (lacking & kennel::FileSystemWithout::kRunRenames) != 0 &&
         ::access((std::string(from) + "/format").c_str(), F_OK) == 0;
}

}  // namespace

// The program's own definitions come before the C library's.
extern "C" int symlink(const char* target, const char* link) noexcept {
  if ((lacking & kennel::FileSystemWithout::kSymlinks) != 0) return errno = EOPNOTSUPP, -1;
  return ::symlinkat(target, AT_FDCWD, link);
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (refuses_rename_of(from)) return errno = EBUSY, -1;
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned int flags) noexcept {
  if (refuses_rename_of(from)) return errno = EBUSY, -1;
  static const auto next = reinterpret_cast<decltype(&renameat2)>(::dlsym(RTLD_NEXT, "renameat2"));
  return next(from_folder, from, to_folder, to, flags);
}

namespace kennel {

FileSystemWithout::FileSystemWithout(What what) { lacking = what; }
FileSystemWithout::~FileSystemWithout() { lacking = 0; }

}  // namespace kennel
