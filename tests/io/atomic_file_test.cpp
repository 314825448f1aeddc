#include "kennel/io/atomic_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kennel/io/append_file.h"
#include "temp_folder.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AtomicFile, ReadsBackTheBytesThatWereWritten) {
  const TempFolder folder;
  const std::string bytes("a\0b\n\xff", 5);
  write_file_atomically(folder / "f", bytes);
  EXPECT_EQ(read_file(folder / "f"), bytes);
  write_file_atomically(folder / "f", "");
  EXPECT_EQ(read_file(folder / "f"), "");
  EXPECT_THAT(folder.names(), ElementsAre("f"));
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TempFolder folder;
  write_file_atomically(folder / "f", "old");
  std::string message;
  {
    const FullDisk full(1000);
    message = error_of([&] { write_file_atomically(folder / "f", std::string(5000, 'x')); });
  }
  EXPECT_THAT(message, HasSubstr((folder / "f").string()));
  EXPECT_THAT(message, HasSubstr("choose another disk"));
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("f"));
}

TEST(AtomicFile, AFolderThatRefusesIsNamedWithWhatToTry) {
  const TempFolder folder;
  write_raw(folder / "file", "");
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "none" / "f", "x"); }),
              HasSubstr("no such file or folder; check the path"));
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "file" / "f", "x"); }),
              HasSubstr("a part of the path is a file"));
  if (::geteuid() == 0) return;  // root may write everywhere
  ::chmod(folder.path().c_str(), 0500);
  EXPECT_THAT(error_of([&] { write_file_atomically(folder / "f", "x"); }),
              HasSubstr("permission denied"));
  ::chmod(folder.path().c_str(), 0700);
}

TEST(AtomicFile, ReadingNamesTheFileAndTheReason) {
  const TempFolder folder;
  EXPECT_THAT(error_of([&] { read_file(folder / "none"); }),
              HasSubstr((folder / "none").string() + ": no such file"));
  EXPECT_THAT(error_of([&] { read_file(folder.path()); }), HasSubstr("it is a folder"));
}

TEST(AtomicFile, ALinkIsReplacedInOneStep) {
  const TempFolder folder;
  EXPECT_TRUE(replace_symlink(folder / "link", "a"));
  EXPECT_TRUE(replace_symlink(folder / "link", "b"));
  EXPECT_EQ(std::filesystem::read_symlink(folder / "link"), "b");
  EXPECT_THAT(folder.names(), ElementsAre("link"));
}

TEST(AppendFile, ARecordThatDoesNotFitIsTakenBack) {
  const TempFolder folder;
  AppendFile file(folder / "log");
  file.append("first\n");
  {
    const FullDisk full(100);
    EXPECT_THAT(error_of([&] { file.append(std::string(500, 'x')); }),
                HasSubstr((folder / "log").string()));
  }
  EXPECT_EQ(read_file(folder / "log"), "first\n");
  file.append("second\n");
  EXPECT_EQ(read_file(folder / "log"), "first\nsecond\n");
}

TEST(AppendFile, ADeviceWithoutSpaceSaysThatTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  AppendFile file("/dev/full");
  EXPECT_THAT(error_of([&] { file.append("x"); }), HasSubstr("the disk is full; free some space"));
}

}  // namespace
}  // namespace kennel
