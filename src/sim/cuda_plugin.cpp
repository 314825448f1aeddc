#include "src/sim/cuda_plugin.h"

#include <dlfcn.h>

#include "kennel/core/check.h"

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

std::unique_ptr<VecEnv> make_cuda_env(const pupper::Task& task, const EnvOptions& options) {
  KENNEL_CHECK(cuda_device_present(), "device ", options.device,
               ": no CUDA device or driver on this machine; use --device cpu, or install NVIDIA's driver");
  void* plugin = dlopen("libkennel_cuda.so", RTLD_NOW | RTLD_LOCAL);
  if (!plugin) {
    const char* why = dlerror();
    fail("device ", options.device, ": this build has no CUDA backend (", why ? why : "not found",
         "); build it with: KENNEL_CUDA=ON ./kennel build --all");
  }
  const auto make = reinterpret_cast<decltype(&kennel_make_cuda_env)>(dlsym(plugin, kCudaEntryPoint));
  KENNEL_CHECK(make, "libkennel_cuda.so has no ", kCudaEntryPoint, "; it belongs to another build: run ./kennel build --all");
  return std::unique_ptr<VecEnv>(make(&task, &options));
}

}  // namespace kennel
