#include "kennel/run/paths.h"

namespace kennel {

std::string shown(const std::filesystem::path& path) {
  std::error_code error;  // the working directory may have been deleted since the program started
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) return path.string();
  const std::filesystem::path relative = std::filesystem::relative(path, here, error);
  return error || relative.empty() ? path.string() : relative.string();
}

}  // namespace kennel
