import { describe, expect, it } from 'vitest';
import { QemuStates } from './qemu-states.mjs';

/** Two dumps as QEMU 7.2 prints them, shortened at their ends. */
const LOG = `EAX=2badb002 EBX=00009500 ECX=00200020 EDX=00000001
ESI=00000002 EDI=00000003 EBP=00000004 ESP=00006f08
EIP=00200020 EFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
ES =0010 00000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
EFER=0000000000000000
RAX=0000000000000001 RBX=0000000000000002 RCX=ffffffff81000000 RDX=0000000000000004
RSI=0000000000000005 RDI=0000000000000006 RBP=0000000000000007 RSP=ffffffff82a03f58
R8 =0000000000000008 R9 =0000000000000009 R10=000000000000000a R11=000000000000000b
R12=000000000000000c R13=000000000000000d R14=000000000000000e R15=000000000000000f
RIP=ffffffff8104e57e RFL=00000006 [-----P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
`;

function read(pieces, from = 0x20_0020n) {
  const seen = [];
  const states = new QemuStates(from, (registers) => seen.push(registers));
  for (const piece of pieces) states.hear(piece);
  return seen;
}

describe('QemuStates', () => {
  it('reads registers of 32 and of 64 bits', () => {
    const [first, second, ...others] = read([LOG]);
    expect(first).toEqual({
      ...{ bits: 32, rax: 0x2badb002n, rbx: 0x9500n, rcx: 0x200020n, rdx: 1n, rsi: 2n, rdi: 3n, rbp: 4n },
      ...{ rsp: 0x6f08n, rip: 0x200020n, rflags: 0x46n },
    });
    expect(second).toMatchObject({ bits: 64, rcx: 0xffff_ffff_8100_0000n, r8: 8n, r15: 15n });
    expect(second).toMatchObject({ rip: 0xffff_ffff_8104_e57en, rflags: 6n });
    expect(others).toEqual([]);
  });

  it('reads the same from pieces, wherever they are cut', () => {
    for (let at = 1; at < LOG.length; at += 7) {
      expect(read([LOG.slice(0, at), LOG.slice(at)])).toEqual(read([LOG]));
    }
  });

  it('passes over what comes before the first instruction', () => {
    expect(read([LOG], 0xffff_ffff_8104_e57en)).toHaveLength(1);
    expect(read([LOG], 0x1234n)).toEqual([]);
  });
});
