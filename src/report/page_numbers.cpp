#include "page_numbers.h"

#include <algorithm>
#include <cmath>

namespace kennel::report {

using Json = nlohmann::ordered_json;

Json rounded(double x, double unit) {
  if (!std::isfinite(x)) return nullptr;
  return std::round(x / unit) / std::round(1.0 / unit);
}

Json short_number(double x) {
  constexpr int kDigits = 6, kMostPlaces = 300;
  if (!std::isfinite(x)) return nullptr;
  if (x == 0.0) return 0.0;
  const int before_point = 1 + static_cast<int>(std::floor(std::log10(std::abs(x))));
  const int places = std::min(kDigits - before_point, kMostPlaces);
  // A power of ten below 1 is no double: divided by its inverse, a number has the fewest digits.
  const double power = std::pow(10.0, std::abs(places));
  return places >= 0 ? std::round(x * power) / power : std::round(x / power) * power;
}

Json short_numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double x : values) list.push_back(short_number(x));
  return list;
}

}  // namespace kennel::report
