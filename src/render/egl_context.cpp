// OpenGL through EGL, loaded at run time: a machine without it can still do everything else.
#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/render/gl_context.h"

namespace kennel::render {
namespace {

// The part of EGL/egl.h and EGL/eglext.h that is used here, so that building needs no EGL either.
using Display = void*;
using Device = void*;
using Config = void*;
using Context = void*;
using Surface = void*;
using Int = std::int32_t;
using Boolean = unsigned;
constexpr Int kSurfaceType = 0x3033, kPbufferBit = 0x0001;
constexpr Int kRenderableType = 0x3040, kOpenglBit = 0x0008;
constexpr Int kRed = 0x3024, kGreen = 0x3023, kBlue = 0x3022, kNone = 0x3038;
constexpr Int kExtensions = 0x3055;
constexpr unsigned kOpenglApi = 0x30A2;
constexpr unsigned kPlatformDevice = 0x313F, kPlatformSurfaceless = 0x31DD;
constexpr int kMaxDevices = 32;

struct Egl {
  void* library = nullptr;
  void* (*eglGetProcAddress)(const char*) = nullptr;
  Int (*eglGetError)() = nullptr;
  const char* (*eglQueryString)(Display, Int) = nullptr;
  Boolean (*eglInitialize)(Display, Int*, Int*) = nullptr;
  Boolean (*eglChooseConfig)(Display, const Int*, Config*, Int, Int*) = nullptr;
  Boolean (*eglBindAPI)(unsigned) = nullptr;
  Context (*eglCreateContext)(Display, Config, Context, const Int*) = nullptr;
  Boolean (*eglDestroyContext)(Display, Context) = nullptr;
  Boolean (*eglMakeCurrent)(Display, Surface, Surface, Context) = nullptr;
  Boolean (*eglQueryDevicesEXT)(Int, Device*, Int*) = nullptr;                 // may be missing
  Display (*eglGetPlatformDisplayEXT)(unsigned, void*, const Int*) = nullptr;  // may be missing
};

template <class Function>
void find(const Egl& egl, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(egl.library, name));
  KENNEL_CHECK(function, "libEGL.so.1 has no ", name, "; it is too old or broken");
}

Egl load_egl() {
  Egl egl;
  egl.library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
  KENNEL_CHECK(egl.library, dlerror());
  find(egl, egl.eglGetProcAddress, "eglGetProcAddress");
  find(egl, egl.eglGetError, "eglGetError");
  find(egl, egl.eglQueryString, "eglQueryString");
  find(egl, egl.eglInitialize, "eglInitialize");
  find(egl, egl.eglChooseConfig, "eglChooseConfig");
  find(egl, egl.eglBindAPI, "eglBindAPI");
  find(egl, egl.eglCreateContext, "eglCreateContext");
  find(egl, egl.eglDestroyContext, "eglDestroyContext");
  find(egl, egl.eglMakeCurrent, "eglMakeCurrent");
  const auto extension = [&egl](auto& function, const char* name) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(egl.eglGetProcAddress(name));
  };
  extension(egl.eglQueryDevicesEXT, "eglQueryDevicesEXT");
  extension(egl.eglGetPlatformDisplayEXT, "eglGetPlatformDisplayEXT");
  return egl;
}

class EglContext : public GlContext {
 public:
  EglContext(const Egl& egl, Display display, std::string origin)
      : egl_(egl), display_(display), origin_(std::move(origin)) {
    KENNEL_CHECK(egl_.eglInitialize(display_, nullptr, nullptr), "cannot be initialised, ",
                 error());
    const char* extensions = egl_.eglQueryString(display_, kExtensions);
    KENNEL_CHECK(extensions && std::strstr(extensions, "EGL_KHR_surfaceless_context"),
                 "cannot draw without a window (no EGL_KHR_surfaceless_context)");
    const std::array<Int, 11> wanted = {kSurfaceType,    kPbufferBit, kRed, 8, kGreen, 8, kBlue, 8,
                                        kRenderableType, kOpenglBit,  kNone};
    Config config = nullptr;
    Int found = 0;
    KENNEL_CHECK(egl_.eglChooseConfig(display_, wanted.data(), &config, 1, &found) && found == 1,
                 "has no 8-bit RGB format for OpenGL");
    KENNEL_CHECK(egl_.eglBindAPI(kOpenglApi), "has no desktop OpenGL, ", error());
    context_ = egl_.eglCreateContext(display_, config, nullptr, nullptr);
    KENNEL_CHECK(context_, "makes no OpenGL context, ", error());
  }

  // The display stays initialised: another context of the process may use it.
  ~EglContext() override {
    release();
    egl_.eglDestroyContext(display_, context_);
  }

  void make_current() override {
    // Each thread starts with OpenGL ES as its API.
    KENNEL_CHECK(
        egl_.eglBindAPI(kOpenglApi) && egl_.eglMakeCurrent(display_, nullptr, nullptr, context_),
        origin_, " cannot be made the thread's context, ", error(),
        "; another thread or a window may hold it");
  }

  void release() override { egl_.eglMakeCurrent(display_, nullptr, nullptr, nullptr); }

  void* function(const char* name) override { return egl_.eglGetProcAddress(name); }

  std::string origin() const override { return origin_; }

 private:
  std::string error() const { return text("EGL error 0x", std::hex, egl_.eglGetError()); }

  Egl egl_;
  Display display_;
  Context context_ = nullptr;
  std::string origin_;
};

struct Candidate {
  unsigned platform;
  Device device;
  std::string origin;
};

// GPUs in the driver's order, then Mesa's software renderer, which needs no device.
std::vector<Candidate> candidates(const Egl& egl) {
  std::vector<Candidate> result;
  if (egl.eglQueryDevicesEXT) {
    std::array<Device, kMaxDevices> devices{};
    Int count = 0;
    if (!egl.eglQueryDevicesEXT(kMaxDevices, devices.data(), &count)) count = 0;
    for (int device = 0; device < count; ++device)
      result.push_back({kPlatformDevice, devices[device], text("EGL device ", device)});
  }
  result.push_back({kPlatformSurfaceless, nullptr, "EGL surfaceless"});
  return result;
}

std::unique_ptr<GlContext> open_candidate(const Egl& egl, const Candidate& candidate) {
  const Display display =
      egl.eglGetPlatformDisplayEXT(candidate.platform, candidate.device, nullptr);
  KENNEL_CHECK(display, "is not offered");
  auto context = std::make_unique<EglContext>(egl, display, candidate.origin);
  context->make_current();
  check_gl_version(context->function("glGetString"), candidate.origin);
  context->release();
  return context;
}

}  // namespace

std::unique_ptr<GlContext> open_egl() {
  const Egl egl = load_egl();
  KENNEL_CHECK(egl.eglGetPlatformDisplayEXT,
               "libEGL.so.1 cannot open displays by platform (no EGL_EXT_platform_base)");
  std::string reasons;
  for (const Candidate& candidate : candidates(egl)) {
    try {
      auto context = open_candidate(egl, candidate);
      // MuJoCo looks for eglGetProcAddress among the global symbols; only now that EGL works may it
      // find it, or OSMesa would get EGL's functions.
      dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
      return context;
    } catch (const Error& error) {
      reasons += text(reasons.empty() ? "" : ", ", candidate.origin, " ", error.what());
    }
  }
  fail(reasons);
}

}  // namespace kennel::render
