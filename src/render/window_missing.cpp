// Window in a build without GLFW.
#include "kennel/core/check.h"
#include "kennel/render/window.h"

namespace kennel::render {

struct Window::Glfw {};

Window::Window(const mjModel&, const WindowOptions&) {
  fail(
      "this kennel was built without windows, because GLFW 3 was not found; install it (Debian: "
      "apt-get install libglfw3-dev) and run ./kennel setup and ./kennel build, or write a video: "
      "--video FILE.mp4");
}

Window::~Window() = default;

WindowInput Window::poll(SceneView&) { return {}; }

void Window::draw(SceneView&) {}

Picture Window::read_pixels(SceneView&) { return {}; }

std::vector<TextLine> window_help(const std::array<std::string, 3>&) { return {}; }

}  // namespace kennel::render
