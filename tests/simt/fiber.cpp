#include "tests/simt/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#ifdef KENNEL_SIMT_ADDRESS
#include <sanitizer/asan_interface.h>
#endif
#ifdef KENNEL_SIMT_THREAD
#include <sanitizer/tsan_interface.h>
#endif

#ifndef __x86_64__
#error "the host's stand-in for CUDA switches stacks in x86-64 assembler; write the same for here"
#endif

// Saves what the calling convention lets a callee keep, and the stack pointer; loads the other's.
asm(R"(
.text
.type kennel_simt_switch, @function
kennel_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size kennel_simt_switch, .-kennel_simt_switch
)");
extern "C" void kennel_simt_switch(void** save, void* load);

namespace simt {
namespace {

constexpr std::size_t kStackBytes = 1 << 20, kGuardBytes = 1 << 16;

Fiber* starting = nullptr;  // handed to a fiber's first instructions

}  // namespace

Fiber::Fiber(void (*body)(void*), void* argument) : body_(body), argument_(argument) {
  void* memory = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  stack_ = static_cast<char*>(memory);
  ::mprotect(stack_, kGuardBytes, PROT_NONE);  // an overflow stops at once
  // Stacks begin at different places of a page, or all would want the same lines of the cache.
  static unsigned made = 0;
  char* end = stack_ + kStackBytes - 1088 * (made++ % 61) - 64;
  // As `kennel_simt_switch` leaves a stack: six registers, all zero (a zero frame pointer ends the
  // chain of callers), and where to return to; a function starts 8 bytes off a multiple of 16.
  auto* top = reinterpret_cast<std::uintptr_t*>(end) - 1;
  *--top = reinterpret_cast<std::uintptr_t>(&Fiber::enter);
  own_ = top - 6;
#ifdef KENNEL_SIMT_THREAD
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef KENNEL_SIMT_THREAD
  // All that it did is over: to ThreadSanitizer as well, by a switch there and back that orders.
  void* current = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, 0);
  __tsan_switch_to_fiber(current, 0);
  __tsan_destroy_fiber(tsan_fiber_);
#endif
#ifdef KENNEL_SIMT_ADDRESS
  __asan_unpoison_memory_region(stack_, kStackBytes);  // frames that never returned
#endif
  ::munmap(stack_, kStackBytes);
}

void Fiber::resume() {
  finished_ = false;
  starting = this;
#ifdef KENNEL_SIMT_THREAD
  tsan_resumer_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef KENNEL_SIMT_ADDRESS
  __sanitizer_start_switch_fiber(&resumer_fake_stack_, stack_, kStackBytes);
#endif
  kennel_simt_switch(&resumer_, own_);
#ifdef KENNEL_SIMT_ADDRESS
  __sanitizer_finish_switch_fiber(resumer_fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::pause() {
#ifdef KENNEL_SIMT_THREAD
  __tsan_switch_to_fiber(tsan_resumer_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef KENNEL_SIMT_ADDRESS
  __sanitizer_start_switch_fiber(&fake_stack_, resumer_stack_, resumer_stack_size_);
#endif
  kennel_simt_switch(&own_, resumer_);
#ifdef KENNEL_SIMT_ADDRESS
  __sanitizer_finish_switch_fiber(fake_stack_, &resumer_stack_, &resumer_stack_size_);
#endif
}

void Fiber::say([[maybe_unused]] void (*say)(void*), [[maybe_unused]] void* token) {
#ifdef KENNEL_SIMT_THREAD
  void* current = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, __tsan_switch_to_fiber_no_sync);
  say(token);
  __tsan_switch_to_fiber(current, __tsan_switch_to_fiber_no_sync);
#endif
}

void Fiber::enter() {
  Fiber& self = *starting;
#ifdef KENNEL_SIMT_ADDRESS
  __sanitizer_finish_switch_fiber(nullptr, &self.resumer_stack_, &self.resumer_stack_size_);
#endif
  for (;;) {
    self.body_(self.argument_);
    self.finished_ = true;
    self.pause();
  }
}

}  // namespace simt
