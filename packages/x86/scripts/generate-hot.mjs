// Writes assembly/interpreter/hot.ts and assembly/decoder/hot-handlers.ts: one case per operation, operand form and size
// of the frequent instructions. Run by hand after a change here; the results are committed.

import { writeFileSync } from 'node:fs';

const ALU = { ADD: 0, OR: 1, AND: 4, SUB: 5, XOR: 6, CMP: 7 };
const FORMS = ['RR', 'RI', 'RM', 'MR', 'MI'];
const DST = 'vp + load<u8>(op + OP_DST)';
const SRC = 'vp + load<u8>(op + OP_SRC)';
const EA =
  '(load<u64>(vp + load<u8>(op + OP_BASE)) + (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) + <u64>(<i64>load<i32>(op + OP_DISPLACEMENT))) & mask';

let id = 16;
const handlers = [];
const cases = [];
const add = (name, body, next = true) => {
  handlers.push(`export const ${name}: u32 = ${id};`);
  cases.push(
    `      case ${id}: { // ${name}\n        ${body.join('\n        ')}\n        ${next ? 'break;' : ''}\n      }`,
  );
  id += 1;
};
const type = (bits) => `u${bits}`;
const value = (bits, at) => `<u64>load<${type(bits)}>(${at})`;
const imm = (bits) =>
  bits === 32 ? 'load<u64>(op + OP_IMMEDIATE) & 0xffffffff' : 'load<u64>(op + OP_IMMEDIATE)';

function aluBody(name, bits, res) {
  const cut = bits === 32 ? ' & 0xffffffff' : '';
  const size = bits === 32 ? 2 : 3;
  const sum = { ADD: 'a + b', SUB: 'a - b', CMP: 'a - b', OR: 'a | b', AND: 'a & b', XOR: 'a ^ b' }[name];
  const cc = { ADD: 'CC_ADD', SUB: 'CC_SUB', CMP: 'CC_SUB' }[name] ?? 'CC_LOGIC';
  return [`const ${res} = (${sum})${cut};`, `setLazy(vp, ${cc} | ${size}, ${res}, b);`];
}

for (const bits of [32, 64]) {
  for (const name of Object.keys(ALU)) {
    for (const form of FORMS) {
      const lines = [];
      const memory = form.startsWith('M');
      if (memory) {
        lines.push(`const at = ${EA};`);
        if (name !== 'CMP') lines.push(`const host = writable<${type(bits)}>(vp, at);`);
        lines.push(
          name === 'CMP'
            ? `const a = read<${type(bits)}>(vp, at);`
            : `const a = host ? <u64>load<${type(bits)}>(host) : readUpdate(vp, at, ${bits / 8});`,
        );
      } else lines.push(`const a = ${value(bits, DST)};`);
      if (form.endsWith('I')) lines.push(`const b = ${imm(bits)};`);
      else if (form === 'RM') lines.push(`const b = read<${type(bits)}>(vp, ${EA});`);
      else lines.push(`const b = ${value(bits, SRC)};`);
      lines.push(...aluBody(name, bits, 'res'));
      if (name !== 'CMP') {
        if (memory)
          lines.push(
            `if (host) store<${type(bits)}>(host, <${type(bits)}>res);`,
            `else writeSized(vp, at, ${bits / 8}, res);`,
          );
        else lines.push(`store<u64>(${DST}, res);`);
      }
      add(`${name}_${form}_${bits}`, lines);
    }
  }
  add(`TEST_RR_${bits}`, [
    `setLazy(vp, CC_LOGIC | ${bits === 32 ? 2 : 3}, ${value(bits, DST)} & ${value(bits, SRC)}, 0);`,
  ]);
  add(`MOV_RR_${bits}`, [`store<u64>(${DST}, ${value(bits, SRC)});`]);
  add(`MOV_RI_${bits}`, [`store<u64>(${DST}, ${imm(bits)});`]);
  add(`MOV_RM_${bits}`, [`store<u64>(${DST}, read<${type(bits)}>(vp, ${EA}));`]);
  add(`MOV_MR_${bits}`, [`write<${type(bits)}>(vp, ${EA}, ${value(bits, SRC)});`]);
  add(`MOV_MI_${bits}`, [`write<${type(bits)}>(vp, ${EA}, ${imm(bits)});`]);
  const cut = bits === 32 ? ' & 0xffffffff' : '';
  add(`LEA_${bits}`, [`store<u64>(${DST}, ${EA}${cut});`]);
  add(`MOVZX_RM8_${bits}`, [`store<u64>(${DST}, read<u8>(vp, ${EA}));`]);
  add(`MOVZX_RR8_${bits}`, [`store<u64>(${DST}, load<u8>(${SRC}));`]);
  add(`MOVZX_RM16_${bits}`, [`store<u64>(${DST}, read<u16>(vp, ${EA}));`]);
  add(`SHL_RI_${bits}`, [
    `store<u64>(${DST}, shift(vp, 4, ${value(bits, DST)}, load<u8>(op + OP_IMMEDIATE), ${bits / 8}));`,
  ]);
  add(`SHR_RI_${bits}`, [
    `store<u64>(${DST}, shift(vp, 5, ${value(bits, DST)}, load<u8>(op + OP_IMMEDIATE), ${bits / 8}));`,
  ]);
  add(`SAR_RI_${bits}`, [
    `store<u64>(${DST}, shift(vp, 7, ${value(bits, DST)}, load<u8>(op + OP_IMMEDIATE), ${bits / 8}));`,
  ]);
  add(`IMUL_RR_${bits}`, [
    `store<u64>(${DST}, multiply(vp, ${value(bits, DST)}, ${value(bits, SRC)}, ${bits / 8}));`,
  ]);
}
add('MOVSXD_RR', [`store<u64>(${DST}, <u64>(<i64>load<i32>(${SRC})));`]);
add('MOVSXD_RM', [`store<u64>(${DST}, <u64>(<i64>(<i32>read<u32>(vp, ${EA}))));`]);
add('MOV_MR_8', [`write<u8>(vp, ${EA}, load<u8>(${SRC}));`]);
add('NOP', []);
add('PUSH_64', [
  `const at = load<u64>(vp + RSP) - 8;`,
  `write<u64>(vp, at, load<u64>(${DST}));`,
  `store<u64>(vp + RSP, at);`,
]);
add('POP_64', [
  `const at = load<u64>(vp + RSP);`,
  `const popped = read<u64>(vp, at);`,
  `store<u64>(vp + RSP, at + 8);`,
  `store<u64>(${DST}, popped);`,
]);
// Moves of XMM registers, whose operands are offsets from XMM. `sse/decode.ts` chooses these.
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
const leave = ['count(load<u8>(op + OP_COUNT));'];
const TARGET =
  '(load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH) + load<u64>(op + OP_IMMEDIATE)) & mask';
// A branch with its target in the same page goes there by a link once known; else RIP is set and 0 returned. `before`
// is what comes between the check of the target and the branch.
const branch = (before = []) => [
  'const link = load<u32>(op + OP_LINK);',
  'if (link != 0 && isBelow(limit)) {',
  ...[...before, ...leave, 'op = link;', 'continue;'].map((line) => `  ${line}`),
  '}',
  `const target = ${TARGET};`,
  'checkTarget(vp, target);',
  ...before,
  ...leave,
  'store<u64>(vp + RIP, target);',
  'branched = op;',
  'return 0;',
];
add('JMP', branch(), false);
for (let code = 0; code < 16; code += 1)
  add(`JCC_${code}`, [`if (!quickCondition(vp, ${code})) break;`, ...branch()], false);
const pushNext = [
  'const next = load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH);',
  'const at = load<u64>(vp + RSP) - 8;',
  'write<u64>(vp, at, next);',
  'store<u64>(vp + RSP, at);',
];
add('CALL_64', branch(pushNext), false);
add(
  'RET_64',
  [
    `const at = load<u64>(vp + RSP);`,
    `const target = read<u64>(vp, at);`,
    `checkTarget(vp, target);`,
    `store<u64>(vp + RSP, at + 8);`,
    `store<u64>(vp + RIP, target);`,
    ...leave,
    `branched = 0;`,
    `return 0;`,
  ],
  false,
);

const head = '// Made by scripts/generate-hot.mjs.\n\n';
writeFileSync(
  new URL('../assembly/decoder/hot-handlers.ts', import.meta.url),
  `${head}/** Handler ids of the frequent instructions, by operation, operand form and bits. */\n\n${handlers.join('\n')}\n`,
);
writeFileSync(
  new URL('../assembly/interpreter/hot.ts', import.meta.url),
  `${head}/** The frequent instructions, one case each. */

import { CC_ADD, CC_LOGIC, CC_SUB, setLazy } from '../flags';
import { read, writable, write, writeSized } from '../memory/access';
import {
  OP_BASE, OP_BYTES, OP_COUNT, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_LENGTH, OP_LINK, OP_OFFSET,
  OP_SCALE, OP_SRC,
} from '../micro-op';
import { ADDRESS_MASK, CURRENT_OP, RIP, RIP_BASE, RSP, XMM } from '../state';
import { raiseGP } from '../exception';
import { executeSse } from '../sse/execute';
import { HANDLER_SSE } from '../sse/opcodes';
import { read128, requireSse, write128 } from '../sse/operands';
import { multiply, shift } from './arithmetic';
import { checkTarget } from './control';
import { readUpdate } from './operands';
import { count, isBelow } from './progress';
import { quickCondition } from './quick-condition';

/** The branch that {@link hot} ended with when it gave 0, if a link may be stored in it. */
export let branched: usize = 0;

/** Executes frequent micro-ops and those of SSE from \`op\` on. Gives the first that is none, or 0 with RIP set after a branch. */
export function hot(vp: usize, op: usize, limit: i32): usize {
  const mask = load<u64>(vp + ADDRESS_MASK);
  while (true) {
    store<u32>(vp + CURRENT_OP, <u32>op);
    const handler = <u32>load<u16>(op + OP_HANDLER);
    switch (handler) {
${cases.join('\n')}
      default:
        if (handler < HANDLER_SSE) return op;
        executeSse(vp, op, handler);
    }
    op += OP_BYTES;
  }
}
`,
);
