// Files that are either the old ones or the new ones, whatever happens in between.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kennel {

/// Replaces `path` with `bytes`: written to a temporary name in the same folder, synced, renamed,
/// folder synced. A full disk, a crash or a kill leaves the old file as it was.
/// \throws Error naming the path, the reason and what to try; the temporary file is removed
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Points the symbolic link `link` at `target` (relative to the link's folder), replacing an older
/// link in one step.
/// \return false, nothing changed, where the file system knows no symbolic links
/// \throws Error when the folder cannot be written
[[nodiscard]] bool replace_symlink(const std::filesystem::path& link,
                                   const std::filesystem::path& target);

/// Makes what was created and renamed in `folder` survive a power cut, where the file system can.
void sync_folder(const std::filesystem::path& folder);

/// The path from the root, without "." and "..", and without a slash at its end.
/// \throws Error when it is relative and the working directory has been deleted
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// The whole file.
/// \throws Error when it is missing, unreadable or a folder
std::string read_file(const std::filesystem::path& path);

/// "no space left on device; free some ...": a system error's reason and, where one is known, what
/// to try.
std::string describe_errno(int error);

/// True for a name that `write_file_atomically` or `replace_symlink` may leave behind when the
/// process is killed.
bool is_temporary_name(std::string_view file_name);

}  // namespace kennel
