// kennel info --model: how Kennel understands a robot's description.
#pragma once

#include <string>

#include "kennel/model/edits.h"

namespace kennel {

struct ModelInfoCommand {
  std::string model;  // MJCF or URDF
  std::string write;  // MJCF to write; empty: none
  ModelEdits edits;
  bool json = false;
};

/// Prints the description, and writes the model as Kennel steps it.
/// \return the exit code: 1 where Kennel refuses the model
/// \throws Error when the file cannot be compiled, or the other not be written
int run_model_info(const ModelInfoCommand& command);

}  // namespace kennel
