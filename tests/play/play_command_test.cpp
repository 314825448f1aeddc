// kennel play as its users start it: on a virtual display, as a video, and where neither works.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>
#include <thread>

#include "kennel/policy/policy_file.h"
#include "tests/app/subprocess.h"
#include "tests/io/temp_folder.h"
#include "tests/judge/test_policies.h"
#include "tests/render/test_robot.h"
#include "tests/render/virtual_display.h"

namespace kennel {
namespace {

using render::Environment;

class Play : public testing::Test {
 protected:
  Play() { write_policy(policy_, standing_policy()); }

  Outcome run(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"play", policy_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_kennel(folder_.path(), arguments);
  }

  TempFolder folder_;
  std::string policy_ = (folder_ / "policy.json").string();
};

/// Colours on a screen whose pixels Xvfb keeps in a file: a header, then 4 bytes a pixel.
std::set<std::uint32_t> colours(const std::string& file) {
  const std::string bytes = read_file(file);
  std::set<std::uint32_t> found;
  for (std::size_t at = bytes.size() % 4 + 4096; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t pixel;
    std::memcpy(&pixel, bytes.data() + at, 4);
    found.insert(pixel & 0xffffff);
  }
  return found;
}

TEST_F(Play, TheWindowShowsTheRobot) {
#ifndef KENNEL_GLFW
  GTEST_SKIP() << "built without GLFW";
#endif
  std::optional<render::VirtualDisplay> display;
  try {
    display.emplace(folder_.path().string());
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  ASSERT_TRUE(display->works());
  const std::string screen = (folder_ / "Xvfb_screen0").string();
  EXPECT_LT(colours(screen).size(), 10u);
  const Environment shown("DISPLAY", display->name().c_str());
  Subprocess program(folder_.path(),
                     {"play", policy_, "--seconds", "3", "--width", "640", "--height", "480"});
  std::size_t most = 0;
  while (program.running()) {
    most = std::max(most, colours(screen).size());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GT(most, 100u);  // shaded floor, sky and robot
}

TEST_F(Play, WritesAVideoWithoutADisplay) {
  if (std::system("command -v ffmpeg >/dev/null") != 0) GTEST_SKIP() << "ffmpeg is not installed";
  const Environment hidden("DISPLAY", nullptr);
  const Outcome outcome = run({"--video", "walk.mp4", "--seconds", "0.5", "--width", "160",
                               "--height", "120", "--num-envs", "3", "--physics", "kennel"});
  if (outcome.err.find("cannot draw without a display") != std::string::npos)
    GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "walk.mp4\n");
  EXPECT_GT(std::filesystem::file_size(folder_ / "walk.mp4"), 1000u);
}

TEST_F(Play, AVideoLastsAsLongAtEveryRate) {
  if (std::system("command -v ffmpeg >/dev/null") != 0) GTEST_SKIP() << "ffmpeg is not installed";
  const Environment hidden("DISPLAY", nullptr);
  for (const int decimation : {1, 4, 20}) {
    write_policy(policy_, at_rate(standing_policy(), decimation));
    const Outcome outcome =
        run({"--video", "walk.mp4", "--seconds", "0.5", "--width", "160", "--height", "120"});
    if (outcome.err.find("cannot draw without a display") != std::string::npos)
      GTEST_SKIP() << outcome.err;
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string count =
        text("cd '", folder_.path().string(),
             "' && ffmpeg -nostdin -i walk.mp4 -f null - 2>&1 | grep -q 'frame= *25 '");
    EXPECT_EQ(std::system(count.c_str()), 0) << decimation;
  }
}

TEST_F(Play, WithoutADisplayOrFfmpegItSaysWhatToDo) {
  const Environment hidden("DISPLAY", nullptr), wayland("WAYLAND_DISPLAY", nullptr);
  const Outcome window = run({});
  EXPECT_EQ(window.exit_code, 1);
  EXPECT_NE(window.err.find("--video"), std::string::npos) << window.err;
  const Environment nothing("PATH", folder_.path().c_str());
  const Outcome video = run({"--video", "walk.mp4"});
  EXPECT_EQ(video.exit_code, 1);
  EXPECT_NE(video.err.find("ffmpeg"), std::string::npos) << video.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "walk.mp4"));
}

TEST_F(Play, WrongFlagsAndFilesAreNamed) {
  EXPECT_EQ(run({"--command", "1,2"}).exit_code, 2);
  EXPECT_EQ(run({"--num-envs", "0"}).exit_code, 2);
  const Outcome folder = run_kennel(folder_.path(), {"play", "."});
  EXPECT_EQ(folder.exit_code, 1);
  EXPECT_NE(folder.err.find("run"), std::string::npos) << folder.err;
}

}  // namespace
}  // namespace kennel
