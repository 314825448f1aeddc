// NumPy's .npy files: one array of float64 or float32, C order, one or two dimensions.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace kennel {

/// An array as read from a file, row by row. float32 files are widened.
struct NpyArray {
  std::vector<std::size_t> shape;  // (n) or (rows, columns)
  std::vector<double> values;
};

/// In an expected shape: any length.
inline constexpr std::size_t kAnyLength = static_cast<std::size_t>(-1);

/// Reads versions 1 and 2 of the format.
/// \param expected_shape  for instance {kAnyLength, 12}; empty accepts every 1-D and 2-D array
/// \throws Error naming the file, what was expected and what came: another type, Fortran order,
/// another shape, cut short
NpyArray read_npy(const std::filesystem::path& path,
                  const std::vector<std::size_t>& expected_shape = {});

/// Refuses an array with a number that is not finite, or larger than `largest` in size.
/// \throws Error naming the file, the row and the column, counted from 0
void check_numbers(const std::filesystem::path& path, const NpyArray& array, double largest);

/// Writes version 1, in one step (see atomic_file.h).
/// \throws Error when the file cannot be written
void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
               std::span<const double> values);
void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
               std::span<const float> values);

}  // namespace kennel
