// MuJoCo's renderer for a model, in the quality that a picture is worth.
#pragma once

#include <mujoco/mujoco.h>

namespace kennel::render {

/// What a frame may cost. The times are two CPU cores' without a GPU at 640 x 480.
struct Quality {
  bool smooth_edges = false;  // multisampled as the model asks; 30 ms a frame, not 13
  bool coarse_geoms = false;  // 12-sided cylinders, for many small robots: 64 in 32 ms, not 98
};

/// Makes the renderer in the current OpenGL context; mjr_freeContext ends it.
/// \param offscreen_width, offscreen_height  of its own framebuffer, pixels
void make_renderer(const mjModel& model, const Quality& quality, int offscreen_width,
                   int offscreen_height, mjtFontScale font, mjrContext& renderer);

}  // namespace kennel::render
