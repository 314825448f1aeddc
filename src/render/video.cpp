#include "kennel/render/video.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/render/child.h"

namespace kennel::render {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPackage = "ffmpeg";

// A disk that is full shows in the middle of ffmpeg's messages; otherwise the last one says most.
std::string reason(const std::string& messages, int exit_code) {
  if (messages.find("No space left on device") != std::string::npos) return describe_errno(ENOSPC);
  const std::string line = last_line(messages);
  if (!line.empty()) return text("ffmpeg: ", line);
  if (exit_code > 128 && exit_code < 160)
    return text("ffmpeg was ended by signal ", exit_code - 128);
  return text("ffmpeg ended with exit code ", exit_code);
}

// The best of ffmpeg's encoders for MP4.
std::string choose_encoder() {
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor output = make_memory_file();
  const Descriptor errors = make_memory_file();
  const int exit_code =
      wait_for_child(start_child({"ffmpeg", "-hide_banner", "-loglevel", "error", "-encoders"},
                                 nothing, output, errors, kPackage));
  KENNEL_CHECK(exit_code == 0, reason(read_memory_file(errors), exit_code));
  const bool has_h264 = read_memory_file(output).find(" libx264 ") != std::string::npos;
  return has_h264 ? "libx264" : "mpeg4";
}

}  // namespace

VideoWriter::VideoWriter(const fs::path& path, const VideoOptions& options)
    : path_(path), options_(options) {
  try {
    check_request();
    const std::string encoder = choose_encoder();
    make_temporary();
    start_ffmpeg(encoder);
  } catch (const Error& error) {
    discard();
    fail(what_failed(), error.what());
  }
}

VideoWriter::~VideoWriter() { discard(); }

std::string VideoWriter::what_failed() const {
  return text("cannot write the video ", path_.string(), ": ");
}

void VideoWriter::check_request() const {
  KENNEL_CHECK(path_.extension() == ".mp4", "videos are MP4; give it a name like walk.mp4");
  KENNEL_CHECK(options_.width > 0 && options_.height > 0 && options_.width % 2 == 0 &&
                   options_.height % 2 == 0,
               "H.264 needs an even width and height; got ", options_.width, " x ",
               options_.height);
  KENNEL_CHECK(options_.fps > 0, "it needs at least 1 frame a second; got ", options_.fps);
  KENNEL_CHECK(fs::is_directory(folder()), "there is no folder ", folder().string(),
               "; make it first (mkdir -p)");
  KENNEL_CHECK(!fs::is_directory(path_), describe_errno(EISDIR));
}

fs::path VideoWriter::folder() const {
  return path_.has_parent_path() ? path_.parent_path() : fs::path(".");
}

// Made here and not by ffmpeg, so that the reason for a refusal is the system's own.
void VideoWriter::make_temporary() {
  const fs::path name = folder() / text(".", path_.filename().string(), ".kennel-tmp-", ::getpid());
  const Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  KENNEL_CHECK(file.get() >= 0, describe_errno(errno));
  temporary_ = name;
}

void VideoWriter::start_ffmpeg(const std::string& encoder) {
  // A socket and not a pipe: writing to an ffmpeg that has ended is an error then, no signal.
  int ends[2];
  KENNEL_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
               "cannot make a socket: ", describe_errno(errno));
  frames_ = Descriptor(ends[0]);
  const Descriptor input(ends[1]);
  errors_ = make_memory_file();
  std::vector<std::string> command = {"ffmpeg", "-hide_banner", "-loglevel",
                                      "error",  "-nostdin",     "-y"};
  const auto add = [&command](std::initializer_list<std::string> parts) {
    command.insert(command.end(), parts);
  };
  add({"-f", "rawvideo", "-pixel_format", "rgb24"});
  add({"-video_size", text(options_.width, "x", options_.height)});
  add({"-framerate", std::to_string(options_.fps), "-i", "pipe:0"});
  add({"-c:v", encoder, "-pix_fmt", "yuv420p"});
  if (encoder == "libx264") {
    add({"-preset", "veryfast", "-crf", "20"});
  } else {
    add({"-q:v", "3"});
  }
  // "file:" keeps a name with a colon or a leading dash a name.
  add({"-movflags", "+faststart", "-f", "mp4", "file:" + temporary_.string()});
  pid_ = start_child(command, input, errors_, errors_, kPackage);
}

void VideoWriter::write(std::span<const unsigned char> rgb) {
  const std::size_t expected = static_cast<std::size_t>(options_.width) * options_.height * 3;
  KENNEL_CHECK(rgb.size() == expected, "a frame of this video has ", options_.width, " x ",
               options_.height, " x 3 = ", expected, " bytes; got ", rgb.size());
  KENNEL_CHECK(pid_ > 0, "the video ", path_.string(), " is finished or has failed");
  while (!rgb.empty()) {
    const ssize_t sent = ::send(frames_.get(), rgb.data(), rgb.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {  // ffmpeg has ended
      const std::string problem = end_ffmpeg();
      discard();
      fail(what_failed(), problem.empty() ? "ffmpeg ended before the last frame" : problem);
    }
    rgb = rgb.subspan(static_cast<std::size_t>(sent));
  }
  ++num_frames_;
}

void VideoWriter::finish() {
  KENNEL_CHECK(pid_ > 0, "the video ", path_.string(), " is finished or has failed");
  if (num_frames_ == 0) {
    discard();
    fail(what_failed(), "it has no frame; write one before the end");
  }
  std::string problem = end_ffmpeg();
  std::error_code error;
  if (problem.empty() && fs::file_size(temporary_, error) == 0) problem = "ffmpeg wrote nothing";
  if (problem.empty()) fs::rename(temporary_, path_, error);
  if (error) problem = describe_errno(error.value());
  if (problem.empty()) temporary_.clear();
  discard();
  KENNEL_CHECK(problem.empty(), what_failed(), problem);
}

std::string VideoWriter::end_ffmpeg() {
  frames_.close();  // the end of the video
  const int exit_code = wait_for_child(std::exchange(pid_, -1));
  return exit_code == 0 ? "" : reason(read_memory_file(errors_), exit_code);
}

void VideoWriter::discard() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait_for_child(std::exchange(pid_, -1));
  }
  frames_.close();
  errors_.close();
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace kennel::render
