#include "kennel/io/checkpoint_links.h"

#include <string_view>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

/// What a small file that stands for another begins with; no checkpoint does.
constexpr std::string_view kMark = "kennel-link ";
constexpr std::uintmax_t kLongest = 512;  // bytes: a name has 255 at most

}  // namespace

bool has_symlinks(const fs::path& folder) {
  const fs::path probe = folder / ".link-probe";
  const bool made = replace_symlink(probe, "nowhere");
  std::error_code ignored;
  fs::remove(probe, ignored);
  return made;
}

void point_link(const fs::path& link, const std::string& name) {
  if (replace_symlink(link, name)) return;
  write_file_atomically(link, text(kMark, name, '\n'));
}

std::string link_target(const fs::path& link) {
  std::error_code error;
  if (fs::is_symlink(fs::symlink_status(link, error)))
    return fs::read_symlink(link, error).filename().string();
  if (!fs::is_regular_file(link, error) || fs::file_size(link, error) > kLongest) return {};
  const std::string content = read_file(link);
  if (!content.starts_with(kMark)) return {};
  const std::string name = content.substr(kMark.size());
  // A name alone: never a path out of the folder.
  return fs::path(name.substr(0, name.find_first_of("\r\n"))).filename().string();
}

fs::path follow_link(const fs::path& path) {
  const std::string name = link_target(path);
  return name.empty() ? path : path.parent_path() / name;
}

}  // namespace kennel
