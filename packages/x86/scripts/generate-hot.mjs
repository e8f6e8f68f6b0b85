// Writes assembly/generated/hot.ts and assembly/generated/hot-handlers.ts: one case per operation, operand form and size
// of the frequent instructions. embed-core.mjs runs it before it compiles the core.

import { mkdirSync, writeFileSync } from 'node:fs';

const DST = 'vp + load<u8>(op + OP_DST)';
const SRC = 'vp + load<u8>(op + OP_SRC)';
const BASE = 'load<u64>(vp + load<u8>(op + OP_BASE))';
const INDEX = '(load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE)))';
const DISPLACEMENT = '<u64>(<i64>load<i32>(op + OP_DISPLACEMENT))';
/** Linear address of the memory operand. */
const EA = `(${BASE} + ${INDEX} + ${DISPLACEMENT}) & mask`;
/** The same for an operand without index. */
const EA_BASE = `(${BASE} + ${DISPLACEMENT}) & mask`;
/** An operand of FS or GS in 64-bit mode. */
const EA_SEGMENT = `${BASE} + ${INDEX} + ${DISPLACEMENT} + load<u64>(vp + SEGMENTS + (<usize>(load<u8>(op + OP_SEGMENT) & 7) << 4))`;

let id = 16;
const handlers = [];
const cases = [];

/** Adds a handler. `straight` ones go on with the next micro-op; those that touch memory say where a fault happens. */
function add(name, body, straight = true) {
  const mayFault = body.some((line) =>
    /read<|write<|readUpdate|writeSized|checkTarget|requireSse/.test(line),
  );
  const lines = [
    ...(mayFault ? ['store<u32>(vp + CURRENT_OP, <u32>op);'] : []),
    ...body,
    ...(straight ? ['op += OP_BYTES;', 'continue;'] : []),
  ];
  handlers.push(`export const ${name}: u32 = ${id};`);
  cases.push(`      case ${id}: { // ${name}\n        ${lines.join('\n        ')}\n      }`);
  id += 1;
}

const type = (bits) => `u${bits}`;
const sizeCode = (bits) => ({ 8: 0, 32: 2, 64: 3 })[bits];
const cut = (bits) => ({ 8: ' & 0xff', 32: ' & 0xffffffff', 64: '' })[bits];
const value = (bits, at) => `<u64>load<${type(bits)}>(${at})`;
const imm = (bits) => `load<u64>(op + OP_IMMEDIATE)${cut(bits)}`;
/** Stores a register: 32-bit results clear the upper half. */
const setDst = (bits, result) =>
  bits === 8 ? `store<u8>(${DST}, <u8>(${result}));` : `store<u64>(${DST}, ${result});`;

// --- Arithmetic and logic.

const ALU = { ADD: 'a + b', OR: 'a | b', AND: 'a & b', SUB: 'a - b', XOR: 'a ^ b', CMP: 'a - b' };
const LAZY = {
  ADD: 'CC_ADD',
  SUB: 'CC_SUB',
  CMP: 'CC_SUB',
  OR: 'CC_LOGIC',
  AND: 'CC_LOGIC',
  XOR: 'CC_LOGIC',
  TEST: 'CC_LOGIC',
};
const FORMS = ['RR', 'RI', 'RM', 'MR', 'MI'];

/** Reads `a`, the destination, and `b`. Memory that is written is read at `at`, or at `host` where no check is due. */
function operands(form, bits, writes) {
  const lines = [];
  if (form.startsWith('M')) {
    lines.push(`const at = ${EA};`);
    if (writes) {
      lines.push(`const host = writable<${type(bits)}>(vp, at);`);
      lines.push(`const a = host ? <u64>load<${type(bits)}>(host) : readUpdate(vp, at, ${bits / 8});`);
    } else lines.push(`const a = read<${type(bits)}>(vp, at);`);
  } else lines.push(`const a = ${value(bits, DST)};`);
  if (form.endsWith('I')) lines.push(`const b = ${imm(bits)};`);
  else if (form === 'RM') lines.push(`const b = read<${type(bits)}>(vp, ${EA});`);
  else if (form.length === 2) lines.push(`const b = ${value(bits, SRC)};`);
  return lines;
}

/** Stores a result where `operands` found the destination. */
function result(form, bits, name) {
  if (!form.startsWith('M')) return [setDst(bits, name)];
  return [
    `if (host) store<${type(bits)}>(host, <${type(bits)}>${name});`,
    `else writeSized(vp, at, ${bits / 8}, ${name});`,
  ];
}

for (const bits of [32, 64, 8]) {
  for (const [name, sum] of Object.entries(ALU)) {
    for (const form of FORMS) {
      const writes = name !== 'CMP';
      add(`${name}_${form}_${bits}`, [
        ...operands(form, bits, writes),
        `const res = (${sum})${cut(bits)};`,
        `setLazy(vp, ${LAZY[name]} | ${sizeCode(bits)}, res, b);`,
        ...(writes ? result(form, bits, 'res') : []),
      ]);
    }
  }
  for (const form of ['RR', 'RI', 'MR', 'MI'])
    add(`TEST_${form}_${bits}`, [
      ...operands(form, bits, false),
      `setLazy(vp, CC_LOGIC | ${sizeCode(bits)}, a & b, 0);`,
    ]);
}
for (const bits of [32, 64]) {
  for (const [name, kind] of [
    ['ADC', 2],
    ['SBB', 3],
  ])
    for (const form of ['RR', 'RI'])
      add(`${name}_${form}_${bits}`, [
        ...operands(form, bits, true),
        `store<u64>(${DST}, alu(vp, ${kind}, a, b, ${bits / 8}));`,
      ]);
  for (const name of ['INC', 'DEC'])
    for (const form of ['R', 'M']) {
      const call = `${name === 'INC' ? 'increment' : 'decrement'}(vp, a, ${bits / 8})`;
      add(`${name}_${form}_${bits}`, [
        ...operands(form, bits, true),
        `const res = ${call};`,
        ...result(form, bits, 'res'),
      ]);
    }
}

// Operands of FS and GS in 64-bit mode, where systems keep what belongs to a processor.
for (const bits of [32, 64])
  for (const [name, sum] of Object.entries(ALU))
    add(`${name}_RS_${bits}`, [
      `const a = ${value(bits, DST)};`,
      `const b = read<${type(bits)}>(vp, ${EA_SEGMENT});`,
      `const res = (${sum})${cut(bits)};`,
      `setLazy(vp, ${LAZY[name]} | ${sizeCode(bits)}, res, b);`,
      ...(name === 'CMP' ? [] : [setDst(bits, 'res')]),
    ]);
for (const name of ['INC', 'DEC'])
  add(`${name}_S_32`, [
    `const at = ${EA_SEGMENT};`,
    'const host = writable<u32>(vp, at);',
    'const a = host ? <u64>load<u32>(host) : readUpdate(vp, at, 4);',
    `const res = ${name === 'INC' ? 'increment' : 'decrement'}(vp, a, 4);`,
    ...result('M', 32, 'res'),
  ]);

// --- Moves.

for (const bits of [32, 64, 8]) {
  add(`MOV_RR_${bits}`, [setDst(bits, value(bits, SRC))]);
  add(`MOV_RI_${bits}`, [setDst(bits, imm(bits))]);
  add(`MOV_RM_${bits}`, [setDst(bits, `read<${type(bits)}>(vp, ${EA})`)]);
  add(`MOV_MR_${bits}`, [`write<${type(bits)}>(vp, ${EA}, ${value(bits, SRC)});`]);
  add(`MOV_MI_${bits}`, [`write<${type(bits)}>(vp, ${EA}, ${imm(bits)});`]);
  add(`MOV_RB_${bits}`, [setDst(bits, `read<${type(bits)}>(vp, ${EA_BASE})`)]);
  add(`MOV_BR_${bits}`, [`write<${type(bits)}>(vp, ${EA_BASE}, ${value(bits, SRC)});`]);
}
for (const bits of [32, 64]) {
  add(`MOV_RS_${bits}`, [`store<u64>(${DST}, read<${type(bits)}>(vp, ${EA_SEGMENT}));`]);
  add(`LEA_${bits}`, [`store<u64>(${DST}, ${EA}${cut(bits)});`]);
  for (const from of [8, 16]) {
    const extended = (at) => `<u64>(<i64>load<i${from}>(${at}))${cut(bits)}`;
    const memory = `read<u${from}>(vp, ${EA})`;
    if (bits === 32) {
      // Zero-extended to 32 bits is zero-extended to 64.
      add(`MOVZX_RR${from}`, [`store<u64>(${DST}, load<u${from}>(${SRC}));`]);
      add(`MOVZX_RM${from}`, [`store<u64>(${DST}, ${memory});`]);
    }
    add(`MOVSX_RR${from}_${bits}`, [`store<u64>(${DST}, ${extended(SRC)});`]);
    add(`MOVSX_RM${from}_${bits}`, [`store<u64>(${DST}, <u64>(<i64>(<i${from}>${memory}))${cut(bits)});`]);
  }
  for (let code = 0; code < 16; code += 1) {
    const otherwise = bits === 32 ? [`else store<u64>(${DST}, ${value(32, DST)});`] : [];
    add(`CMOV_${bits}_${code}`, [
      `if (quickCondition(vp, ${code})) store<u64>(${DST}, ${value(bits, SRC)});`,
      ...otherwise,
    ]);
  }
}
for (let code = 0; code < 16; code += 1)
  add(`SET_${code}`, [`store<u8>(${SRC}, quickCondition(vp, ${code}) ? 1 : 0);`]);
add('MOVSXD_RR', [`store<u64>(${DST}, <u64>(<i64>load<i32>(${SRC})));`]);
add('MOVSXD_RM', [`store<u64>(${DST}, <u64>(<i64>(<i32>read<u32>(vp, ${EA}))));`]);
add('NOP', []);

// --- Shifts and multiplication.

const SHIFTS = { ROL: 0, ROR: 1, SHL: 4, SHR: 5, SAR: 7 };
for (const bits of [32, 64]) {
  for (const [name, kind] of Object.entries(SHIFTS))
    for (const [form, by] of [
      ['RI', 'op + OP_IMMEDIATE'],
      ['RC', 'vp + RCX'],
    ])
      add(`${name}_${form}_${bits}`, [
        `store<u64>(${DST}, shift(vp, ${kind}, ${value(bits, DST)}, load<u8>(${by}), ${bits / 8}));`,
      ]);
  const product = (a, b) => `store<u64>(${DST}, multiply(vp, ${a}, ${b}, ${bits / 8}));`;
  add(`IMUL_RR_${bits}`, [product(value(bits, DST), value(bits, SRC))]);
  add(`IMUL_RRI_${bits}`, [product(value(bits, SRC), imm(bits))]);
  add(`NOT_R_${bits}`, [setDst(bits, `~${value(bits, DST)}${cut(bits)}`)]);
  add(`NEG_R_${bits}`, [setDst(bits, `alu(vp, 5, 0, ${value(bits, DST)}, ${bits / 8})`)]);
  for (const name of ['MUL', 'IMUL'])
    add(`${name}_R_${bits}`, [`multiplyWide(vp, ${value(bits, DST)}, ${bits / 8}, ${name === 'IMUL'});`]);
}

// --- The stack.

for (const bits of [64, 32]) {
  const bytes = bits / 8;
  const push = (what) => [
    `const at = (load<u64>(vp + RSP) - ${bytes}) & mask;`,
    `write<${type(bits)}>(vp, at, ${what});`,
    'store<u64>(vp + RSP, at);',
  ];
  add(`PUSH_R_${bits}`, push(value(bits, DST)));
  add(`PUSH_I_${bits}`, push('load<u64>(op + OP_IMMEDIATE)'));
  add(`POP_R_${bits}`, [
    'const at = load<u64>(vp + RSP) & mask;',
    `const popped = read<${type(bits)}>(vp, at);`,
    `store<u64>(vp + RSP, (at + ${bytes}) & mask);`,
    `store<u64>(${DST}, popped);`,
  ]);
}

// --- Moves of XMM registers, whose operands are offsets from XMM. `sse/decode.ts` chooses these.

const XMM_DST = 'vp + XMM + load<u8>(op + OP_DST)';
const XMM_SRC = 'vp + XMM + load<u8>(op + OP_SRC)';
const ALIGNED = 'if (at & 15) raiseGP(vp, 0);';
add('XMM_RR', ['requireSse(vp);', `v128.store(${XMM_DST}, v128.load(${XMM_SRC}));`]);
add('XMM_XOR', [
  'requireSse(vp);',
  `v128.store(${XMM_DST}, v128.xor(v128.load(${XMM_DST}), v128.load(${XMM_SRC})));`,
]);
for (const aligned of [false, true]) {
  const start = ['requireSse(vp);', `const at = ${EA};`, ...(aligned ? [ALIGNED] : [])];
  const suffix = aligned ? '_ALIGNED' : '';
  add(`XMM_RM${suffix}`, [...start, `v128.store(${XMM_DST}, read128(vp, at));`]);
  add(`XMM_MR${suffix}`, [...start, `write128(vp, at, v128.load(${XMM_DST}));`]);
}
add('XMM_RM_64', [
  'requireSse(vp);',
  `v128.store(${XMM_DST}, i64x2.replace_lane(i64x2.splat(0), 0, <i64>read<u64>(vp, ${EA})));`,
]);
add('XMM_MR_64', ['requireSse(vp);', `write<u64>(vp, ${EA}, load<u64>(${XMM_DST}));`]);

// --- Branches. They come last: from JMP on, micro-ops have links.

const NEXT = '(load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH))';
/** What stands behind the switch goes on from `from`, a branch or the end of a block, or to `target` when that is 0. */
const branch = ['from = op;', 'break;'];
/** To the target when a condition holds, else to the block's end behind the branch. */
const branchIf = (holds) => [`from = ${holds} ? op : op + OP_BYTES;`, 'break;'];
/** To an address from a register or memory. */
const indirect = (before, after = []) => [
  ...before,
  'checkTarget(vp, target);',
  ...after,
  'count(load<u8>(op + OP_COUNT));',
  'from = 0;',
  'break;',
];
const pushNext = (bits) => [
  `const at = (load<u64>(vp + RSP) - ${bits / 8}) & mask;`,
  `write<${type(bits)}>(vp, at, ${NEXT} & mask);`,
  'store<u64>(vp + RSP, at);',
];
add('JMP', branch, false);
for (let code = 0; code < 16; code += 1) add(`JCC_${code}`, branchIf(`quickCondition(vp, ${code})`), false);
for (const bits of [64, 32]) {
  // The first time, the target is checked before anything is pushed.
  const check = `if (load<u32>(op + OP_LINK) == 0) checkTarget(vp, (${NEXT} + load<u64>(op + OP_IMMEDIATE)) & mask);`;
  add(`CALL_${bits}`, [check, ...pushNext(bits), ...branch], false);
  add(
    `RET_${bits}`,
    indirect(
      ['const at = load<u64>(vp + RSP) & mask;', `target = read<${type(bits)}>(vp, at);`],
      [`store<u64>(vp + RSP, (at + ${bits / 8}) & mask);`],
    ),
    false,
  );
  for (const form of ['R', 'M']) {
    const to = [`target = ${form === 'R' ? value(bits, SRC) : `read<${type(bits)}>(vp, ${EA})`};`];
    add(`JMP_${form}_${bits}`, indirect(to), false);
    add(`CALL_${form}_${bits}`, indirect(to, pushNext(bits)), false);
  }
}

// A comparison and the conditional branch behind it, which stays in its place for whoever jumps there.
const RELATION = { 2: '<', 3: '>=', 4: '==', 5: '!=', 6: '<=', 7: '>', 12: '<', 13: '>=', 14: '<=', 15: '>' };
const SIGN = {
  4: 'res == 0',
  5: 'res != 0',
  8: 'negative < 0',
  9: 'negative >= 0',
  14: 'negative <= 0',
  15: 'negative > 0',
};

function fused(name, form, bits, code) {
  const lines = operands(form, bits, false);
  let holds;
  if (name === 'CMP') {
    const signed = code >= 12 ? `<i${bits}>` : '';
    lines.push(`setLazy(vp, CC_SUB | ${sizeCode(bits)}, (a - b)${cut(bits)}, b);`);
    holds = `${signed}a ${RELATION[code]} ${signed}b`;
  } else {
    lines.push('const res = a & b;', `setLazy(vp, CC_LOGIC | ${sizeCode(bits)}, res, 0);`);
    if (code >= 8) lines.push(`const negative = <i${bits}>res;`);
    holds = SIGN[code];
  }
  lines.push('op += OP_BYTES;', ...branchIf(holds));
  add(`${name}_${form}_${bits}_J${code}`, lines, false);
}

const FUSED = [];
function fuse(name, form, bits, codes) {
  const first = handlers.length;
  for (const code of codes) fused(name, form, bits, code);
  const names = codes.map((code, i) => `    case ${code}: return ${16 + first + i};`);
  FUSED.push(
    `  if (handler == ${name}_${form}_${bits}) {\n    switch (code) {\n  ${names.join('\n  ')}\n    }\n  }`,
  );
}
for (const bits of [32, 64]) {
  for (const form of ['RR', 'RI']) fuse('CMP', form, bits, [2, 3, 4, 5, 6, 7, 12, 13, 14, 15]);
  for (const form of ['RM', 'MR', 'MI']) fuse('CMP', form, bits, [2, 3, 4, 5, 6, 7]);
  fuse('TEST', 'RR', bits, [4, 5, 8, 9, 14, 15]);
  fuse('TEST', 'RI', bits, [4, 5]);
}
for (const form of ['RR', 'RI', 'MI']) fuse('CMP', form, 8, [2, 3, 4, 5, 6, 7]);
for (const form of ['RR', 'RI', 'MI']) fuse('TEST', form, 8, [4, 5, 8, 9]);

const head = '// Made by scripts/generate-hot.mjs.\n\n';
mkdirSync(new URL('../assembly/generated', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../assembly/generated/hot-handlers.ts', import.meta.url),
  `${head}/** Handler ids of the frequent instructions, by operation, operand form and bits. */

${handlers.join('\n')}

/** Handler of a comparison with a branch on condition \`code\` behind it, or 0. */
export function fusedHandler(handler: u32, code: u32): u32 {
${FUSED.join('\n')}
  return 0;
}
`,
);
writeFileSync(
  new URL('../assembly/generated/hot.ts', import.meta.url),
  `${head}/** The frequent instructions, one case each. */

import { isLasting } from '../blocks/find';
import { jumpTarget, modeKey } from '../blocks/jump-cache';
import { raiseGP } from '../exception';
import { HANDLER_NEXT_BLOCK } from '../decoder/handlers';
import { CC_ADD, CC_LOGIC, CC_SUB, setLazy } from '../flags';
import { countEntry, LEASE } from '../jit/regions';
import { read, writable, write, writeSized } from '../memory/access';
import {
  OP_BASE, OP_BYTES, OP_COUNT, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_LENGTH, OP_LINK,
  OP_LINK_NEXT, OP_OFFSET,
  OP_SCALE, OP_SEGMENT, OP_SRC,
} from '../micro-op';
import { MODE_64, MODE_CODE_32, MODE_FLAT } from '../mode-bits';
import {
  ADDRESS_MASK, BREAKPOINTS_ARMED, CURRENT_OP, MODE_WORD, RCX, RIP, RIP_BASE, RSP, SEGMENTS, XMM,
} from '../state';
import { executeSse } from '../sse/execute';
import { read128, requireSse, write128 } from '../sse/operands';
import { alu, decrement, increment, multiply, multiplyWide, shift } from '../interpreter/arithmetic';
import { checkTarget } from '../interpreter/control';
import { executeInteger } from '../interpreter/integer';
import { readUpdate } from '../interpreter/operands';
import { count, isBelow } from '../interpreter/progress';
import { quickCondition } from '../interpreter/quick-condition';
import { isRepeating } from '../interpreter/repeat';

/** The branch that {@link hot} ended with when it gave 0, if a link may be stored in it. */
export let branched: usize = 0;

/** No key of the jump cache. */
const NO_KEY: u32 = 0xffffffff;

/**
 * Executes micro-ops from \`op\` on, from block to block as far as the jump cache knows the way. Gives a system
 * instruction or a stale micro-op; or 0 with RIP set, behind a branch that leads elsewhere or a portion of a repeated
 * string instruction.
 */
export function hot(vp: usize, op: usize, limit: i32): usize {
  const mask = load<u64>(vp + ADDRESS_MASK);
  const word = load<u32>(vp + MODE_WORD);
  // Elsewhere linear addresses are no RIPs, or somebody watches where RIP goes.
  const flat = (word & MODE_64) != 0 || (word & (MODE_FLAT | MODE_CODE_32)) == (MODE_FLAT | MODE_CODE_32);
  const key = flat && load<u32>(vp + BREAKPOINTS_ARMED) == 0 ? modeKey(word) : NO_KEY;
  const ripMask: u64 = word & MODE_64 ? -1 : 0xffffffff;
  let target: u64 = 0;
  let from: usize = 0;
  while (true) {
    const handler = <u32>load<u16>(op + OP_HANDLER);
    switch (handler) {
      case 0: { // HANDLER_INTEGER
        const next = ${NEXT} & ripMask;
        store<u64>(vp + RIP, next);
        store<u32>(vp + CURRENT_OP, <u32>op);
        executeInteger(vp, op);
        target = load<u64>(vp + RIP);
        if (target == next) {
          op += OP_BYTES;
          continue;
        }
        count(load<u8>(op + OP_COUNT));
        branched = 0;
        if (isRepeating()) return 0;
        from = 0;
        break;
      }
      case 1: // HANDLER_SYSTEM
      case 2: // HANDLER_STALE
        return op;
      case 3: // HANDLER_NEXT_BLOCK
        from = op;
        break;
${cases.join('\n')}
      default:
        store<u32>(vp + CURRENT_OP, <u32>op);
        executeSse(vp, op, handler);
        op += OP_BYTES;
        continue;
    }
    if (from != 0) {
      const link = load<u32>(from + OP_LINK);
      const lease = load<u32>(from + OP_LINK_NEXT);
      if (link != 0 && lease != 0 && isBelow(limit)) {
        store<u32>(from + OP_LINK_NEXT, lease - 1);
        count(load<u8>(from + OP_COUNT));
        op = link;
        continue;
      }
      target = (load<u64>(vp + RIP_BASE) + load<u16>(from + OP_OFFSET) + load<u8>(from + OP_LENGTH) + load<u64>(from + OP_IMMEDIATE)) & ripMask;
      if (load<u16>(from + OP_HANDLER) != HANDLER_NEXT_BLOCK) {
        store<u32>(vp + CURRENT_OP, <u32>from);
        checkTarget(vp, target);
      }
      count(load<u8>(from + OP_COUNT));
    }
    const found = jumpTarget(vp, target, key);
    // A link that was worn out stands for as many entries as it allowed.
    const linked = from != 0 && load<u32>(from + OP_LINK) != 0;
    if (found == 0 || !isBelow(limit) || countEntry(found, linked)) {
      store<u64>(vp + RIP, target);
      branched = from;
      return 0;
    }
    const base = target & ~(<u64>0xfff);
    if (from != 0 && base == load<u64>(vp + RIP_BASE) && isLasting(from)) {
      store<u32>(from + OP_LINK, <u32>found);
      store<u32>(from + OP_LINK_NEXT, LEASE);
    }
    store<u64>(vp + RIP_BASE, base);
    op = found;
  }
}
`,
);
