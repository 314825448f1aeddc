#include "brought_model.h"

#include <iostream>

#include "kennel/io/run_folder.h"
#include "kennel/model/anatomy.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

}  // namespace

BroughtModel::BroughtModel(const fs::path& file, const ModelEdits& edits) {
  EditedModel model = compile_edited(file, edits);
  const Anatomy anatomy = describe(model);
  check_accepted(anatomy);
  check_servos(anatomy);
  const std::vector<std::string>* const told[] = {&model.warnings, &anatomy.doubts};
  for (const auto* lines : told)
    for (const std::string& line : *lines) std::cerr << "kennel: warning: " << line << '\n';
  write_mjcf(model, folder() / kRobotFile);
}

void BroughtModel::write_to(const fs::path& run) const {
  // Not from the first file, which may have lain in a run that this one replaces.
  EditedModel model = compile_edited(folder() / kRobotFile, {});
  write_mjcf(model, run / kRobotFile);
}

}  // namespace kennel
