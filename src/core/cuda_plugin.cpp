#include "kennel/core/cuda_plugin.h"

#include <dlfcn.h>

#include "kennel/core/check.h"
#include "kennel/core/own_folder.h"

namespace kennel {

bool cuda_device_present() {
  // The driver's own library, so that asking costs nothing where there is none.
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!driver) return false;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  return init && count_devices && init(0) == 0 && count_devices(&count) == 0 && count > 0;
}

void* cuda_entry_point(const char* name, const std::string& device) {
  KENNEL_CHECK(
      cuda_device_present(), "device ", device,
      ": no CUDA device or driver on this machine; use --device cpu, or install NVIDIA's driver");
  // Beside this code, whoever runs it: build/bin holds the program and the plugin. LibTorch must
  // not be asked about CUDA before this (see usable_device in cuda_env.cpp, which checks it).
  void* plugin = dlopen((own_folder() / "libkennel_cuda.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!plugin) {
    const char* why = dlerror();
    fail("device ", device, ": this build has no CUDA backend (", why ? why : "not found",
         "); build it with: KENNEL_CUDA=ON ./kennel build --all");
  }
  void* entry = dlsym(plugin, name);
  KENNEL_CHECK(entry, "libkennel_cuda.so has no ", name,
               "; it belongs to another build: run ./kennel build --all");
  return entry;
}

}  // namespace kennel
