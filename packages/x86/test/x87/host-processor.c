// Runs machine code on the host processor for the x87 and MMX tests. Requests on standard input:
// u32 code bytes, u32 data bytes, u32 count, code, data. The code is called at CODE_ADDRESS with RDI = DATA_ADDRESS and
// ECX = count; the data, as it is afterwards, is the answer on standard output.
// With any argument it prints the processor's vendor instead. Compiled with -mno-red-zone: the code pushes below the stack pointer.

#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CODE_ADDRESS 0x200000
#define DATA_ADDRESS 0x210000
#define CODE_BYTES 0x10000
#define DATA_BYTES 0xd00000

static void call(uint64_t count) {
  uint64_t code = CODE_ADDRESS, data = DATA_ADDRESS;
  __asm__ volatile(
      "push %%rbx; push %%rbp; call *%%rax; pop %%rbp; pop %%rbx; fninit; cld"
      : "+a"(code), "+D"(data), "+c"(count)
      :
      : "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1", "xmm2",
        "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

int main(int argumentCount, char **arguments) {
  if (argumentCount > 1) {
    uint32_t vendor[4] = {0};
    __get_cpuid(0, &(uint32_t){0}, &vendor[0], &vendor[2], &vendor[1]);
    return puts((char *)vendor) < 0;
  }
  const int rights = PROT_READ | PROT_WRITE | PROT_EXEC;
  const int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  uint8_t *code = mmap((void *)CODE_ADDRESS, CODE_BYTES, rights, kind, -1, 0);
  uint8_t *data = mmap((void *)DATA_ADDRESS, DATA_BYTES, rights, kind, -1, 0);
  if (code != (void *)CODE_ADDRESS || data != (void *)DATA_ADDRESS) return 1;
  uint32_t head[3];
  while (fread(head, sizeof head, 1, stdin) == 1) {
    if (head[0] > CODE_BYTES || head[1] > DATA_BYTES) return 2;
    if (fread(code, 1, head[0], stdin) != head[0] || fread(data, 1, head[1], stdin) != head[1]) return 3;
    call(head[2]);
    fwrite(data, 1, head[1], stdout);
  }
  return fflush(stdout) != 0;
}
