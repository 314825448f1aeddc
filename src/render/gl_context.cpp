#include "kennel/render/gl_context.h"

#include <cstdlib>
#include <optional>

#include "kennel/core/check.h"

namespace kennel::render {
namespace {

using GetString = const unsigned char* (*)(unsigned name);
constexpr unsigned kRendererName = 0x1F01;  // GL_RENDERER
constexpr unsigned kVersion = 0x1F02;       // GL_VERSION
constexpr int kOldestMajor = 3;             // framebuffer objects are part of it

}  // namespace

void claim_gl_functions(GlFunctions wanted) {
  static std::optional<GlFunctions> in_use;
  KENNEL_CHECK(in_use.value_or(wanted) == wanted, "MuJoCo's renderer uses ",
               in_use == GlFunctions::kOsmesa ? "OSMesa" : "EGL",
               " in this process already and cannot change; start another process");
  in_use = wanted;
}

std::string check_gl_version(void* get_string, const std::string& origin) {
  const auto get = reinterpret_cast<GetString>(get_string);
  KENNEL_CHECK(get, origin, " has no OpenGL functions; install the machine's graphics driver");
  const auto* version = reinterpret_cast<const char*>(get(kVersion));
  const auto* renderer = reinterpret_cast<const char*>(get(kRendererName));
  KENNEL_CHECK(version && renderer, origin, " has no working OpenGL; its driver may be missing");
  KENNEL_CHECK(std::atoi(version) >= kOldestMajor, origin, " (", renderer, ") has OpenGL ", version,
               "; MuJoCo's renderer needs ", kOldestMajor, ".0");
  return renderer;
}

}  // namespace kennel::render
