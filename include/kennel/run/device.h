// Which device a command runs on, found out without loading CUDA's libraries into the program.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace kennel {

/// The CPU, or a GPU by its number.
struct Device {
  bool cuda = false;
  int index = 0;
};

/// "cpu", or "cuda:0".
std::string name_of(const Device& device);

/// That of one device, or "2 GPUs".
std::string name_of(const std::vector<Device>& devices);

/// What this machine has and this program can use.
struct GpuStatus {
  std::string name;     // "NVIDIA H200"; empty when no GPU can be used
  std::string why_not;  // the reason, when `name` is empty
};

/// Asks for one of the GPUs, numbered from 0.
GpuStatus find_gpu(int index = 0);

/// The CPU's model name.
std::string cpu_name();

/// The number in "cuda:N", 0 for "cuda"; nothing for other text.
std::optional<int> gpu_number(const std::string& choice);

/// Turns `--device` into a device: auto takes the GPU where one can be used.
/// \param choice  "cpu", "cuda", "cuda:" and a number, or "auto"
/// \throws Error when "cuda" is asked for and cannot be had, with the reason
Device choose_device(const std::string& choice);

/// Turns `--gpus` into devices, the first ones.
/// \param choice  a number, or "all"
/// \throws Error when there are not so many, with the reason
std::vector<Device> choose_gpus(const std::string& choice);

}  // namespace kennel
