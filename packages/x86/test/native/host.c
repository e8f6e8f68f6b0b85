/*
 * Runs pieces of code on the host processor: reads cases from standard input, writes what became of each to standard
 * output. Linux on x86-64 only.
 *
 * Every case begins by returning from a signal handler, whose frame holds all registers, flags, x87 and SSE state and the
 * code segment (so 16- and 32-bit code need no more than other selectors), and ends in the next signal, which brings the state
 * back with trap number, error code and fault address. Code is surrounded by INT3. The layout of the records is that of
 * protocol.ts.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE 0x10000000ul
#define CODE_BYTES 0x10000ul
#define DATA 0x20000000ul
#define DATA_BYTES 0x2000ul
#define READ_ONLY 0x20003000ul
#define PAGE 0x1000ul
#define GS_BASE 0x1ff00000ul
/* Base of the data segment of 16-bit code: DATA is at offset 0x1000 of it. */
#define DATA_16 (DATA - PAGE)
#define FLOAT_BYTES 512
/* Bytes of the FXSAVE image that belong to the state: the rest is the kernel's. */
#define FLOAT_USED 416
#define MXCSR_MASK_AT 28

struct header {
  uint32_t magic, count, has_float, reserved;
  uint8_t data[DATA_BYTES];
  uint8_t read_only[PAGE];
};

struct request {
  uint32_t bits, code_at, code_bytes, patch_at, patch_bytes, reserved;
  uint64_t flags;
  uint64_t registers[16];
  uint8_t code[48];
  uint8_t patch[64];
  uint8_t padding[16];
  uint8_t floats[]; /* FLOAT_BYTES of them when the header says so */
};

struct response {
  uint32_t trap, signal;
  uint64_t error, address, flags, rip;
  uint64_t registers[16];
  uint32_t changed_at, changed_bytes;
  uint16_t cs, ss, ds, es;
};

/* General registers in encoding order. */
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static struct header *header;
static uint8_t *input;
static uint32_t current, started;
static uint8_t *writable_code; /* the code's second mapping */
static uint8_t *output;
static size_t used;
#define OUTPUT_BYTES (4ul << 20)

static size_t request_bytes(void) { return sizeof(struct request) + (header->has_float ? FLOAT_BYTES : 0); }

static struct request *request_at(uint32_t index) {
  return (struct request *)(input + sizeof(struct header) + index * request_bytes());
}

static void fail(const char *what) {
  perror(what);
  _exit(2);
}

static void flush(void) {
  for (size_t done = 0; done < used;) {
    ssize_t n = write(1, output + done, used - done);
    if (n <= 0) fail("write");
    done += n;
  }
  used = 0;
}

/* Code at the very end goes on where nothing is mapped. */
static size_t mapped_code_bytes(const struct request *request) {
  size_t room = CODE_BYTES - request->code_at;
  return request->code_bytes < room ? request->code_bytes : room;
}

/* Finds what the case changed in memory and puts it back. */
static void collect_memory(struct request *request, struct response *response) {
  uint8_t expected[DATA_BYTES] __attribute__((aligned(16)));
  uint8_t *data = (uint8_t *)DATA;
  memcpy(expected, header->data, DATA_BYTES);
  memcpy(expected + request->patch_at, request->patch, request->patch_bytes);
  if (memcmp(data, expected, DATA_BYTES) != 0) {
    size_t first = 0, last = DATA_BYTES;
    while (data[first] == expected[first]) first++;
    while (data[last - 1] == expected[last - 1]) last--;
    response->changed_at = first;
    response->changed_bytes = last - first;
    memcpy(output + used, data + first, last - first);
    used += last - first;
    memcpy(data, header->data, DATA_BYTES);
  } else if (request->patch_bytes) memcpy(data + request->patch_at, header->data + request->patch_at, request->patch_bytes);
}

static void finish_case(int signal, ucontext_t *context) {
  struct request *request = request_at(current);
  struct response *response = (struct response *)(output + used);
  greg_t *g = context->uc_mcontext.gregs;
  memset(response, 0, sizeof *response);
  response->trap = g[REG_TRAPNO];
  response->signal = signal;
  response->error = g[REG_ERR];
  response->address = g[REG_CR2];
  response->flags = g[REG_EFL];
  response->rip = g[REG_RIP];
  for (int i = 0; i < 16; i++) response->registers[i] = g[order[i]];
  response->cs = g[REG_CSGSFS];
  response->ss = g[REG_CSGSFS] >> 48;
  __asm__("mov %%ds, %0\n mov %%es, %1" : "=r"(response->ds), "=r"(response->es));
  used += sizeof *response;
  if (header->has_float) {
    memcpy(output + used, context->uc_mcontext.fpregs, FLOAT_BYTES);
    used += FLOAT_BYTES;
  }
  collect_memory(request, response);
  memset(writable_code + request->code_at, 0xcc, mapped_code_bytes(request));
  if (used > OUTPUT_BYTES / 2) flush();
}

static void begin_case(ucontext_t *context) {
  struct request *request = request_at(current);
  greg_t *g = context->uc_mcontext.gregs;
  memcpy(writable_code + request->code_at, request->code, mapped_code_bytes(request));
  memcpy((uint8_t *)DATA + request->patch_at, request->patch, request->patch_bytes);
  for (int i = 0; i < 16; i++) g[order[i]] = request->registers[i];
  g[REG_EFL] = request->flags | 0x202;
  g[REG_RIP] = (request->bits == 16 ? 0 : CODE) + request->code_at;
  uint64_t code = request->bits == 16 ? 0x07 : request->bits == 32 ? 0x23 : 0x33;
  uint64_t data = request->bits == 16 ? 0x0f : 0x2b;
  g[REG_CSGSFS] = (g[REG_CSGSFS] & 0x0000ffffffff0000) | code | data << 48;
  /* These two are not in the frame of a signal. */
  __asm__ volatile("mov %0, %%ds\n mov %0, %%es" : : "r"((uint32_t)data));
  if (header->has_float) {
    uint8_t *floats = (uint8_t *)context->uc_mcontext.fpregs;
    memcpy(floats, request->floats, MXCSR_MASK_AT);
    memcpy(floats + MXCSR_MASK_AT + 4, request->floats + MXCSR_MASK_AT + 4, FLOAT_USED - MXCSR_MASK_AT - 4);
    /* x87 and SSE state are to be loaded. */
    *(uint64_t *)(floats + 512) |= 3;
  }
}

/* Called by the handler below. */
void on_signal(int signal, siginfo_t *info, void *context) {
  (void)info;
  if (signal == SIGALRM) {
    fprintf(stderr, "case %u does not end\n", current);
    _exit(3);
  }
  if (started) {
    finish_case(signal, context);
    current++;
  }
  started = 1;
  if (current == header->count) {
    flush();
    _exit(0);
  }
  begin_case(context);
}

/*
 * The kernel leaves AC, NT and ID as the case had them: compiled code does not align all of its accesses, and a return to
 * the next case does not set them.
 */
void handler(int, siginfo_t *, void *);
__asm__(".globl handler\nhandler:\n pushf\n andl $~0x244000,(%rsp)\n popf\n jmp on_signal\n");

static void map(uint64_t at, size_t bytes, int protection) {
  void *result = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (result != (void *)at) fail("mmap");
}

static void map_all(void) {
  int file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, CODE_BYTES) != 0) fail("memfd");
  writable_code = mmap(0, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void *code = mmap((void *)CODE, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
  if (code != (void *)CODE || writable_code == MAP_FAILED) fail("mmap of code");
  memset(writable_code, 0xcc, CODE_BYTES);
  map(DATA, DATA_BYTES, PROT_READ | PROT_WRITE);
  map(READ_ONLY, PAGE, PROT_READ | PROT_WRITE);
  memcpy((void *)DATA, header->data, DATA_BYTES);
  memcpy((void *)READ_ONLY, header->read_only, PAGE);
  mprotect((void *)READ_ONLY, PAGE, PROT_READ);
  output = malloc(OUTPUT_BYTES);
}

static void read_input(void) {
  size_t capacity = 1 << 20, bytes = 0;
  input = malloc(capacity);
  for (;;) {
    ssize_t n = read(0, input + bytes, capacity - bytes);
    if (n < 0) fail("read");
    if (n == 0) break;
    bytes += n;
    if (bytes == capacity) input = realloc(input, capacity *= 2);
  }
  header = (struct header *)input;
  if (bytes < sizeof *header || header->magic != 0x31464456 ||
      bytes != sizeof *header + header->count * request_bytes()) {
    fprintf(stderr, "not a batch of cases\n");
    _exit(2);
  }
}

static void catch_signals(void) {
  static const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM};
  stack_t stack = {.ss_sp = malloc(1 << 18), .ss_size = 1 << 18};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  /* The guard must come through while a case runs, not within the handler. */
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
}

/* Segments of 16-bit code, entries 0 and 1 of the local descriptor table; not every kernel has one. */
static int make_segments(void) {
  struct user_desc code = {.entry_number = 0, .base_addr = CODE, .limit = 0xffff, .contents = 2, .useable = 1};
  struct user_desc data = {.entry_number = 1, .base_addr = DATA_16, .limit = 0xffff, .useable = 1};
  return syscall(SYS_modify_ldt, 0x11, &code, sizeof code) == 0 && syscall(SYS_modify_ldt, 0x11, &data, sizeof data) == 0;
}

/* With an argument: only whether 16-bit code can run. */
int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) return make_segments() ? 0 : 1;
  read_input();
  map_all();
  catch_signals();
  syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
  if (!make_segments() && header->count && request_at(0)->bits == 16) fail("modify_ldt");
  alarm(60);
  if (header->count) __asm__ volatile("int3");
  return 0;
}
