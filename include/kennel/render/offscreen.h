// Frames of a scene without a display, for videos and tests.
#pragma once

#include <mujoco/mujoco.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kennel/render/gl_context.h"
#include "kennel/render/renderer.h"
#include "kennel/render/scene.h"

namespace kennel::render {

/// Which OpenGL draws; `kAny` tries them in this order.
enum class Backend { kAny, kEgl, kOsmesa };

struct OffscreenOptions {
  int width = 640;   // pixels
  int height = 480;  // pixels
  Quality quality = {};
  Backend backend = Backend::kAny;
};

/// Draws scenes into memory. Belongs to the thread that made it. MuJoCo's renderer is bound to one
/// OpenGL library for a process's life: after a frame through OSMesa, EGL and windows are refused,
/// and the other way round.
class Offscreen {
 public:
  /// \param model  what will be drawn; its meshes and textures are copied now
  /// \throws Error when no backend works, with each one's reason and what to install, or when
  /// OpenGL cannot draw frames of this size
  explicit Offscreen(const mjModel& model, const OffscreenOptions& options = {});
  ~Offscreen();
  Offscreen(const Offscreen&) = delete;
  Offscreen& operator=(const Offscreen&) = delete;

  /// Draws the scene as it was last updated.
  /// \return (height, width, 3), the top row first; valid until the next call
  std::span<const unsigned char> render(SceneView& scene);

  int width() const { return options_.width; }
  int height() const { return options_.height; }

  /// What draws, for a log: "EGL device 0, llvmpipe (LLVM 15.0.6, 256 bits)".
  const std::string& description() const { return description_; }

 private:
  void check_size();

  OffscreenOptions options_;
  std::unique_ptr<GlContext> context_;
  std::string description_;
  mjrContext renderer_;
  std::vector<unsigned char> rgb_;
};

/// Turns a frame upside down: OpenGL's first row is the lowest, a picture's the highest.
/// \param rgb  (height, width, 3)
void flip_rows(std::span<unsigned char> rgb, int width, int height);

}  // namespace kennel::render
