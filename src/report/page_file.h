// The page's parts put together.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kennel::report {

/// Plain words as HTML and SVG have them between their tags.
std::string markup_escaped(std::string_view plain);

/// page/page.html with its styles, the scripts that it lists for this kind of page, and its data.
/// \param kind  "report", "sweep", "compare" or "gradient"
/// \param data  with a "title"
std::string whole_page(const std::string& kind, const nlohmann::ordered_json& data);

}  // namespace kennel::report
