#include "src/policy/network_json.h"

#include "src/policy/gait_json.h"

namespace kennel {

using namespace from_json;

namespace {

// [null, n]
int shape_size(const Place& place) {
  if (!place.value.is_array() || place.value.size() != 2) place.expected("[null, size]");
  return integer(place.at(1));
}

DenseLayer dense_layer(const Place& place) {
  if (!place.value.is_object()) place.expected("a layer object");
  const Object layer{place.value, place.where + "."};
  const Place type = layer.at("type");
  KENNEL_CHECK(type.value == "dense", type.where, ": ", type.value.dump(),
               " is not supported; expected \"dense\"");
  DenseLayer result;
  if (layer.has("activation")) {
    const Place activation = layer.at("activation");
    if (!activation.value.is_string()) activation.expected("a name");
    result.activation = activation.value.get<std::string>();
  }
  const Place weights = layer.at("weights");
  if (!weights.value.is_array() || weights.value.size() != 2) weights.expected("[W, b]");
  const Place rows = weights.at(0);
  if (!rows.value.is_array()) rows.expected("an array of rows");
  result.out = shape_size(layer.at("shape"));
  result.in = static_cast<int>(rows.value.size());
  for (std::size_t row = 0; row < rows.value.size(); ++row) {
    const std::vector<float> values = numbers(rows.at(row));
    KENNEL_CHECK(static_cast<int>(values.size()) == result.out, rows.at(row).where, " has ",
                 values.size(), " numbers; expected ", result.out, ", the layer's outputs");
    result.weights.insert(result.weights.end(), values.begin(), values.end());
  }
  result.bias = numbers(weights.at(1));
  return result;
}

}  // namespace

PolicyNetwork read_network(const Object& file, const RobotContract& robot) {
  KENNEL_CHECK(!file.has(kGaitKey) || !file.has("layers"), file.where, "has \"layers\" and \"",
               kGaitKey, "\"; expected one of the two, export the policy again");
  const Place in_shape = file.at("in_shape");
  const int inputs = shape_size(in_shape);
  const int history = robot.observation_history, frame = frame_size(robot);
  KENNEL_CHECK(inputs == history * frame, in_shape.where, ": ", inputs, " inputs; expected ",
               history * frame, " = observation_history ", history, " x ", frame);
  if (file.has(kGaitKey)) return {};  // read where the whole contract is known
  const Place layers = file.at("layers");
  if (!layers.value.is_array()) layers.expected("an array of layers");
  PolicyNetwork result;
  for (std::size_t at = 0; at < layers.value.size(); ++at) {
    result.layers.push_back(dense_layer(layers.at(at)));
  }
  return result;
}

}  // namespace kennel
