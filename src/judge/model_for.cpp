#include "kennel/judge/model_for.h"

#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/io/run_folder.h"

namespace kennel::judge {
namespace {

namespace fs = std::filesystem;

/// The folder that a policy lies in, whichever way it is named.
fs::path folder_of(const fs::path& policy) {
  std::error_code ignored;
  if (fs::is_directory(policy, ignored)) return policy;
  return policy.has_parent_path() ? policy.parent_path() : fs::path(".");
}

}  // namespace

std::string model_for(const fs::path& policy, const RobotContract& robot) {
  std::error_code ignored;
  if (!policy.empty() && RunFolder::is_run(folder_of(policy))) {
    const fs::path own = RunFolder::open(folder_of(policy)).robot();
    if (fs::exists(own, ignored)) return own.string();
  }
  const fs::path shipped = robot_model(robot.robot);
  KENNEL_CHECK(fs::exists(shipped, ignored), policy.empty() ? "" : policy.string() + ": ",
               "the policy is of ", robot.robot,
               ", which does not ship with Kennel; name its model: --model ROBOT.xml");
  return shipped.string();
}

bool is_shipped(const std::string& model, const RobotContract& robot) {
  std::error_code ignored;
  return fs::equivalent(model, robot_model(robot.robot), ignored);
}

}  // namespace kennel::judge
