#include "brought_model.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "kennel/core/check.h"
#include "kennel/io/run_folder.h"
#include "kennel/model/anatomy.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

fs::path make_temp_folder() {
  std::string name = (fs::temp_directory_path() / "kennel-XXXXXX").string();
  KENNEL_CHECK(::mkdtemp(name.data()), "cannot create a folder like ", name, ": ",
               std::strerror(errno));
  return name;
}

}  // namespace

BroughtModel::BroughtModel(const fs::path& file, const ModelEdits& edits) {
  EditedModel model = compile_edited(file, edits);
  const Anatomy anatomy = describe(model);
  check_accepted(anatomy);
  check_servos(anatomy);
  const std::vector<std::string>* const told[] = {&model.warnings, &anatomy.doubts};
  for (const auto* lines : told)
    for (const std::string& line : *lines) std::cerr << "kennel: warning: " << line << '\n';
  folder_ = make_temp_folder();
  write_mjcf(model, folder_ / kRobotFile);
}

BroughtModel::~BroughtModel() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void BroughtModel::write_to(const fs::path& run) const {
  // Not from the first file, which may have lain in a run that this one replaces.
  EditedModel model = compile_edited(folder_ / kRobotFile, {});
  write_mjcf(model, run / kRobotFile);
}

}  // namespace kennel
