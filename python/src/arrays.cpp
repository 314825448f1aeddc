#include "arrays.h"

#include <string>
#include <utility>
#include <vector>

#include "kennel/core/check.h"

namespace nb = nanobind;

namespace kennel::python {
namespace {

const char* name_of(Kind kind) {
  return kind == Kind::kFloat ? "float32" : kind == Kind::kBool ? "bool" : "int64";
}

nb::dlpack::dtype type_of(Kind kind) {
  return kind == Kind::kFloat  ? nb::dtype<float>()
         : kind == Kind::kBool ? nb::dtype<bool>()
                               : nb::dtype<std::int64_t>();
}

std::string shape_text(const std::int64_t* shape, std::size_t dimensions) {
  std::string out = "(";
  for (std::size_t k = 0; k < dimensions; ++k) out += text(k == 0 ? "" : ", ", shape[k]);
  return out + (dimensions == 1 ? ",)" : ")");
}

std::string type_text(const nb::dlpack::dtype& type) {
  using Code = nb::dlpack::dtype_code;
  const auto code = static_cast<Code>(type.code);
  if (code == Code::Bool) return "bool";
  const char* word = code == Code::Int      ? "int"
                     : code == Code::UInt   ? "uint"
                     : code == Code::Float  ? "float"
                     : code == Code::Bfloat ? "bfloat"
                                            : "number of ";
  return text(word, int{type.bits}, code == Code::Int || code == Code::Float ? "" : " bits");
}

[[noreturn]] void refuse_type(const std::string& message) { throw nb::type_error(message.c_str()); }

/// An array of memory that `buffers` keeps alive.
nb::object array_of(const std::shared_ptr<Buffers>& buffers, void* memory,
                    const std::vector<std::size_t>& shape, const nb::dlpack::dtype& type) {
  auto keep = std::make_unique<std::shared_ptr<Buffers>>(buffers);
  nb::capsule owner(keep.get(),
                    [](void* p) noexcept { delete static_cast<std::shared_ptr<Buffers>*>(p); });
  keep.release();
  return nb::cast(nb::ndarray<nb::numpy>(memory, shape.size(), shape.data(), owner, nullptr, type,
                                         nb::device::cpu::value),
                  nb::rv_policy::reference);
}

}  // namespace

Given::Given(nb::handle array, std::string_view name, Kind kind, std::initializer_list<int> shape) {
  const std::vector<std::int64_t> wanted(shape.begin(), shape.end());
  const std::string expected = text(name, ": expected a ", name_of(kind), " array of shape ",
                                    shape_text(wanted.data(), wanted.size()), " on the CPU, got ");
  if (!nb::try_cast(array, array_) || !array_.is_valid())
    refuse_type(text(expected, nb::type_name(array.type()).c_str(),
                     ", which is no array; try numpy.asarray(x, numpy.", name_of(kind), ")"));
  if (array_.device_type() != nb::device::cpu::value)
    refuse_type(text(expected, "one on another device; try .cpu()"));
  if (array_.dtype() != type_of(kind))
    refuse_type(text(expected, type_text(array_.dtype()), "; try .astype(numpy.", name_of(kind),
                     ") or .to(torch.", name_of(kind), ")"));
  bool same = array_.ndim() == wanted.size(), contiguous = true;
  std::int64_t stride = 1;
  for (std::size_t k = wanted.size(); same && k-- > 0;) {
    same = static_cast<std::int64_t>(array_.shape(k)) == wanted[k];
    contiguous = contiguous && (wanted[k] == 1 || array_.stride(k) == stride);
    stride *= wanted[k];
  }
  if (!same)
    throw nb::value_error(text(expected, shape_text(array_.shape_ptr(), array_.ndim())).c_str());
  if (!contiguous)
    throw nb::value_error(
        text(expected, "one with gaps between its rows; try numpy.ascontiguousarray").c_str());
}

nb::dict slot_arrays(const Simulator& simulator, int index) {
  const EnvSpec& spec = simulator.spec();
  const std::shared_ptr<Buffers>& buffers = simulator.buffers();
  const Slot& slot = buffers->slots.at(static_cast<std::size_t>(index));
  const auto num_envs = static_cast<std::size_t>(spec.num_envs);
  const auto observations = [&](const Memory& memory, int size) {
    return array_of(buffers, memory.as<void>(), {num_envs, static_cast<std::size_t>(size)},
                    spec.bfloat16_obs ? nb::dtype<std::uint16_t>() : nb::dtype<float>());
  };
  const auto flags = [&](const Memory& memory) {
    return array_of(buffers, memory.as<void>(), {num_envs}, nb::dtype<bool>());
  };
  nb::dict out;
  out["obs"] = observations(slot.obs, spec.obs_size);
  out["privileged_obs"] = observations(slot.privileged_obs, spec.privileged_obs_size);
  out["reward"] = array_of(buffers, slot.reward.as<void>(), {num_envs}, nb::dtype<float>());
  out["terminated"] = flags(slot.is_terminated);
  out["truncated"] = flags(slot.is_truncated);
  out["command_changed"] = flags(slot.is_changed);
  out["final_obs"] = observations(slot.final_obs, spec.obs_size);
  out["final_privileged_obs"] = observations(slot.final_privileged_obs, spec.privileged_obs_size);
  return out;
}

nb::object view_array(Simulator& simulator, std::string_view name) {
  const View& view = simulator.view(name);
  std::vector<std::size_t> shape = {static_cast<std::size_t>(simulator.spec().num_envs)};
  for (const int length : view.field.shape) shape.push_back(static_cast<std::size_t>(length));
  return array_of(simulator.buffers(), view.values.as<void>(), shape, nb::dtype<float>());
}

nb::object clock_array(Simulator& simulator) {
  return array_of(simulator.buffers(), simulator.clocks(),
                  {static_cast<std::size_t>(simulator.spec().num_envs)}, nb::dtype<std::int64_t>());
}

}  // namespace kennel::python
