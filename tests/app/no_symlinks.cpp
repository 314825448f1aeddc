// Preloaded into a program: a file system without symbolic links.
#include <cerrno>

extern "C" int symlink(const char*, const char*) noexcept {
  errno = EPERM;
  return -1;
}
