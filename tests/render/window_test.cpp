// The window, on a virtual display.
#include "kennel/render/window.h"

#include <cstdlib>
#include <optional>

#ifdef KENNEL_GLFW
#include "src/render/controls.h"
#endif
#include "kennel/core/check.h"
#include "kennel/render/offscreen.h"
#include "test_robot.h"
#include "virtual_display.h"

namespace kennel::render {
namespace {

class WindowTest : public RobotTest {
 protected:
  void SetUp() override {
#ifndef KENNEL_GLFW
    GTEST_SKIP() << "built without GLFW";
#endif
    if (std::getenv("DISPLAY")) return;
    try {
      server_.emplace();
    } catch (const Error& error) {
      GTEST_SKIP() << "no DISPLAY, and " << error.what();
    }
    ASSERT_TRUE(server_->works());
    display_.emplace("DISPLAY", server_->name().c_str());
  }

  std::optional<VirtualDisplay> server_;
  std::optional<Environment> display_;
};

TEST_F(WindowTest, ShowsTheRobot) {
  Window window(*model_, {.width = 400, .height = 300});
  SceneView scene(*model_);
  for (int frame = 0; frame < 3; ++frame) {
    const WindowInput input = window.poll(scene);
    EXPECT_FALSE(input.quit);
    EXPECT_EQ(input.forward, 0.0);
    scene.update(*model_, *data_);
    window.draw(scene);
  }
  const Picture picture = window.read_pixels(scene);
  ASSERT_EQ(picture.rgb.size(), static_cast<std::size_t>(picture.width) * picture.height * 3);
  EXPECT_GT(picture.width, 100);
  EXPECT_GT(count_orange(picture.rgb), 300);
  const std::size_t rows = static_cast<std::size_t>(picture.width) * 3 * 10;
  EXPECT_GT(mean_colour(std::span(picture.rgb).first(rows)).red,
            mean_colour(std::span(picture.rgb).last(rows)).red);  // sky above, floor below
}

TEST_F(WindowTest, IsTheOnlyOneAndCanBeOpenedAgain) {
  {
    Window window(*model_);
    EXPECT_THROW(Window(*model_, {}), Error);
  }
  Window window(*model_);
}

TEST_F(WindowTest, TakesTurnsWithOffscreen) {
  std::optional<Offscreen> offscreen;
  try {
    offscreen.emplace(*model_, OffscreenOptions{.backend = Backend::kEgl});
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  Window window(*model_);
  SceneView scene(*model_);
  scene.update(*model_, *data_);
  for (int frame = 0; frame < 2; ++frame) {
    EXPECT_GT(count_orange(offscreen->render(scene)), 1000);
    window.draw(scene);
    EXPECT_GT(count_orange(window.read_pixels(scene).rgb), 300);
  }
}

TEST_F(WindowTest, HelpNamesTheControls) {
  const std::vector<TextLine> help = window_help({"nod", "lean", "rise"});
  ASSERT_GE(help.size(), 10u);
  EXPECT_EQ(help[0].value, "nod");
  EXPECT_EQ(help[1].value, "lean");
  EXPECT_EQ(help[2].value, "rise");
}

#ifdef KENNEL_GLFW
TEST(Controls, KeysAndSticksAddUpToFullSpeed) {
  GLFWgamepadstate gamepad{};
  gamepad.axes[GLFW_GAMEPAD_AXIS_LEFT_Y] = -1.0f;   // pushed away
  gamepad.axes[GLFW_GAMEPAD_AXIS_LEFT_X] = -0.56f;  // half the way beyond the dead zone, left
  gamepad.axes[GLFW_GAMEPAD_AXIS_RIGHT_X] = 0.1f;   // within the dead zone
  WindowInput input;
  read_axes([](int key) { return key == GLFW_KEY_W || key == GLFW_KEY_RIGHT; }, gamepad, input);
  EXPECT_EQ(input.forward, 1.0);
  EXPECT_NEAR(input.sideways, 0.5, 1e-6);
  EXPECT_EQ(input.turn, -1.0);
  read_axes([](int key) { return key == GLFW_KEY_A || key == GLFW_KEY_D; }, {}, input);
  EXPECT_EQ(input.forward, 0.0);
  EXPECT_EQ(input.sideways, 0.0);
}

TEST(Controls, APressCountsOnceHoweverLongItLasts) {
  GLFWgamepadstate up{}, down{};
  down.buttons[GLFW_GAMEPAD_BUTTON_A] = GLFW_PRESS;
  WindowInput first, second, key;
  press_buttons(up, down, first);
  press_buttons(down, down, second);
  EXPECT_TRUE(first.push);
  EXPECT_FALSE(first.reset);
  EXPECT_FALSE(second.push);
  press_key(GLFW_KEY_KP_ADD, key);
  EXPECT_TRUE(key.friction_up);
  press_key(GLFW_KEY_UNKNOWN, key);  // what GLFW calls keys without a name
  EXPECT_FALSE(key.quit);
}
#endif

TEST_F(RobotTest, WithoutADisplayTheErrorNamesTheVideo) {
  const Environment display("DISPLAY", nullptr);
  const Environment wayland("WAYLAND_DISPLAY", nullptr);
  try {
    Window window(*model_);
    FAIL() << "a window opened";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--video"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace kennel::render
