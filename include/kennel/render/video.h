// MP4 videos through the ffmpeg program.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "kennel/render/child.h"

namespace kennel::render {

struct VideoOptions {
  int width = 640;   // pixels, even
  int height = 480;  // pixels, even
  int fps = 50;      // frames a second
};

/// Writes frames to an MP4 file (H.264, or MPEG-4 part 2 where ffmpeg lacks libx264). The file
/// appears under its name when `finish` has succeeded, replacing an older one; whatever goes wrong
/// before that leaves no part of it, unless the process is killed (then a hidden file that says
/// `kennel-tmp` remains). Ctrl-C does not reach ffmpeg, so an interrupted program can still finish.
/// One thread at a time.
class VideoWriter {
 public:
  /// Starts ffmpeg.
  /// \throws Error when it is not installed or does not start, when the path cannot be written or
  /// is no .mp4, or for sizes that H.264 does not have
  explicit VideoWriter(const std::filesystem::path& path, const VideoOptions& options = {});

  /// Without `finish` the video is thrown away.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// Adds a frame; waits while ffmpeg is busy.
  /// \param rgb  (height, width, 3), the top row first
  /// \throws Error with ffmpeg's own reason when it has ended; the writer is of no use then
  void write(std::span<const unsigned char> rgb);

  /// Completes the file.
  /// \throws Error as `write` does, and for a video without a frame
  void finish();

  int num_frames() const { return num_frames_; }

 private:
  std::string what_failed() const;
  void check_request() const;
  std::filesystem::path folder() const;
  void make_temporary();
  void start_ffmpeg(const std::string& encoder);
  std::string end_ffmpeg();
  void discard();

  std::filesystem::path path_, temporary_;
  VideoOptions options_;
  int pid_ = -1;       // of ffmpeg
  Descriptor frames_;  // socket to its standard input
  Descriptor errors_;  // memory that it writes its messages to
  int num_frames_ = 0;
};

}  // namespace kennel::render
