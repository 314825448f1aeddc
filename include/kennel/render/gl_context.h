// OpenGL without a display: the one thing that Offscreen needs from the machine.
#pragma once

#include <memory>
#include <string>

namespace kennel::render {

/// An OpenGL context without a window. Of the thread that made it: calls belong on that thread.
class GlContext {
 public:
  virtual ~GlContext() = default;

  /// Directs the thread's OpenGL calls here.
  /// \throws Error when the driver refuses
  virtual void make_current() = 0;

  /// The thread has no context afterwards. EGL and a window's GLX refuse to take a thread over from
  /// each other, so whoever has drawn lets go.
  virtual void release() = 0;

  /// An OpenGL function by name, null when there is none.
  virtual void* function(const char* name) = 0;

  /// Where it comes from: "EGL device 0", "OSMesa".
  virtual std::string origin() const = 0;
};

/// A context on a GPU, or Mesa's on the CPU, through libEGL.so.1, which is loaded now.
/// \throws Error with the reason, ready to follow "EGL: "
std::unique_ptr<GlContext> open_egl();

/// A context on the CPU through libOSMesa, which is loaded now.
/// \throws Error as above
std::unique_ptr<GlContext> open_osmesa();

/// Whose functions MuJoCo's renderer calls. It looks them up once in a process.
enum class GlFunctions {
  kSystem,  // EGL's and a window's: both end in the same dispatch library
  kOsmesa
};

/// Notes the process's choice; to be called before mjr_makeContext.
/// \throws Error when the other kind is in use already
void claim_gl_functions(GlFunctions wanted);

/// Checks that MuJoCo's renderer can work with the current context; it would end the process.
/// \param get_string  the context's glGetString
/// \param origin      named in the message
/// \return the renderer's own name, "llvmpipe (LLVM 15.0.6, 256 bits)"
/// \throws Error with the version found
std::string check_gl_version(void* get_string, const std::string& origin);

}  // namespace kennel::render
