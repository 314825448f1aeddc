#include "src/model/spec.h"

#include <algorithm>
#include <cctype>

#include "kennel/core/check.h"

// MuJoCo's writer has six digits unless it is told otherwise; exported, but in no header.
extern "C" MJAPI void _mjPRIVATE__set_xml_precision(int digits);
extern "C" MJAPI int _mjPRIVATE__get_xml_precision();

namespace kennel {
namespace {

constexpr int kDigits = 15;  // 0.6 stays 0.6

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

MjSpecPtr parse_spec_text(const std::string& xml, const std::string& source) {
  char error[1024] = "";
  MjSpecPtr spec(mj_parseXMLString(xml.c_str(), nullptr, error, sizeof error));
  KENNEL_CHECK(spec, source, ": MuJoCo cannot read it: ", one_line(error));
  return spec;
}

MjModelPtr compile_spec(mjSpec& spec, const std::string& source) {
  MjModelPtr model(mj_compile(&spec, nullptr));
  const char* why = model ? "" : mjs_getError(&spec);
  KENNEL_CHECK(model, source, ": MuJoCo cannot compile it: ", one_line(why ? why : ""));
  return model;
}

std::string mjcf_text(const mjSpec& spec, const std::string& source) {
  const int digits = _mjPRIVATE__get_xml_precision();
  _mjPRIVATE__set_xml_precision(kDigits);
  char error[1024] = "";
  std::string text(1 << 16, '\0');
  int size;
  while ((size = mj_saveXMLString(&spec, text.data(), static_cast<int>(text.size()), error,
                                  sizeof error)) > 0)
    text.resize(static_cast<std::size_t>(size) + 1);
  _mjPRIVATE__set_xml_precision(digits);
  KENNEL_CHECK(size == 0, source, ": MuJoCo cannot write it as MJCF: ", error);
  text.resize(text.find('\0'));
  return text;
}

std::string listed(const std::vector<std::string>& names, std::size_t shown) {
  std::vector<std::pair<std::string, int>> groups;
  for (const std::string& name : names) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& other) { return other.first == name; });
    if (group == groups.end()) {
      groups.push_back({name, 1});
    } else {
      ++group->second;
    }
  }
  std::string out;
  std::size_t left = names.size();
  for (std::size_t n = 0; n < std::min(groups.size(), shown); ++n) {
    const auto& [name, count] = groups[n];
    out += (n ? ", " : "") + (count > 1 ? text(count, " times ") : "") + name;
    left -= static_cast<std::size_t>(count);
  }
  if (left) out += text(" and ", left, " more");
  return out;
}

std::string model_name(const mjModel& m, const std::filesystem::path& file) {
  const std::string own = m.names;  // the first of all names
  const bool named = !own.empty() && own != "MuJoCo Model";
  std::string name = named ? own : file.stem().string();
  for (char& c : name)  // it becomes a part of file names
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return name;
}

}  // namespace kennel
