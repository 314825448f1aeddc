// What this program was built from.
#pragma once

namespace kennel {

struct BuildInfo {
  const char* version;
  const char* commit;      // "unknown" outside a git checkout
  const char* compiler;    // name and version
  const char* flags;       // what decides the code: build type and -m flags
  const char* cuda_archs;  // "" without the CUDA backend
};

const BuildInfo& build_info();

}  // namespace kennel
