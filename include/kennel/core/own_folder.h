// Where the code that asks is loaded from.
#pragma once

#include <dlfcn.h>
#include <link.h>

#include <filesystem>

namespace kennel {

/// The folder of the program or shared library that this was compiled into, so that what lies
/// beside it is found whoever loaded it; empty where the system does not say.
static inline std::filesystem::path own_folder() {
  static const char here = 0;  // internal, or the linker would unite it with other copies
  Dl_info info{};
  link_map* loaded = nullptr;
  if (!::dladdr1(&here, &info, reinterpret_cast<void**>(&loaded), RTLD_DL_LINKMAP) || !loaded)
    return {};
  std::error_code ignored;
  // The program itself has no name here: what it was started as can be a bare word.
  const std::filesystem::path file = *loaded->l_name
                                         ? std::filesystem::canonical(loaded->l_name, ignored)
                                         : std::filesystem::read_symlink("/proc/self/exe", ignored);
  return file.parent_path();
}

}  // namespace kennel
