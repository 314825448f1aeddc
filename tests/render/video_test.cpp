// Videos: the file that is written, and that none is left when something goes wrong.
#include "kennel/render/video.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "kennel/core/check.h"
#include "test_robot.h"

namespace kennel::render {
namespace {

namespace fs = std::filesystem;

class VideoTest : public testing::Test {
 protected:
  VideoTest() : frame_(64 * 48 * 3, 90) {
    std::string name = fs::temp_directory_path() / "kennel-video-XXXXXX";
    folder_ = mkdtemp(name.data());
    fs::create_directory(folder_ / "out");
  }
  ~VideoTest() override { fs::remove_all(folder_); }

  // A program called ffmpeg, to be found before the real one.
  std::string fake_ffmpeg(const std::string& script) {
    std::ofstream(folder_ / "ffmpeg") << "#!/bin/sh\n" << script << "\n";
    ::chmod((folder_ / "ffmpeg").c_str(), 0755);
    return folder_.string() + ":" + std::getenv("PATH");
  }

  // The message of the error that writing a video ends with.
  std::string failure(const fs::path& path, int num_frames = 100) {
    try {
      VideoWriter video(path, kSmall);
      for (int frame = 0; frame < num_frames; ++frame) video.write(frame_);
      video.finish();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  bool nothing_left() const { return fs::is_empty(folder_ / "out"); }

  static bool has_program(const char* name) {
    return std::system(text("command -v ", name, " > /dev/null").c_str()) == 0;
  }

  static constexpr VideoOptions kSmall = {.width = 64, .height = 48, .fps = 50};
  fs::path folder_;
  std::vector<unsigned char> frame_;
};

// What ffprobe says about a video's frames, format and rate.
std::string probe(const fs::path& path) {
  const std::string command = text(
      "ffprobe -v error -count_frames -of csv=p=0 -show_entries "
      "stream=width,height,pix_fmt,r_frame_rate,nb_read_frames ",
      path.string());
  std::FILE* out = popen(command.c_str(), "r");
  char line[200] = "";
  if (!std::fgets(line, sizeof line, out)) line[0] = '\0';
  pclose(out);
  return line;
}

TEST_F(VideoTest, HasTheFramesThatWereWritten) {
  if (!has_program("ffmpeg") || !has_program("ffprobe")) GTEST_SKIP() << "ffmpeg is not installed";
  const fs::path path = folder_ / "out" / "-a walk: 100%.mp4";  // any name goes
  EXPECT_EQ(failure(path, 12), "");
  const fs::path plain = folder_ / "plain.mp4";
  fs::rename(path, plain);
  EXPECT_EQ(probe(plain), "64,48,yuv420p,50/1,12\n");
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, AnOlderFileStaysUntilTheNewOneIsComplete) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "ffmpeg is not installed";
  const fs::path path = folder_ / "out" / "a.mp4";
  std::ofstream(path) << "old";
  {
    VideoWriter video(path, kSmall);
    video.write(frame_);
  }
  EXPECT_EQ(fs::file_size(path), 3u);
  EXPECT_EQ(failure(path, 1), "");
  EXPECT_GT(fs::file_size(path), 100u);
  fs::remove(path);
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, WithoutFinishThereIsNoFile) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "ffmpeg is not installed";
  {
    VideoWriter video(folder_ / "out" / "a.mp4", kSmall);
    for (int frame = 0; frame < 20; ++frame) video.write(frame_);
  }
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, WithoutAFrameThereIsNoFile) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "ffmpeg is not installed";
  EXPECT_NE(failure(folder_ / "out" / "a.mp4", 0).find("no frame"), std::string::npos);
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, AFailingFfmpegIsQuotedAndLeavesNoFile) {
  const Environment path("PATH", fake_ffmpeg("echo 'it is broken' >&2; exit 1").c_str());
  const std::string message = failure(folder_ / "out" / "a.mp4");
  EXPECT_NE(message.find("a.mp4: ffmpeg: it is broken"), std::string::npos) << message;
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, AnFfmpegThatDiesHalfwayIsQuotedAndLeavesNoFile) {
  const Environment path(
      "PATH",
      fake_ffmpeg("case \"$*\" in *-encoders*) exit 0;; esac\n"
                  "head -c 20000 > /dev/null; echo first >&2; echo 'out of luck' >&2; exit 3")
          .c_str());
  const std::string message = failure(folder_ / "out" / "a.mp4");
  EXPECT_NE(message.find("ffmpeg: out of luck"), std::string::npos) << message;
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, AnFfmpegThatEndsHappilyTooEarlyIsAFailureToo) {
  const Environment path("PATH", fake_ffmpeg("exit 0").c_str());
  EXPECT_NE(failure(folder_ / "out" / "a.mp4"), "");
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, AFullDiskIsNamed) {
  const Environment path(
      "PATH", fake_ffmpeg("case \"$*\" in *-encoders*) exit 0;; esac\n"
                          "echo 'av_interleaved_write_frame(): No space left on device' >&2\n"
                          "echo 'Conversion failed!' >&2; exit 1")
                  .c_str());
  const std::string message = failure(folder_ / "out" / "a.mp4");
  EXPECT_NE(message.find("the disk is full"), std::string::npos) << message;
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, WithoutFfmpegItSaysWhatToInstall) {
  const Environment path("PATH", "/nowhere");
  const std::string message = failure(folder_ / "out" / "a.mp4");
  EXPECT_NE(message.find("apt-get install ffmpeg"), std::string::npos) << message;
  EXPECT_TRUE(nothing_left());
}

TEST_F(VideoTest, PathsAndSizesAreCheckedBeforeTheFirstFrame) {
  const auto refusal = [](const fs::path& path, const VideoOptions& options) -> std::string {
    try {
      VideoWriter video(path, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(refusal(folder_ / "no" / "a.mp4", kSmall).find("there is no folder"),
            std::string::npos);
  EXPECT_NE(refusal(folder_ / "a.gif", kSmall).find("videos are MP4"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "a.mp4", {.width = 63}).find("even width"), std::string::npos);
  EXPECT_NE(refusal(folder_ / "a.mp4", {.fps = 0}).find("at least 1 frame"), std::string::npos);
  fs::create_directory(folder_ / "b.mp4");
  EXPECT_NE(refusal(folder_ / "b.mp4", kSmall).find("it is a folder"), std::string::npos);
}

}  // namespace
}  // namespace kennel::render
