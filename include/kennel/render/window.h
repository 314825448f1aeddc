// A window that shows a scene and reads keyboard, gamepad and mouse.
#pragma once

#include <mujoco/mujoco.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "kennel/render/renderer.h"
#include "kennel/render/scene.h"

namespace kennel::render {

/// What the user asks for. The three axes are named after what they do to a robot that walks;
/// another gets something else for them. Keyboard and first gamepad are added up; the keys are the
/// table in controls.cpp, `window_help` tells them to the user.
struct WindowInput {
  double forward = 0.0;   // in [-1, 1], held
  double sideways = 0.0;  // in [-1, 1], held; positive to the left
  double turn = 0.0;      // in [-1, 1], held; positive counterclockwise, to the left

  // True once for each press.
  bool push = false;
  bool friction_up = false;
  bool friction_down = false;
  bool pause = false;
  bool reset = false;
  bool next_robot = false;
  bool camera_home = false;  // `poll` has done it
  bool help = false;
  bool quit = false;  // Esc, or the window was closed
};

struct WindowOptions {
  std::string title = "kennel";
  int width = 1280;  // in the desktop's units
  int height = 800;
  Quality quality = {.smooth_edges = true};
};

struct Picture {
  int width = 0;  // pixels
  int height = 0;
  std::vector<unsigned char> rgb;  // (height, width, 3), the top row first
};

/// The one window of the process. GLFW wants it made and used on the main thread only.
class Window {
 public:
  /// \param model  what will be drawn; its meshes and textures are copied now
  /// \throws Error when there is no display or OpenGL, naming --video as the way out, when the
  /// program was built without GLFW, or when a window is open already
  explicit Window(const mjModel& model, const WindowOptions& options = {});
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /// What has happened since the last call; never waits. Moves the scene's camera by the mouse:
  /// left button turns, right button moves, wheel zooms.
  WindowInput poll(SceneView& scene);

  /// Draws the scene as it was last updated and shows it. Waits for the display's next refresh
  /// where the driver has vertical sync; returns at once for a window that is minimised.
  void draw(SceneView& scene);

  /// What `draw` would show, for a screenshot.
  Picture read_pixels(SceneView& scene);

 private:
  struct Glfw;
  std::unique_ptr<Glfw> glfw_;
};

/// The keys and buttons, for SceneView::set_text; empty in a build without GLFW.
/// \param axes  what forward, sideways and turn do
std::vector<TextLine> window_help(const std::array<std::string, 3>& axes);

}  // namespace kennel::render
