#include "kennel/render/offscreen.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel::render {
namespace {

constexpr unsigned kMaxRenderbufferSize = 0x84E8;  // GL_MAX_RENDERBUFFER_SIZE

/// The thread's OpenGL calls go to a context while this lives.
class Current {
 public:
  explicit Current(GlContext& context) : context_(context) { context_.make_current(); }
  ~Current() { context_.release(); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  GlContext& context_;
};

std::unique_ptr<GlContext> open_context(Backend backend) {
  struct Way {
    Backend backend;
    GlFunctions functions;
    const char* name;
    std::unique_ptr<GlContext> (*open)();
  };
  constexpr Way kWays[] = {{Backend::kEgl, GlFunctions::kSystem, "EGL", open_egl},
                           {Backend::kOsmesa, GlFunctions::kOsmesa, "OSMesa", open_osmesa}};
  std::string reasons;
  for (const Way& way : kWays) {
    if (backend != Backend::kAny && backend != way.backend) continue;
    try {
      auto context = way.open();
      claim_gl_functions(way.functions);
      return context;
    } catch (const Error& error) {
      reasons += text(reasons.empty() ? "" : "; ", way.name, ": ", error.what());
    }
  }
  fail("cannot draw without a display (", reasons,
       "); install a graphics driver's EGL, or Mesa's (Debian: apt-get install libegl1 "
       "libgl1-mesa-dri, or libosmesa6)");
}

}  // namespace

void flip_rows(std::span<unsigned char> rgb, int width, int height) {
  const std::size_t row = static_cast<std::size_t>(width) * 3;
  for (int top = 0; top < height / 2; ++top) {
    unsigned char* upper = rgb.data() + row * top;
    std::swap_ranges(upper, upper + row, rgb.data() + row * (height - 1 - top));
  }
}

Offscreen::Offscreen(const mjModel& model, const OffscreenOptions& options) : options_(options) {
  KENNEL_CHECK(options.width > 0 && options.height > 0,
               "a frame needs a width and a height of at least 1; got ", options.width, " x ",
               options.height);
  context_ = open_context(options.backend);
  const Current current(*context_);
  description_ = text(context_->origin(), ", ",
                      check_gl_version(context_->function("glGetString"), context_->origin()));
  check_size();
  make_renderer(model, options.quality, options.width, options.height, mjFONTSCALE_100, renderer_);
  rgb_.resize(static_cast<std::size_t>(options.width) * options.height * 3);
}

// MuJoCo would end the process where OpenGL refuses a framebuffer.
void Offscreen::check_size() {
  const auto get_integer =
      reinterpret_cast<void (*)(unsigned, int*)>(context_->function("glGetIntegerv"));
  int largest = 0;
  get_integer(kMaxRenderbufferSize, &largest);
  KENNEL_CHECK(options_.width <= largest && options_.height <= largest, "frames of ",
               options_.width, " x ", options_.height, " are too large for ", description_,
               "; it draws up to ", largest, " x ", largest);
}

Offscreen::~Offscreen() {
  try {
    const Current current(*context_);
    mjr_freeContext(&renderer_);
  } catch (const Error&) {
    // The thread is another context's; the driver frees ours with the process.
  }
}

std::span<const unsigned char> Offscreen::render(SceneView& scene) {
  const Current current(*context_);
  const mjrRect frame{0, 0, options_.width, options_.height};
  mjr_setBuffer(mjFB_OFFSCREEN, &renderer_);
  scene.draw(frame, renderer_);
  mjr_readPixels(rgb_.data(), nullptr, frame, &renderer_);
  flip_rows(rgb_, options_.width, options_.height);
  return rgb_;
}

}  // namespace kennel::render
