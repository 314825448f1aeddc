// TensorBoard's event files: scalars that TensorBoard shows while training runs.
//
// The file is a TFRecord stream (length, masked CRC-32C of the length, payload, masked CRC-32C of
// the payload), each payload a protobuf message `tensorflow.Event`. Four message types with scalar
// fields are all it takes, so the wire format is written directly and no protobuf library is
// needed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kennel/io/append_file.h"

namespace kennel {

/// A scalar's name and value; names with slashes become TensorBoard's groups.
using Scalar = std::pair<std::string, double>;

class EventFile {
 public:
  /// Starts a new file `events.out.tfevents...` in `folder`.
  /// \param first_step  TensorBoard drops what older files of the folder hold from this step on
  EventFile(const std::filesystem::path& folder, std::int64_t first_step);

  /// Appends one event with all scalars.
  /// \throws Error when the disk is full
  void write(std::int64_t step, std::span<const Scalar> scalars);

 private:
  void write_record(std::string_view payload);
  AppendFile file_;
};

/// CRC-32C (Castagnoli), the checksum of TFRecord.
/// \param bytes  "123456789" gives 0xe3069283
std::uint32_t crc32c(std::string_view bytes);

}  // namespace kennel
