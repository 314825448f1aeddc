#include "kennel/io/npy.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

static_assert(std::endian::native == std::endian::little, "NPY data is copied as it lies");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr const char* kHowToSave =
    "; save it with numpy.save(path, numpy.ascontiguousarray(a, dtype=numpy.float64))";

struct Header {
  std::string dtype;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string out;
  for (const std::size_t length : shape) {
    out += (out.empty() ? "" : ", ") + (length == kAnyLength ? "n" : std::to_string(length));
  }
  return shape.size() == 1 ? "(" + out + ",)" : "(" + out + ")";
}

/// Reads the header's Python dictionary, {'descr': '<f8', 'fortran_order': False, 'shape': (3, 12),
/// }.
class HeaderParser {
 public:
  HeaderParser(const std::filesystem::path& path, std::string_view dictionary)
      : path_(path), dictionary_(dictionary) {}

  Header parse() const {
    Header header;
    const std::string_view dtype = value_of("'descr'");
    const std::size_t end = dtype.find('\'', 1);
    if (!dtype.starts_with('\'') || end == std::string_view::npos) {
      fail(path_.string(), ": expected a .npy file of float64 or float32, came type ",
           dtype.substr(0, dtype.find('\n')), kHowToSave);
    }
    header.dtype = dtype.substr(1, end - 1);
    const std::string_view order = value_of("'fortran_order'");
    header.fortran_order = order.starts_with("True");
    if (!header.fortran_order && !order.starts_with("False")) broken();
    header.shape = parse_shape(value_of("'shape'"));
    return header;
  }

 private:
  [[noreturn]] void broken() const {
    fail(path_.string(), ": expected a .npy file, came one with a broken header", kHowToSave);
  }

  std::string_view value_of(std::string_view key) const {
    const std::size_t at = dictionary_.find(key);
    if (at == std::string_view::npos) broken();
    const std::size_t colon = dictionary_.find(':', at + key.size());
    if (colon == std::string_view::npos) broken();
    const std::size_t value = dictionary_.find_first_not_of(" \t", colon + 1);
    if (value == std::string_view::npos) broken();
    return dictionary_.substr(value);
  }

  std::vector<std::size_t> parse_shape(std::string_view tuple) const {
    const std::size_t end = tuple.find(')');
    if (!tuple.starts_with('(') || end == std::string_view::npos) broken();
    std::vector<std::size_t> shape;
    for (std::size_t at = 1; at < end;) {
      if (tuple[at] == ' ' || tuple[at] == ',') {
        ++at;
        continue;
      }
      std::size_t length = 0;
      const auto [rest, error] = std::from_chars(tuple.data() + at, tuple.data() + end, length);
      if (error != std::errc{}) broken();
      shape.push_back(length);
      at = static_cast<std::size_t>(rest - tuple.data());
    }
    return shape;
  }

  const std::filesystem::path& path_;
  std::string_view dictionary_;
};

/// Splits a file into its header dictionary and its data.
struct Parts {
  std::string_view dictionary;
  std::string_view data;
};

Parts split(const std::filesystem::path& path, std::string_view bytes) {
  KENNEL_CHECK(bytes.size() >= 10 && bytes.starts_with(kMagic), path.string(),
               ": expected a .npy file, came something else (it does not start with \\x93NUMPY)",
               kHowToSave);
  const int version = bytes[6];
  KENNEL_CHECK(version == 1 || version == 2, path.string(),
               ": expected version 1 or 2 of the .npy format, came version ", version, kHowToSave);
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t start = 8 + length_bytes;
  std::size_t length = 0;
  for (std::size_t k = 0; k < length_bytes && 8 + k < bytes.size(); ++k) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[8 + k])) << (8 * k);
  }
  KENNEL_CHECK(start <= bytes.size() && length <= bytes.size() - start, path.string(),
               ": the file is cut short within its header; copy or write it again");
  return {bytes.substr(start, length), bytes.substr(start + length)};
}

void check_shape(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
                 const std::vector<std::size_t>& expected) {
  bool fits =
      expected.empty() ? shape.size() == 1 || shape.size() == 2 : shape.size() == expected.size();
  for (std::size_t axis = 0; fits && axis < expected.size(); ++axis) {
    fits = expected[axis] == kAnyLength || expected[axis] == shape[axis];
  }
  KENNEL_CHECK(fits, path.string(), ": expected an array of shape ",
               expected.empty() ? "(n,) or (n, m)" : shape_text(expected), ", came ",
               shape_text(shape));
}

/// How many numbers a shape holds; the lengths come from a file, so they may be absurd.
std::size_t count_of(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
                     std::size_t available) {
  std::size_t count = 1;
  for (const std::size_t length : shape) {
    if (__builtin_mul_overflow(count, length, &count)) {
      fail(path.string(), ": the header promises an array of shape ", shape_text(shape),
           ", the file holds ", available, " numbers; copy or write it again");
    }
  }
  return count;
}

template <class Number>
std::vector<double> widen(std::string_view data, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t k = 0; k < count; ++k) {
    Number number;
    std::memcpy(&number, data.data() + k * sizeof number, sizeof number);
    values[k] = static_cast<double>(number);
  }
  return values;
}

template <class Number>
void write(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
           std::span<const Number> values) {
  KENNEL_CHECK(count_of(path, shape, values.size()) == values.size(), path.string(), ": ",
               values.size(), " numbers do not fill the shape ", shape_text(shape));
  std::string dictionary = text("{'descr': '<f", sizeof(Number),
                                "', 'fortran_order': False, 'shape': ", shape_text(shape), ", }");
  constexpr std::size_t kPreamble = 10;  // magic, version, header length
  constexpr std::size_t kAlignment = 64;
  const std::size_t used = kPreamble + dictionary.size() + 1;
  dictionary.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  dictionary += '\n';

  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  bytes += dictionary;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  write_file_atomically(path, bytes);
}

}  // namespace

NpyArray read_npy(const std::filesystem::path& path,
                  const std::vector<std::size_t>& expected_shape) {
  const std::string bytes = read_file(path);
  const Parts parts = split(path, bytes);
  const Header header = HeaderParser(path, parts.dictionary).parse();
  KENNEL_CHECK(header.dtype == "<f8" || header.dtype == "<f4", path.string(),
               ": expected float64 ('<f8') or float32 ('<f4'), came '", header.dtype, "'",
               kHowToSave);
  check_shape(path, header.shape, expected_shape);
  KENNEL_CHECK(!header.fortran_order, path.string(),
               ": expected C order (row by row), came Fortran order", kHowToSave);

  const std::size_t size = header.dtype == "<f8" ? sizeof(double) : sizeof(float);
  const std::size_t available = parts.data.size() / size;
  const std::size_t count = count_of(path, header.shape, available);
  KENNEL_CHECK(parts.data.size() % size == 0 && available == count, path.string(), ": expected ",
               count, " numbers for shape ", shape_text(header.shape), ", came ", parts.data.size(),
               " bytes = ", available,
               " numbers; the file is cut short or damaged, write it again");
  return {header.shape, size == sizeof(double) ? widen<double>(parts.data, count)
                                               : widen<float>(parts.data, count)};
}

void check_numbers(const std::filesystem::path& path, const NpyArray& array, double largest) {
  const std::size_t columns = array.shape.size() == 2 ? array.shape[1] : 1;
  for (std::size_t k = 0; k < array.values.size(); ++k) {
    if (std::abs(array.values[k]) <= largest) continue;  // false for NaN
    const std::string place = array.shape.size() == 2
                                  ? text("row ", k / columns, ", column ", k % columns)
                                  : text("number ", k);
    fail(path.string(), ": ", place, " is ", array.values[k],
         " (counted from 0); expected a finite number of at most ", largest, " in size");
  }
}

void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
               std::span<const double> values) {
  write(path, shape, values);
}

void write_npy(const std::filesystem::path& path, const std::vector<std::size_t>& shape,
               std::span<const float> values) {
  write(path, shape, values);
}

}  // namespace kennel
