// last.ckpt and best.ckpt: names that stand for another file of their folder. Symbolic links where
// the file system has them, else small files that hold the other's name (FAT, cloud drives, some
// network volumes).
#pragma once

#include <filesystem>
#include <string>

namespace kennel {

/// Whether symbolic links can be made in `folder`.
/// \throws Error when nothing at all can be written there
bool has_symlinks(const std::filesystem::path& folder);

/// Makes `link` stand for the file `name` of its folder, replacing in one step what stood there.
/// \throws Error when the folder cannot be written
void point_link(const std::filesystem::path& link, const std::string& name);

/// The name that `link` stands for; empty when there is no link, or when it is a file of its own,
/// as copying with a program that follows links makes it.
std::string link_target(const std::filesystem::path& link);

/// The file that `path` stands for: the one a link of either kind names, otherwise `path` itself.
std::filesystem::path follow_link(const std::filesystem::path& path);

}  // namespace kennel
