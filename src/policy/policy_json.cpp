#include "kennel/policy/policy_json.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 16;  // printing what is nested much deeper would exhaust the stack

std::string excerpt(const std::string& bytes, std::size_t end) {
  const std::size_t from = end > 12 ? end - 12 : 0;
  return Json(bytes.substr(from, 24)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

Json parse_policy_json(const std::string& path, const std::string& bytes) {
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    KENNEL_CHECK(depth <= kDeepest, path, ": JSON nested deeper than ", kDeepest,
                 " levels is no policy; expected one that `kennel export` or the robot's tools "
                 "wrote");
    return true;
  };
  try {
    return Json::parse(bytes, shallow);
  } catch (const Json::parse_error& error) {
    const std::size_t end = std::min(error.byte, bytes.size());
    KENNEL_CHECK(error.byte <= bytes.size(), path, ": the file ends at byte ", bytes.size(),
                 " in the middle of its JSON; it was cut off: copy or export it again");
    fail(path, ": not JSON at byte ", end, " (near ", excerpt(bytes, end),
         "); expected one JSON object, a policy that `kennel export` or the robot's tools wrote");
  } catch (const Json::exception& error) {    // a number beyond double
    const std::string reason = error.what();  // "[json.exception....] number overflow parsing ..."
    fail(path, ": ", reason.substr(reason.find(']') + 2), "; export the policy again");
  }
}

}  // namespace kennel
