// How far many episodes have come, for somebody who watches.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace kennel {

/// A line that rewrites itself on a terminal, and nothing where standard error is a file or a pipe.
class EpisodeProgress {
 public:
  EpisodeProgress() = default;
  ~EpisodeProgress() {
    if (visible_) std::fprintf(stderr, "\r\033[K");
  }
  EpisodeProgress(const EpisodeProgress&) = delete;
  EpisodeProgress& operator=(const EpisodeProgress&) = delete;

  void show(const std::string& line) const {
    if (visible_) std::fprintf(stderr, "\r\033[K%s", line.c_str());
  }
  void show(const std::string& what, int done) const {
    show(what + ": episode " + std::to_string(done));
  }

 private:
  bool visible_ = isatty(STDERR_FILENO) != 0;
};

}  // namespace kennel
