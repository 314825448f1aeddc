#include "src/policy/gait_json.h"

#include <algorithm>

namespace kennel {
namespace {

using namespace from_json;

FloatJson vector_json(const double (&v)[3]) {
  return std::vector<float>{static_cast<float>(v[0]), static_cast<float>(v[1]),
                            static_cast<float>(v[2])};
}

FloatJson leg_json(const gait::LegLines& leg) {
  FloatJson hinges = FloatJson::array();
  for (const gait::HingeLine& hinge : leg.hinge)
    hinges.push_back({{"axis", vector_json(hinge.axis)}, {"place", vector_json(hinge.place)}});
  return {{"hinges", std::move(hinges)}, {"foot", vector_json(leg.foot)}};
}

void read_vector(const Place& place, double (&v)[3]) {
  if (!place.value.is_array() || place.value.size() != 3) place.expected("an array of 3 numbers");
  for (std::size_t i = 0; i < 3; ++i) v[i] = number(place.at(i));
}

Object object(const Place& place, const std::string& what) {
  if (!place.value.is_object()) place.expected(what);
  return {place.value, place.where + "."};
}

/// \param places  what each of them is, "one for each leg"
void check_length(const Place& place, int length, const std::string& places) {
  if (!place.value.is_array() || static_cast<int>(place.value.size()) != length)
    place.expected(text("an array of ", length, ", ", places));
}

gait::LegLines read_leg(const Place& place) {
  const Object leg = object(place, "a leg with hinges and foot");
  gait::LegLines out;
  const Place hinges = leg.at("hinges");
  check_length(hinges, kJointsPerLeg, "one for each joint of the leg");
  for (std::size_t j = 0; j < kJointsPerLeg; ++j) {
    const Object hinge = object(hinges.at(j), "a hinge with axis and place");
    read_vector(hinge.at("axis"), out.hinge[j].axis);
    read_vector(hinge.at("place"), out.hinge[j].place);
  }
  read_vector(leg.at("foot"), out.foot);
  return out;
}

float read_number(const Object& numbers, const gait::Term& term) {
  const Place place = numbers.at(term.name);
  const Object each = object(place, "an object with value and unit");
  const Place unit = each.at("unit");
  KENNEL_CHECK(unit.value == term.unit, unit.where, " is ", unit.value.dump(), "; expected \"",
               term.unit, "\"");
  return number(each.at("value"));
}

bool is_term(const std::string& name) {
  return std::any_of(std::begin(gait::kTerms), std::end(gait::kTerms),
                     [&](const gait::Term& term) { return name == term.name; });
}

}  // namespace

FloatJson gait_json(const GaitPolicy& policy) {
  FloatJson numbers, legs = FloatJson::array();
  for (int i = 0; i < gait::kNumNumbers; ++i)
    numbers[gait::kTerms[i].name] = {{"value", policy.number[i]}, {"unit", gait::kTerms[i].unit}};
  for (const gait::LegLines& leg : policy.contract.body.leg) legs.push_back(leg_json(leg));
  return {{"clock", "0 at an episode's first action; goes on by frequency * control_dt an action"},
          {"numbers", std::move(numbers)},
          {"legs_at", "zero joint angles, base axes, m; in the joints' order"},
          {"legs", std::move(legs)}};
}

GaitPolicy read_gait(const Place& place, const RobotContract& robot) {
  const Object gait = object(place, "an object with numbers and legs");
  const Place named = gait.at("numbers");
  const Object numbers = object(named, "an object of the gait's numbers");
  for (const auto& [key, value] : named.value.items())
    KENNEL_CHECK(is_term(key), named.where, ": \"", key, "\" is no number of a gait; expected ",
                 gait::kNumNumbers, " from ", gait::kTerms[0].name, " to ",
                 gait::kTerms[gait::kNumNumbers - 1].name);
  GaitPolicy out;
  for (int i = 0; i < gait::kNumNumbers; ++i) out.number[i] = read_number(numbers, gait::kTerms[i]);
  const Place each = gait.at("legs");
  check_length(each, kNumLegs, "one for each leg");
  gait::LegLines legs[kNumLegs];
  for (std::size_t leg = 0; leg < kNumLegs; ++leg) legs[leg] = read_leg(each.at(leg));
  out.contract = gait_contract(robot, legs, place.where + ": ");
  return out;
}

}  // namespace kennel
