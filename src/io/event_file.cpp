#include "kennel/io/event_file.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "kennel/core/check.h"

namespace kennel {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[byte] = crc;
  }
  return table;
}

template <class Unsigned>
void append_little_endian(std::string& out, Unsigned value) {
  for (std::size_t k = 0; k < sizeof value; ++k) out += static_cast<char>(value >> (8 * k) & 0xff);
}

/// TFRecord stores checksums rotated and shifted, because a CRC of data that holds its own CRC is
/// weak.
std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

/// The protobuf wire format, as far as these messages need it.
/// https://protobuf.dev/programming-guides/encoding
class Message {
 public:
  void varint(int field, std::uint64_t value) {
    append_varint(static_cast<std::uint64_t>(field) << 3 | 0);
    append_varint(value);
  }
  void fixed64(int field, double value) {
    append_varint(static_cast<std::uint64_t>(field) << 3 | 1);
    append_little_endian(bytes_, std::bit_cast<std::uint64_t>(value));
  }
  void fixed32(int field, float value) {
    append_varint(static_cast<std::uint64_t>(field) << 3 | 5);
    append_little_endian(bytes_, std::bit_cast<std::uint32_t>(value));
  }
  void bytes(int field, std::string_view value) {
    append_varint(static_cast<std::uint64_t>(field) << 3 | 2);
    append_varint(value.size());
    bytes_ += value;
  }
  const std::string& str() const { return bytes_; }

 private:
  void append_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
namespace event_field {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace summary_field {
constexpr int kValue = 1, kTag = 1, kSimpleValue = 2;
}
constexpr int kSessionLogStatus = 1;
constexpr std::uint64_t kSessionStart = 1;

Message new_event() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Message event;
  event.fixed64(event_field::kWallTime, std::chrono::duration<double>(now).count());
  return event;
}

constexpr std::string_view kNameStart = "events.out.tfevents.";

/// The second in an event file's name; -1 for other files.
long long second_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  long long second = -1;
  if (name.starts_with(kNameStart))
    std::from_chars(name.data() + kNameStart.size(), name.data() + name.size(), second);
  return second;
}

/// TensorBoard reads files in the order of their names, which start with the time: later than those
/// that are there, even where the clock went back.
std::filesystem::path file_name(const std::filesystem::path& folder) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  long long micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (const long long second = second_of(entry.path()); second >= micros / 1000000)
      micros = (second + 1) * 1000000;
  char name[96];
  std::snprintf(name, sizeof name, "%s%010lld.%06lld.%d.kennel", kNameStart.data(),
                micros / 1000000, micros % 1000000, static_cast<int>(::getpid()));
  return folder / name;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  }
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t first_step)
    : file_(file_name(folder)) {
  Message version = new_event();
  version.bytes(event_field::kFileVersion, "brain.Event:2");
  write_record(version.str());

  Message session;
  session.varint(kSessionLogStatus, kSessionStart);
  Message start = new_event();
  start.varint(event_field::kStep, static_cast<std::uint64_t>(first_step));
  start.bytes(event_field::kSessionLog, session.str());
  write_record(start.str());
}

void EventFile::write(std::int64_t step, std::span<const Scalar> scalars) {
  Message summary;
  for (const auto& [name, number] : scalars) {
    if (std::isnan(number)) continue;
    Message value;
    value.bytes(summary_field::kTag, name);
    value.fixed32(summary_field::kSimpleValue, static_cast<float>(number));
    summary.bytes(summary_field::kValue, value.str());
  }
  Message event = new_event();
  event.varint(event_field::kStep, static_cast<std::uint64_t>(step));
  event.bytes(event_field::kSummary, summary.str());
  write_record(event.str());
}

void EventFile::write_record(std::string_view payload) {
  std::string record;
  append_little_endian(record, static_cast<std::uint64_t>(payload.size()));
  append_little_endian(record, masked_crc(record));
  record += payload;
  append_little_endian(record, masked_crc(payload));
  file_.append(record);
}

}  // namespace kennel
