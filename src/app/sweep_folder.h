// The folder of a sweep.
#pragma once

#include <filesystem>

namespace kennel {

class SweepFolder {
 public:
  /// Creates the folder, or opens it where it is a sweep's, and locks it for this process.
  /// \throws Error when it is something else, in use by another process, or cannot be written
  explicit SweepFolder(const std::filesystem::path& path);
  ~SweepFolder();
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  std::filesystem::path file() const { return path_ / "sweep.toml"; }
  std::filesystem::path lines() const { return path_ / "sweep.jsonl"; }
  std::filesystem::path page() const { return path_ / "sweep.html"; }

 private:
  std::filesystem::path path_;
  int lock_fd_ = -1;
};

}  // namespace kennel
