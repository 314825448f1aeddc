// A file system that lacks something, for one process: its calls stand in for the C library's.
#pragma once

namespace kennel {

/// While it lives, calls of this process fail as on a file system without that ability.
class FileSystemWithout {
 public:
  enum What { kSymlinks = 1, kRunRenames = 2 };  // FAT, cloud drives; a run at the top of a volume
  explicit FileSystemWithout(What what);
  ~FileSystemWithout();
  FileSystemWithout(const FileSystemWithout&) = delete;
  FileSystemWithout& operator=(const FileSystemWithout&) = delete;
};

}  // namespace kennel
