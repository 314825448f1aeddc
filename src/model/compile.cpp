// MuJoCo as the compiler of robot descriptions.
#include <mujoco/mujoco.h>

#include "kennel/core/check.h"
#include "kennel/model/mjcf.h"

namespace kennel {

void MjModelDeleter::operator()(mjModel_* model) const { mj_deleteModel(model); }

MjModelPtr compile_mjcf(const std::filesystem::path& file) {
  KENNEL_CHECK(std::filesystem::exists(file), "no robot description at ", file.string(),
               "; expected an MJCF or URDF file (--model FILE)");
  char error[1024] = "";
  mjModel* model = mj_loadXML(file.string().c_str(), nullptr, error, sizeof error);
  std::string message = error;
  for (char& c : message)
    if (c == '\n') c = ' ';
  KENNEL_CHECK(model, file.string(), ": MuJoCo cannot compile it: ", message);
  return MjModelPtr(model);
}

LoadedQuadruped load_quadruped(const std::filesystem::path& file) {
  const MjModelPtr model = compile_mjcf(file);
  return quadruped_from(*model, file.string());
}

}  // namespace kennel
