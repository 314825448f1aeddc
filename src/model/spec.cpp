#include "src/model/spec.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel {
namespace {

std::string one_line(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

}  // namespace

void MjSpecDeleter::operator()(mjSpec_* spec) const { mj_deleteSpec(spec); }

MjSpecPtr parse_spec(const std::filesystem::path& file) {
  KENNEL_CHECK(std::filesystem::exists(file), "no robot description at ", file.string(),
               "; expected an MJCF or URDF file (--model FILE)");
  char error[1024] = "";
  MjSpecPtr spec(mj_parseXML(file.string().c_str(), nullptr, error, sizeof error));
  KENNEL_CHECK(spec, file.string(), ": MuJoCo cannot read it: ", one_line(error));
  return spec;
}

MjModelPtr compile_spec(mjSpec& spec, const std::string& source) {
  MjModelPtr model(mj_compile(&spec, nullptr));
  const char* why = model ? "" : mjs_getError(&spec);
  KENNEL_CHECK(model, source, ": MuJoCo cannot compile it: ", one_line(why ? why : ""));
  return model;
}

std::string listed(const std::vector<std::string>& names, std::size_t shown) {
  std::string out;
  for (std::size_t n = 0; n < std::min(names.size(), shown); ++n)
    out += (n ? ", " : "") + names[n];
  if (names.size() > shown) out += text(" and ", names.size() - shown, " more");
  return out;
}

}  // namespace kennel
