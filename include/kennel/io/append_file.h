// A log that grows: each append is handed to the system at once, so a crash of the program loses
// nothing.
#pragma once

#include <filesystem>
#include <string_view>

namespace kennel {

class AppendFile {
 public:
  /// Opens `path` for appending, creating it when it does not exist.
  /// \throws Error when it cannot be opened
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// All of `bytes`, or nothing: where the disk is full the part that was written is taken back.
  /// \throws Error naming the file, the reason and what to try
  void append(std::string_view bytes);

 private:
  std::filesystem::path path_;
  int fd_;
};

}  // namespace kennel
