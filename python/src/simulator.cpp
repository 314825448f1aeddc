#include "simulator.h"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/io/recipe.h"

namespace kennel::python {
namespace {

constexpr std::int64_t kMostSteps = 1 << 24;  // beyond it a float skips whole numbers

void as_bools(const Memory& from, const Memory& to, int count) {
  const float* flags = from.as<float>();
  std::uint8_t* bools = to.as<std::uint8_t>();
  for (int env = 0; env < count; ++env) bools[env] = flags[env] != 0.0f;
}

/// Of integers, so that it runs in vectors.
bool all_finite(const float* numbers, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t bad = 0;
  for (std::size_t k = 0; k < count; ++k) {
    std::uint32_t bits;
    std::memcpy(&bits, numbers + k, sizeof bits);
    bad |= (bits & kExponent) == kExponent;
  }
  return bad == 0;
}

void check_finite(const float* action, const EnvSpec& spec) {
  const std::size_t width = static_cast<std::size_t>(spec.action_size);
  const std::size_t count = static_cast<std::size_t>(spec.num_envs) * width;
  if (all_finite(action, count)) return;
  std::size_t at = 0;
  while (std::isfinite(action[at])) ++at;
  fail("actions[", at / width, ", ", at % width, "] = ", action[at],
       "; expected finite numbers, nothing was stepped");
}

}  // namespace

/// One call at a time, of the process that made the environments, while they are there.
class Simulator::Turn {
 public:
  explicit Turn(Simulator& of) : of_(of) {
    if (of.busy_.exchange(true, std::memory_order_acquire))
      throw std::runtime_error(
          "this environment is being stepped by another thread; give each thread its own");
    try {
      check();
    } catch (...) {
      of.busy_ = false;
      throw;
    }
  }
  ~Turn() { of_.busy_.store(false, std::memory_order_release); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  void check() const {
    if (of_.closed())
      throw std::runtime_error("this environment is closed; make another with kennel.make");
    if (::getpid() != of_.process_)
      throw std::runtime_error(
          text("this environment was made by process ", of_.process_,
               ", whose threads a fork does not copy; make one in the new process"));
  }

  Simulator& of_;
};

Simulator::Simulator(MakeBatch make, std::uint64_t seed)
    : make_(std::move(make)),
      batch_(make_(seed)),
      spec_(batch_->spec()),
      fields_(batch_->fields()),
      buffers_(std::make_shared<Buffers>(spec_)),
      process_(::getpid()) {}

const Slot& Simulator::next_slot() { return buffers_->slots[static_cast<std::size_t>(1 - slot_)]; }

int Simulator::finish() {
  refresh_views();
  return slot_ = 1 - slot_;
}

int Simulator::reset(const std::uint8_t* chosen) {
  const Turn turn(*this);
  KENNEL_CHECK(!chosen || started_, "reset all environments before some of them");
  take_writes();
  const Slot& to = next_slot();
  if (chosen) {  // the others' rows are what they were
    const Slot& from = buffers_->slots[static_cast<std::size_t>(slot_)];
    std::memcpy(to.obs.as<void>(), from.obs.as<void>(), bytes_of_rows(spec_, spec_.obs_size));
    std::memcpy(to.privileged_obs.as<void>(), from.privileged_obs.as<void>(),
                bytes_of_rows(spec_, spec_.privileged_obs_size));
  }
  batch_->reset(to.pointers(spec_.bfloat16_obs), chosen);
  started_ = true;
  return finish();
}

int Simulator::reset(std::uint64_t seed) {
  {
    const Turn turn(*this);
    batch_ = make_(seed);
    refresh_views();  // of environments that have not begun: what was written before is gone
  }
  return reset(nullptr);
}

int Simulator::step(const float* action) {
  const Turn turn(*this);
  if (!started_) throw std::runtime_error("reset the environments before the first step");
  check_finite(action, spec_);
  take_writes();
  const Slot& to = next_slot();
  batch_->step(action, to.pointers(spec_.bfloat16_obs));
  as_bools(to.terminated, to.is_terminated, spec_.num_envs);
  as_bools(to.truncated, to.is_truncated, spec_.num_envs);
  as_bools(to.command_changed, to.is_changed, spec_.num_envs);
  return finish();
}

View& Simulator::view(std::string_view name) {
  const Turn turn(*this);
  for (const auto& view : buffers_->views)
    if (view->field.name == name) return *view;
  std::vector<std::string> known;
  for (const StateField& field : fields_) {
    if (field.name == name) {
      View& view = *buffers_->views.emplace_back(std::make_unique<View>(field, spec_.num_envs));
      refresh(view);  // it alone: what was written into others waits for the next step
      return view;
    }
    known.push_back(field.name);
  }
  const std::string near = nearest_name(name, known);
  fail("nothing is named \"", name, "\"; ",
       near.empty() ? "state and params list what is" : text("did you mean ", near, "?"));
}

std::int64_t* Simulator::clocks() {
  const Turn turn(*this);
  if (!buffers_->clocks) {
    const std::size_t bytes = static_cast<std::size_t>(spec_.num_envs) * sizeof(std::int64_t);
    buffers_->known_clocks = std::make_unique<Memory>(bytes);
    buffers_->clocks = std::make_unique<Memory>(bytes);
    refresh_clocks();
  }
  return buffers_->clocks->as<std::int64_t>();
}

void Simulator::set_clocks(const std::int64_t* steps) {
  std::int64_t* clocks = this->clocks();
  const Turn turn(*this);
  if (clocks != steps)
    std::memmove(clocks, steps, static_cast<std::size_t>(spec_.num_envs) * sizeof *steps);
  take_writes();
}

void Simulator::set_progress(double fraction) {
  const Turn turn(*this);
  KENNEL_CHECK(fraction >= 0.0 && fraction <= 1.0, "progress = ", fraction,
               "; expected a share of training from 0 to 1");
  batch_->set_progress(fraction);
}

std::vector<Stat> Simulator::drain_stats() {
  const Turn turn(*this);
  return batch_->drain_stats();
}

std::vector<std::byte> Simulator::save_state() {
  const Turn turn(*this);
  take_writes();
  return batch_->save_state();
}

void Simulator::load_state(std::span<const std::byte> bytes) {
  const Turn turn(*this);
  batch_->load_state(bytes);
  started_ = true;
  refresh_views();
}

void Simulator::close() {
  if (closed()) return;
  const Turn turn(*this);
  batch_.reset();
}

void Simulator::take_clocks() {
  const std::size_t count = static_cast<std::size_t>(spec_.num_envs);
  std::int64_t* steps = buffers_->clocks->as<std::int64_t>();
  std::int64_t* known = buffers_->known_clocks->as<std::int64_t>();
  if (std::memcmp(steps, known, count * sizeof *steps) == 0) return;
  std::vector<float> clocks(count);
  for (std::size_t env = 0; env < count; ++env) {
    if (steps[env] < 0 || steps[env] >= kMostSteps) {
      const std::int64_t wrong = steps[env];
      std::memcpy(steps, known, count * sizeof *steps);
      fail("episode_length[", env, "] = ", wrong, "; expected control steps from 0 to ",
           kMostSteps - 1);
    }
    clocks[env] = static_cast<float>(steps[env]);
  }
  batch_->set_episode_steps(clocks.data());
  std::memcpy(known, steps, count * sizeof *steps);
}

void Simulator::take_writes() {
  if (buffers_->clocks) take_clocks();
  for (const auto& view : buffers_->views) {
    if (!view->field.writable()) continue;
    if (std::memcmp(view->values.as<void>(), view->known.as<void>(), view->bytes) == 0) continue;
    batch_->write(view->field, view->values.as<float>());
    std::memcpy(view->known.as<void>(), view->values.as<void>(), view->bytes);
  }
}

void Simulator::refresh(View& view) {
  batch_->read(view.field, view.values.as<float>());
  std::memcpy(view.known.as<void>(), view.values.as<void>(), view.bytes);
}

void Simulator::refresh_clocks() {
  const std::size_t count = static_cast<std::size_t>(spec_.num_envs);
  std::vector<float> clocks(count);
  batch_->episode_steps(clocks.data());
  std::int64_t* steps = buffers_->clocks->as<std::int64_t>();
  for (std::size_t env = 0; env < count; ++env) steps[env] = static_cast<std::int64_t>(clocks[env]);
  std::memcpy(buffers_->known_clocks->as<void>(), steps, count * sizeof *steps);
}

void Simulator::refresh_views() {
  if (buffers_->clocks) refresh_clocks();
  for (const auto& view : buffers_->views) refresh(*view);
}

}  // namespace kennel::python
