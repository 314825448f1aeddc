// A folder in the system's temporary one, gone with what made it.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "kennel/core/check.h"

namespace kennel {

class ScratchFolder {
 public:
  /// \throws Error when it cannot be made
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "kennel-XXXXXX").string();
    KENNEL_CHECK(::mkdtemp(name.data()), "cannot create a folder like ", name, ": ",
                 std::strerror(errno));
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace kennel
