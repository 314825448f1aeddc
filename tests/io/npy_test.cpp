#include "kennel/io/npy.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "kennel/io/atomic_file.h"
#include "temp_folder.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A .npy file as numpy writes it, with any header.
std::string npy(const std::string& dictionary, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(dictionary.size() + 1);
  bytes += '\0';
  if (version == 2) bytes += std::string(2, '\0');
  return bytes + dictionary + "\n" + data;
}

std::string header(const std::string& dtype, const std::string& order, const std::string& shape) {
  return "{'descr': '" + dtype + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

template <class Number>
std::string data_of(std::vector<Number> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

TEST(Npy, ReadsBackWhatItWrote) {
  const TempFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values = {1.0, -0.0, 1.0 / 3.0, 1e300, nan, 6.0};
  write_npy(folder / "a.npy", {3, 2}, values);
  const NpyArray read = read_npy(folder / "a.npy", {kAnyLength, 2});
  EXPECT_THAT(read.shape, ElementsAre(3, 2));
  ASSERT_EQ(read.values.size(), values.size());
  EXPECT_EQ(std::memcmp(read.values.data(), values.data(), sizeof(double) * values.size()), 0);

  write_npy(folder / "b.npy", {2}, std::vector<float>{0.1f, 2.0f});
  EXPECT_THAT(read_npy(folder / "b.npy").values, ElementsAre(double(0.1f), 2.0));
  write_npy(folder / "empty.npy", {0, 12}, std::vector<double>{});
  EXPECT_THAT(read_npy(folder / "empty.npy").shape, ElementsAre(0, 12));
}

TEST(Npy, DataStartsOnA64ByteBoundary) {
  const TempFolder folder;
  write_npy(folder / "a.npy", {1}, std::vector<double>{1.0});
  EXPECT_EQ(read_file(folder / "a.npy").size() % 64, sizeof(double));
}

TEST(Npy, ReadsVersion2) {
  const TempFolder folder;
  write_raw(folder / "a.npy", npy(header("<f4", "False", "(2,)"), data_of<float>({1, 2}), 2));
  EXPECT_THAT(read_npy(folder / "a.npy").values, ElementsAre(1.0, 2.0));
}

TEST(Npy, BrokenFilesAreRefusedWithWhatWasExpectedAndWhatCame) {
  const std::string six = data_of<double>({1, 2, 3, 4, 5, 6});
  const std::string good = npy(header("<f8", "False", "(2, 3)"), six);
  struct Bad {
    std::string bytes;
    std::string message;
  };
  const std::vector<Bad> table = {
      {"", "expected a .npy file, came something else"},
      {"step,reward\n1,2\n", "expected a .npy file, came something else"},
      {npy(header("<f8", "False", "(2, 3)"), six, 3), "expected version 1 or 2"},
      {good.substr(0, 40), "cut short within its header"},
      {good.substr(0, good.size() - 1), "expected 6 numbers for shape (2, 3), came 47 bytes"},
      {good.substr(0, good.size() - 8), "came 40 bytes = 5 numbers"},
      {good + std::string(8, 'x'), "came 56 bytes = 7 numbers"},
      {npy(header("<f8", "True", "(2, 3)"), six), "expected C order (row by row), came Fortran"},
      {npy(header("<i8", "False", "(2, 3)"), six), "or float32 ('<f4'), came '<i8'"},
      {npy(header(">f8", "False", "(2, 3)"), six), "came '>f8'"},
      {npy("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (6,), }", six),
       "expected a .npy file of float64 or float32, came type [('x'"},
      {npy(header("<f8", "False", "(3, 2)"), six), "shape (n, 3), came (3, 2)"},
      {npy(header("<f8", "False", "(6,)"), six), "shape (n, 3), came (6,)"},
      {npy(header("<f8", "False", "()"), six), "shape (n, 3), came ()"},
      {npy(header("<f8", "False", "(-2, 3)"), six), "broken header"},
      {npy(header("<f8", "Maybe", "(2, 3)"), six), "broken header"},
      {npy("{'descr': '<f8'}", six), "broken header"},
      {npy(header("<f8", "False", "(18446744073709551615, 3)"), six), "the header promises"},
      {npy(header("<f8", "False", "(99999999999999999999999, 3)"), six), "broken header"},
  };
  const TempFolder folder;
  for (const Bad& bad : table) {
    write_raw(folder / "bad.npy", bad.bytes);
    EXPECT_THAT(error_of([&] {
                  read_npy(folder / "bad.npy", {kAnyLength, 3});
                }),
                AllOf(HasSubstr((folder / "bad.npy").string() + ": "), HasSubstr(bad.message),
                      Not(HasSubstr("\n"))));
  }
}

}  // namespace
}  // namespace kennel
