/*
 * Executes single instructions on the host's processor. Reads cases from standard input and writes each one back with
 * the state after it. The layout is that of host.ts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

struct state {
  uint8_t length;
  uint8_t code[15];
  uint8_t xmm[4][16];
  uint64_t mm[4];
  uint64_t rax, rcx, rdx, r9;
  uint64_t flags;
  uint32_t mxcsr;
  int32_t vector; /* of the exception that the instruction raised, -1 for none */
  uint8_t memory[64];
};

_Static_assert(offsetof(struct state, xmm) == 16, "layout");
_Static_assert(offsetof(struct state, mm) == 80, "layout");
_Static_assert(offsetof(struct state, rax) == 112, "layout");
_Static_assert(offsetof(struct state, flags) == 144, "layout");
_Static_assert(offsetof(struct state, mxcsr) == 152, "layout");
_Static_assert(offsetof(struct state, memory) == 160, "layout");
_Static_assert(sizeof(struct state) == 224, "layout");

static uint8_t *buffer;
static uint8_t length;
static volatile int vector;
static uint8_t memory[64] __attribute__((aligned(64)));

/* RDI: state, RSI: code, RDX: memory that the instruction sees through RSI and RDI. */
__attribute__((naked, noinline)) static void execute(
    struct state *state __attribute__((unused)), void *code __attribute__((unused)), void *seen __attribute__((unused))) {
  __asm__("push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
          "mov %rdi, %r15; mov %rsi, %r14; mov %rdx, %rsi; mov %rdx, %rdi\n"
          "movdqu 16(%r15), %xmm0; movdqu 32(%r15), %xmm1; movdqu 48(%r15), %xmm2; movdqu 64(%r15), %xmm9\n"
          "movq 80(%r15), %mm0; movq 88(%r15), %mm1; movq 96(%r15), %mm2; movq 104(%r15), %mm3\n"
          "mov 112(%r15), %rax; mov 120(%r15), %rcx; mov 128(%r15), %rdx; mov 136(%r15), %r9\n"
          "push 144(%r15); popfq\n"
          "ldmxcsr 152(%r15)\n"
          "call *%r14\n"
          "stmxcsr 152(%r15)\n"
          "pushfq; pop 144(%r15); cld\n"
          "mov %rax, 112(%r15); mov %rcx, 120(%r15); mov %rdx, 128(%r15); mov %r9, 136(%r15)\n"
          "movdqu %xmm0, 16(%r15); movdqu %xmm1, 32(%r15); movdqu %xmm2, 48(%r15); movdqu %xmm9, 64(%r15)\n"
          "movq %mm0, 80(%r15); movq %mm1, 88(%r15); movq %mm2, 96(%r15); movq %mm3, 104(%r15)\n"
          "emms\n"
          "push $0x1f80; ldmxcsr (%rsp); pop %rax\n"
          "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");
}

/* Goes on behind the instruction. */
static void caught(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *user = context;
  vector = (int)user->uc_mcontext.gregs[REG_TRAPNO];
  user->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)(buffer + length);
}

int main(void) {
  buffer = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) return 1;
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGILL, &action, NULL);
  sigaction(SIGFPE, &action, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  struct state state;
  while (fread(&state, sizeof state, 1, stdin) == 1) {
    length = state.length;
    memcpy(buffer, state.code, length);
    buffer[length] = 0xc3;
    memcpy(memory, state.memory, sizeof memory);
    vector = -1;
    execute(&state, buffer, memory);
    state.vector = vector;
    memcpy(state.memory, memory, sizeof memory);
    fwrite(&state, sizeof state, 1, stdout);
  }
  return 0;
}
