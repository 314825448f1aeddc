#include "page_file.h"

#include <map>
#include <sstream>

#include "kennel/core/resource.h"
#include "kennel/io/atomic_file.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

std::string page_file(const std::string& name) { return read_file(report_page(name).string()); }

/// The scripts that the template lists for a kind of page, in its order.
std::string scripts(const std::string& page, const std::string& kind) {
  const std::string before = "<!-- " + kind + ":";
  constexpr std::string_view kAfter = "-->";
  const std::size_t from = page.find(before) + before.size();
  std::istringstream names(page.substr(from, page.find(kAfter, from) - from));
  std::string all;
  for (std::string name; names >> name;) all += page_file(name);
  return all;
}

/// JSON that can stand inside a script element.
std::string json_escaped(const std::string& json) {
  std::string out;
  for (const char c : json) c == '<' ? out += "\\u003c" : out += c;
  return out;
}

/// Replaces each {{name}}; what is put in is not looked at again.
std::string filled(std::string_view page, const std::map<std::string_view, std::string>& parts) {
  std::string out;
  while (!page.empty()) {
    const std::size_t open = page.find("{{");
    out += page.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = page.find("}}", open);
    out += parts.at(page.substr(open + 2, close - open - 2));
    page.remove_prefix(close + 2);
  }
  return out;
}

}  // namespace

std::string markup_escaped(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string whole_page(const std::string& kind, const Json& data) {
  const std::string page = page_file("page.html");
  return filled(
      page, {{"title", markup_escaped(data["title"].get<std::string>())},
             {"style", page_file("page.css")},
             {"kind", kind},
             {"script", scripts(page, kind)},
             {"data", json_escaped(data.dump(-1, ' ', false, Json::error_handler_t::replace))}});
}

}  // namespace kennel::report
