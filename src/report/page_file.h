// The page's parts put together.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace kennel::report {

/// The page of a template in page/, its styles, its scripts and its data in it.
/// \param data  with a "title"
std::string whole_page(const std::string& template_name, const nlohmann::ordered_json& data);

}  // namespace kennel::report
