// A model that a run brings along.
#pragma once

#include <filesystem>

#include "kennel/model/edits.h"
#include "scratch_folder.h"

namespace kennel {

/// A description after its edits, written as Kennel steps it: into a folder of its own until there
/// is the run's.
class BroughtModel {
 public:
  /// Says what the edits changed.
  /// \throws Error when the model cannot be read, edited or stepped
  BroughtModel(const std::filesystem::path& file, const ModelEdits& edits);

  /// Where kRobotFile is.
  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Writes it into a run's folder: anew, because paths to meshes depend on the folder.
  void write_to(const std::filesystem::path& run) const;

 private:
  ScratchFolder folder_;
};

}  // namespace kennel
