// The folder of a study: of a sweep, or of a comparison.
#pragma once

#include <filesystem>
#include <string>

namespace kennel {

/// What a command's folders are called.
struct StudyKind {
  const char* command;  // "sweep", which its files are named after
  const char* noun;     // "sweep"
};

inline constexpr StudyKind kSweepStudy{"sweep", "sweep"};
inline constexpr StudyKind kCompareStudy{"compare", "comparison"};

class StudyFolder {
 public:
  /// Creates the folder, or opens it where it is one of this kind, and locks it for this process.
  /// \throws Error when it is something else, in use by another process, or cannot be written
  StudyFolder(const std::filesystem::path& path, const StudyKind& kind);
  ~StudyFolder();
  StudyFolder(const StudyFolder&) = delete;
  StudyFolder& operator=(const StudyFolder&) = delete;

  std::filesystem::path lines() const { return named(".jsonl"); }
  std::filesystem::path page() const { return named(".html"); }

  /// The file that is named after the command.
  std::filesystem::path named(const char* extension) const {
    return path_ / (std::string(kind_.command) + extension);
  }

 private:
  std::filesystem::path path_;
  StudyKind kind_;
  int lock_fd_ = -1;
};

}  // namespace kennel
