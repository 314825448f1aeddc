#include "kennel/run/device.h"

#include <dlfcn.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "kennel/core/check.h"
#include "kennel/core/own_folder.h"

namespace kennel {
namespace {

/// The CUDA backend is a library of its own, beside this code.
bool has_cuda_backend() {
  std::error_code ignored;
  return std::filesystem::exists(own_folder() / "libkennel_cuda.so", ignored);
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

std::optional<int> gpu_number(const std::string& choice) {
  if (choice == "cuda") return 0;
  if (!choice.starts_with("cuda:")) return std::nullopt;
  int index = -1;
  const char *first = choice.data() + 5, *last = choice.data() + choice.size();
  const auto [end, error] = std::from_chars(first, last, index);
  if (error != std::errc() || end != last || index < 0) return std::nullopt;
  return index;
}

std::string name_of(const Device& device) {
  return device.cuda ? text("cuda:", device.index) : "cpu";
}

std::string name_of(const std::vector<Device>& devices) {
  return devices.size() == 1 ? name_of(devices.front()) : text(devices.size(), " GPUs");
}

GpuStatus find_gpu(int index) {
  const Driver driver;
  if (!driver.found()) return {"", "no NVIDIA driver is installed (libcuda.so.1 is missing)"};
  if (!driver.call("cuInit", 0u)) return {"", "the NVIDIA driver finds no device"};
  int count = 0;
  if (!driver.call("cuDeviceGetCount", &count) || count == 0) {
    return {"", "the NVIDIA driver finds no device"};
  }
  if (index >= count) {
    return {"", text("this machine has ", count, " GPU(s), numbered from 0; came ", index)};
  }
  char name[256] = "";
  if (!driver.call("cuDeviceGetName", name, static_cast<int>(sizeof name), index)) {
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

Device choose_device(const std::string& choice) {
  if (choice == "cpu") return {};
  if (choice == "auto") return {.cuda = !find_gpu().name.empty()};
  const std::optional<int> index = gpu_number(choice);
  KENNEL_CHECK(index, "expected a device cpu, cuda, cuda:N or auto, came '", choice, "'");
  const GpuStatus gpu = find_gpu(*index);
  KENNEL_CHECK(!gpu.name.empty(), "--device ", choice, " needs a GPU: ", gpu.why_not,
               "; try --device cpu");
  return {true, *index};
}

std::vector<Device> choose_gpus(const std::string& choice) {
  std::vector<Device> devices;
  for (int index = 0; !find_gpu(index).name.empty(); ++index) devices.push_back({true, index});
  KENNEL_CHECK(!devices.empty(), "--gpus needs a GPU: ", find_gpu().why_not,
               "; leave it out to use the CPU");
  if (choice == "all") return devices;
  std::size_t wanted = 0;
  const char* last = choice.data() + choice.size();
  const auto [end, error] = std::from_chars(choice.data(), last, wanted);
  KENNEL_CHECK(error == std::errc() && end == last && wanted >= 1 && wanted <= devices.size(),
               "--gpus expects \"all\" or a number from 1 to ", devices.size(), ", came ", choice);
  devices.resize(wanted);
  return devices;
}

}  // namespace kennel
