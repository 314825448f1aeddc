#include "device.h"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// The CUDA backend is a library of its own, beside the program.
bool has_cuda_backend() {
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return std::filesystem::exists(program.parent_path() / "libkennel_cuda.so", ignored);
}

/// The CUDA driver's library, which is there exactly where a driver is installed.
class Driver {
 public:
  Driver() : handle_(::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL)) {}
  ~Driver() {
    if (handle_ != nullptr) ::dlclose(handle_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  bool found() const { return handle_ != nullptr; }

  /// Calls a driver function; false when it is missing or reports an error.
  template <class... Args>
  bool call(const char* name, Args... args) const {
    const auto function = reinterpret_cast<int (*)(Args...)>(::dlsym(handle_, name));
    return function != nullptr && function(args...) == 0;
  }

 private:
  void* handle_;
};

}  // namespace

const char* name_of(Device device) { return device == Device::kCuda ? "cuda" : "cpu"; }

GpuStatus find_gpu() {
  const Driver driver;
  if (!driver.found()) return {"", "no NVIDIA driver is installed (libcuda.so.1 is missing)"};
  if (!driver.call("cuInit", 0u)) return {"", "the NVIDIA driver finds no device"};
  int count = 0;
  if (!driver.call("cuDeviceGetCount", &count) || count == 0) {
    return {"", "the NVIDIA driver finds no device"};
  }
  char name[256] = "";
  if (!driver.call("cuDeviceGetName", name, static_cast<int>(sizeof name), 0)) {
    return {"", "the NVIDIA driver does not answer"};
  }
  if (!has_cuda_backend()) {
    return {"", text(name, " is there, but this build has no CUDA backend; ./kennel build --all")};
  }
  return {name, ""};
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown CPU";
}

int simd_bits() {
#if defined(__AVX512F__)
  return 512;
#elif defined(__AVX__)
  return 256;
#else
  return 128;  // SSE2 and NEON
#endif
}

int num_usable_cores() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Device choose_device(const std::string& choice) {
  if (choice == "cpu") return Device::kCpu;
  const GpuStatus gpu = find_gpu();
  if (choice == "auto") return gpu.name.empty() ? Device::kCpu : Device::kCuda;
  KENNEL_CHECK(choice == "cuda", "expected a device cpu, cuda or auto, came '", choice, "'");
  KENNEL_CHECK(!gpu.name.empty(), "--device cuda needs a GPU: ", gpu.why_not, "; try --device cpu");
  return Device::kCuda;
}

}  // namespace kennel
