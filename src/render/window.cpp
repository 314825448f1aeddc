#include "kennel/render/window.h"

#include <GLFW/glfw3.h>
#include <dlfcn.h>

#include <algorithm>
#include <utility>

#include "controls.h"
#include "kennel/core/check.h"
#include "kennel/render/gl_context.h"
#include "kennel/render/offscreen.h"

namespace kennel::render {
namespace {

constexpr int kSamples = 4;  // multisamples of the window's own buffer
constexpr double kZoomPerClick = 0.05;
constexpr const char* kWayOut = "; without a display, write a video: --video FILE.mp4";

std::string last_error = "no reason given";  // GLFW's, set by its callback on the main thread

void note_error(int, const char* description) { last_error = description; }

mjtFontScale font_scale(GLFWwindow* window) {
  float scale = 1.0f;
  glfwGetWindowContentScale(window, &scale, nullptr);
  if (scale < 1.25f) return mjFONTSCALE_100;
  return scale < 1.75f ? mjFONTSCALE_150 : mjFONTSCALE_200;
}

mjrRect frame_of(GLFWwindow* window) {
  mjrRect frame{};
  glfwGetFramebufferSize(window, &frame.width, &frame.height);
  return frame;
}

/// The thread's OpenGL calls go to the window while this lives; see GlContext::release.
class Current {
 public:
  explicit Current(GLFWwindow* window) { glfwMakeContextCurrent(window); }
  ~Current() { glfwMakeContextCurrent(nullptr); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
};

}  // namespace

struct Window::Glfw {
  Glfw(const mjModel& model, const WindowOptions& options);
  ~Glfw();

  void open(const WindowOptions& options);
  void set_callbacks();
  void drag_camera(SceneView& scene);

  static Glfw& of(GLFWwindow* window) {
    return *static_cast<Glfw*>(glfwGetWindowUserPointer(window));
  }

  static inline bool is_open = false;
  GLFWwindow* window = nullptr;
  mjrContext renderer;
  WindowInput pressed;  // since the last poll
  double wheel = 0.0;   // clicks since the last poll
  double mouse_x = 0.0, mouse_y = 0.0;
  GLFWgamepadstate gamepad{};
};

Window::Glfw::Glfw(const mjModel& model, const WindowOptions& options) {
  KENNEL_CHECK(!is_open, "a window is open already; close it before making another");
  glfwSetErrorCallback(note_error);
  KENNEL_CHECK(glfwInit(), "cannot open a window: ", last_error, kWayOut);
  try {
    claim_gl_functions(GlFunctions::kSystem);
    open(options);
    const Current current(window);
    try {
      check_gl_version(reinterpret_cast<void*>(glfwGetProcAddress("glGetString")), "the display");
    } catch (const Error& error) {
      fail("cannot draw in a window: ", error.what(), kWayOut);
    }
    // MuJoCo looks for OpenGL among the global symbols; GLFW keeps its own to itself.
    dlopen("libGL.so.1", RTLD_NOW | RTLD_GLOBAL);
    glfwSwapInterval(1);
    make_renderer(model, options.quality, 1, 1, font_scale(window), renderer);
    mjr_setBuffer(mjFB_WINDOW, &renderer);
  } catch (...) {
    glfwTerminate();
    throw;
  }
  set_callbacks();
  glfwGetCursorPos(window, &mouse_x, &mouse_y);
  gamepad = read_gamepad();
  is_open = true;
}

Window::Glfw::~Glfw() {
  {
    const Current current(window);
    mjr_freeContext(&renderer);
  }
  glfwTerminate();
  is_open = false;
}

void Window::Glfw::open(const WindowOptions& options) {
  glfwWindowHint(GLFW_SAMPLES, options.quality.smooth_edges ? kSamples : 0);
  const auto create = [&options] {
    return glfwCreateWindow(options.width, options.height, options.title.c_str(), nullptr, nullptr);
  };
  window = create();
  if (!window) {  // some displays have no multisampling
    glfwWindowHint(GLFW_SAMPLES, 0);
    window = create();
  }
  KENNEL_CHECK(window, "cannot open a window: ", last_error, kWayOut);
}

void Window::Glfw::set_callbacks() {
  glfwSetWindowUserPointer(window, this);
  glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int) {
    if (action == GLFW_PRESS) press_key(key, of(w).pressed);
  });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double dy) { of(w).wheel += dy; });
}

void Window::Glfw::drag_camera(SceneView& scene) {
  double x = 0.0, y = 0.0;
  int width = 0, height = 0;
  glfwGetCursorPos(window, &x, &y);
  glfwGetWindowSize(window, &width, &height);
  const double dx = (x - std::exchange(mouse_x, x)) / std::max(height, 1);
  const double dy = (y - std::exchange(mouse_y, y)) / std::max(height, 1);
  const auto is_held = [this](int button) {
    return glfwGetMouseButton(window, button) == GLFW_PRESS;
  };
  if (is_held(GLFW_MOUSE_BUTTON_LEFT)) {
    scene.move_camera(mjMOUSE_ROTATE_V, dx, dy);
  } else if (is_held(GLFW_MOUSE_BUTTON_RIGHT)) {
    scene.move_camera(mjMOUSE_MOVE_H, dx, dy);
  }
  scene.move_camera(mjMOUSE_ZOOM, 0.0, -kZoomPerClick * std::exchange(wheel, 0.0));
}

Window::Window(const mjModel& model, const WindowOptions& options)
    : glfw_(std::make_unique<Glfw>(model, options)) {}

Window::~Window() = default;

WindowInput Window::poll(SceneView& scene) {
  glfwPollEvents();
  WindowInput input = std::exchange(glfw_->pressed, {});
  const GLFWgamepadstate gamepad = read_gamepad();
  press_buttons(std::exchange(glfw_->gamepad, gamepad), gamepad, input);
  read_axes([this](int key) { return glfwGetKey(glfw_->window, key) == GLFW_PRESS; }, gamepad,
            input);
  if (glfwWindowShouldClose(glfw_->window)) input.quit = true;
  if (input.camera_home) scene.reset_camera();
  glfw_->drag_camera(scene);
  return input;
}

void Window::draw(SceneView& scene) {
  const mjrRect frame = frame_of(glfw_->window);
  if (frame.width == 0 || frame.height == 0) return;
  const Current current(glfw_->window);
  scene.draw(frame, glfw_->renderer);
  glfwSwapBuffers(glfw_->window);
}

Picture Window::read_pixels(SceneView& scene) {
  const mjrRect frame = frame_of(glfw_->window);
  Picture picture{frame.width, frame.height, {}};
  picture.rgb.resize(static_cast<std::size_t>(frame.width) * frame.height * 3);
  const Current current(glfw_->window);
  scene.draw(frame, glfw_->renderer);  // again: what was shown may be gone
  mjr_readPixels(picture.rgb.data(), nullptr, frame, &glfw_->renderer);
  flip_rows(picture.rgb, picture.width, picture.height);
  return picture;
}

}  // namespace kennel::render
