#include "controls.h"

#include <algorithm>
#include <cmath>

namespace kennel::render {
namespace {

constexpr int kNoKey = GLFW_KEY_UNKNOWN;
constexpr int kNoButton = -1;
constexpr double kDeadZone = 0.12;  // of a stick; worn ones do not come back to the middle

struct Press {
  bool WindowInput::*event;
  int key, other_key, button;
};
constexpr Press kPresses[] = {
    {&WindowInput::push, GLFW_KEY_X, kNoKey, GLFW_GAMEPAD_BUTTON_A},
    {&WindowInput::friction_up, GLFW_KEY_EQUAL, GLFW_KEY_KP_ADD, GLFW_GAMEPAD_BUTTON_DPAD_UP},
    {&WindowInput::friction_down, GLFW_KEY_MINUS, GLFW_KEY_KP_SUBTRACT,
     GLFW_GAMEPAD_BUTTON_DPAD_DOWN},
    {&WindowInput::pause, GLFW_KEY_SPACE, GLFW_KEY_P, GLFW_GAMEPAD_BUTTON_START},
    {&WindowInput::reset, GLFW_KEY_R, GLFW_KEY_BACKSPACE, GLFW_GAMEPAD_BUTTON_B},
    {&WindowInput::next_robot, GLFW_KEY_TAB, GLFW_KEY_N, GLFW_GAMEPAD_BUTTON_Y},
    {&WindowInput::camera_home, GLFW_KEY_C, kNoKey, GLFW_GAMEPAD_BUTTON_RIGHT_THUMB},
    {&WindowInput::help, GLFW_KEY_H, GLFW_KEY_F1, GLFW_GAMEPAD_BUTTON_BACK},
    {&WindowInput::quit, GLFW_KEY_ESCAPE, kNoKey, kNoButton},
};

struct Hold {
  double WindowInput::*axis;
  int positive, other_positive, negative, other_negative;  // keys
  int stick;                                               // gamepad axis
  double stick_sign;                                       // its positive way in ours
};
// Sticks count right and down as positive.
constexpr Hold kHolds[] = {
    {&WindowInput::forward, GLFW_KEY_W, GLFW_KEY_UP, GLFW_KEY_S, GLFW_KEY_DOWN,
     GLFW_GAMEPAD_AXIS_LEFT_Y, -1.0},
    {&WindowInput::sideways, GLFW_KEY_A, kNoKey, GLFW_KEY_D, kNoKey, GLFW_GAMEPAD_AXIS_LEFT_X,
     -1.0},
    {&WindowInput::turn, GLFW_KEY_Q, GLFW_KEY_LEFT, GLFW_KEY_E, GLFW_KEY_RIGHT,
     GLFW_GAMEPAD_AXIS_RIGHT_X, -1.0},
};

// Continuous at the dead zone's edge, 1 at the end.
double without_dead_zone(double stick) {
  const double beyond = std::max(0.0, std::abs(stick) - kDeadZone) / (1.0 - kDeadZone);
  return std::copysign(std::min(beyond, 1.0), stick);
}

}  // namespace

void press_key(int key, WindowInput& input) {
  for (const Press& press : kPresses) {
    if (key == press.key || (key == press.other_key && key != kNoKey)) input.*press.event = true;
  }
}

void press_buttons(const GLFWgamepadstate& before, const GLFWgamepadstate& now,
                   WindowInput& input) {
  for (const Press& press : kPresses) {
    if (press.button == kNoButton) continue;
    if (now.buttons[press.button] && !before.buttons[press.button]) input.*press.event = true;
  }
}

void read_axes(const std::function<bool(int key)>& is_held, const GLFWgamepadstate& gamepad,
               WindowInput& input) {
  const auto either = [&is_held](int key, int other) {
    return is_held(key) || (other != kNoKey && is_held(other));
  };
  for (const Hold& hold : kHolds) {
    const bool positive = either(hold.positive, hold.other_positive);
    const bool negative = either(hold.negative, hold.other_negative);
    const double stick = hold.stick_sign * without_dead_zone(gamepad.axes[hold.stick]);
    input.*hold.axis = std::clamp(positive - negative + stick, -1.0, 1.0);
  }
}

GLFWgamepadstate read_gamepad() {
  GLFWgamepadstate state{};
  for (int joystick = GLFW_JOYSTICK_1; joystick <= GLFW_JOYSTICK_LAST; ++joystick) {
    if (glfwJoystickIsGamepad(joystick) && glfwGetGamepadState(joystick, &state)) return state;
  }
  return {};
}

std::vector<TextLine> window_help(const std::array<std::string, 3>& axes) {
  return {{"W S, up down, left stick", axes[0]},
          {"A D, left stick", axes[1]},
          {"Q E, left right, right stick", axes[2]},
          {"X, A button", "push the robot"},
          {"+ -, pad up down", "friction"},
          {"space, P, start", "pause"},
          {"R, B button", "reset"},
          {"tab, N, Y button", "next robot"},
          {"mouse left, right, wheel", "turn, move, zoom the view"},
          {"C, right stick press", "view as at the start"},
          {"H, F1, back", "this help"},
          {"Esc", "quit"}};
}

}  // namespace kennel::render
