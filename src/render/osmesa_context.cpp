// OpenGL on the CPU through OSMesa, loaded at run time like EGL.
#include <dlfcn.h>

#include <array>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/render/gl_context.h"

namespace kennel::render {
namespace {

// The part of GL/osmesa.h that is used here.
using Context = void*;
constexpr unsigned kRgba = 0x1908;          // OSMESA_RGBA
constexpr unsigned kUnsignedByte = 0x1401;  // GL_UNSIGNED_BYTE
constexpr int kDepthBits = 24;
constexpr int kStencilBits = 8;
// OSMesa wants memory for a window's picture. MuJoCo draws into its own framebuffer, so a small one
// does.
constexpr int kWindowSize = 16;
constexpr std::array kLibraries = {"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"};

class OsmesaContext : public GlContext {
 public:
  explicit OsmesaContext(void* library) : window_(kWindowSize * kWindowSize * 4) {
    find(library, create_, "OSMesaCreateContextExt");
    find(library, destroy_, "OSMesaDestroyContext");
    find(library, make_current_, "OSMesaMakeCurrent");
    find(library, function_, "OSMesaGetProcAddress");
    context_ = create_(kRgba, kDepthBits, kStencilBits, 0, nullptr);
    KENNEL_CHECK(context_, "makes no OpenGL context");
  }

  ~OsmesaContext() override {
    release();
    destroy_(context_);
  }

  void make_current() override {
    KENNEL_CHECK(make_current_(context_, window_.data(), kUnsignedByte, kWindowSize, kWindowSize),
                 "OSMesa cannot be made the thread's context");
  }

  void release() override { make_current_(nullptr, nullptr, kUnsignedByte, 0, 0); }

  void* function(const char* name) override { return function_(name); }

  std::string origin() const override { return "OSMesa"; }

 private:
  template <class Function>
  static void find(void* library, Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    KENNEL_CHECK(function, "its library has no ", name, "; it is too old or broken");
  }

  Context (*create_)(unsigned, int, int, int, Context) = nullptr;
  void (*destroy_)(Context) = nullptr;
  unsigned char (*make_current_)(Context, void*, unsigned, int, int) = nullptr;
  void* (*function_)(const char*) = nullptr;
  Context context_ = nullptr;
  std::vector<unsigned char> window_;
};

}  // namespace

std::unique_ptr<GlContext> open_osmesa() {
  std::string reason;
  for (const char* name : kLibraries) {
    // Global, because MuJoCo looks for OSMesaGetProcAddress among the global symbols.
    void* library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
      if (reason.empty()) reason = dlerror();
      continue;
    }
    auto context = std::make_unique<OsmesaContext>(library);
    context->make_current();
    check_gl_version(context->function("glGetString"), context->origin());
    context->release();
    return context;
  }
  fail(reason);
}

}  // namespace kennel::render
