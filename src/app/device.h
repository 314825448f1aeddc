// Which device a command runs on, found out without loading CUDA's libraries into the program.
#pragma once

#include <string>

namespace kennel {

enum class Device { kCpu, kCuda };

const char* name_of(Device device);

/// What this machine has and this program can use.
struct GpuStatus {
  std::string name;     // "NVIDIA H200"; empty when no GPU can be used
  std::string why_not;  // the reason, when `name` is empty
};

GpuStatus find_gpu();

/// The CPU's model name, and the width of the vectors that this build uses, in bits.
std::string cpu_name();
int simd_bits();

/// How many threads this process may run at once.
int num_usable_cores();

/// Turns `--device` into a device: auto takes the GPU where one can be used.
/// \param choice  "cpu", "cuda" or "auto"
/// \throws Error when "cuda" is asked for and cannot be had, with the reason
Device choose_device(const std::string& choice);

}  // namespace kennel
