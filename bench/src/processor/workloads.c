/* Work for the interpreter, as a compiler makes it: one function per kind, chosen by the first argument. */

typedef unsigned int u32;
typedef unsigned long u64;

static u32 words[4096];
static unsigned char bytes[16384];

/* Loads, stores, compares: fills and sorts. */
static u64 sort(u32 seed) {
  for (int i = 0; i < 4096; i++) words[i] = seed = seed * 1664525u + 1013904223u;
  for (int gap = 1750; gap > 0; gap = gap * 10 / 22)
    for (int i = gap; i < 4096; i++) {
      u32 value = words[i];
      int j = i;
      for (; j >= gap && words[j - gap] > value; j -= gap) words[j] = words[j - gap];
      words[j] = value;
    }
  return words[0] ^ words[4095];
}

/* 64-bit arithmetic and shifts. */
static u64 hash(u64 seed) {
  for (int i = 0; i < 16384; i++) bytes[i] = (unsigned char)(seed >> (i & 31));
  for (int i = 0; i < 16384; i++) {
    seed = (seed ^ bytes[i]) * 0x100000001b3ul;
    seed ^= seed >> 29;
  }
  return seed;
}

/* Bytes, branches and tables, as string functions and parsers have. */
static u64 text(u32 seed) {
  u32 found = 0;
  for (int i = 0; i < 16383; i++) bytes[i] = "the quick brown fox, jumps!"[(seed += i * 7) % 27];
  bytes[16383] = 0;
  for (const unsigned char *p = bytes; *p; p++) {
    if (*p >= 'a' && *p <= 'z') found += *p == 'o' ? 3 : 1;
    else if (*p == ' ' || *p == ',') found ^= found << 1;
  }
  return found;
}

/* Calls and returns. */
static __attribute__((noinline)) u64 fibonacci(u64 n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__attribute__((section(".start"))) void start(u64 kind, u64 rounds) {
  u64 sum = 0;
  for (u64 i = 0; i < rounds; i++) {
    if (kind == 0) sum += sort((u32)i);
    else if (kind == 1) sum += hash(i);
    else if (kind == 2) sum += text((u32)i);
    else sum += fibonacci(18);
  }
  __asm__ volatile("hlt" : : "a"(sum));
}
