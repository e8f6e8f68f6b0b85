import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wire } from '../../test/support/wires.ts';
import { I8042 } from './i8042.ts';
import { KEY_PAUSE, KEY_PRINT_SCREEN } from './scan-codes.ts';

function controller() {
  const keyboard = new Wire();
  const mouse = new Wire();
  const resets: string[] = [];
  const chip = new I8042(keyboard, mouse, () => resets.push('reset'));
  const command = (value: number, data?: number) => {
    chip.command.writePort(0, 1, value);
    if (data !== undefined) chip.data.writePort(0, 1, data);
  };
  const status = () => chip.command.readPort(0, 1);
  const drain = () => {
    const bytes: number[] = [];
    while ((status() & 1) !== 0) bytes.push(chip.data.readPort(0, 1));
    return bytes;
  };
  return { chip, keyboard, mouse, resets, command, status, drain };
}

describe('I8042 as Linux probes it', () => {
  it('powers up translating, and keeps its configuration', () => {
    const { command, drain } = controller();
    command(0x20);
    expect(drain()[0]! & 0x40).toBe(0x40);
    command(0x60, 0x47);
    command(0x20);
    expect(drain()).toEqual([0x47]);
  });

  it('echoes to the mouse buffer unchanged, with the interrupt of the mouse', () => {
    const { command, status, drain, mouse } = controller();
    command(0x60, 0x46);
    for (const byte of [0x5a, 0xa5, 0xf0, 0x56, 0xa4]) {
      command(0xd3, byte);
      expect(status() & 0x21).toBe(0x21);
      expect(mouse.level).toBe(true);
      expect(drain()).toEqual([byte]);
      expect(mouse.level).toBe(false);
    }
  });

  it('has a keyboard and a mouse that tell who they are', () => {
    const { chip, command, drain, keyboard } = controller();
    command(0x60, 0x05);
    chip.data.writePort(0, 1, 0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x83]);
    expect(keyboard.rises).toBe(3);
    // Translation spares nothing: 83h is F7 in set 2. Linux looks at the first byte only.
    command(0x60, 0x45);
    chip.data.writePort(0, 1, 0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x41]);
    command(0xd4, 0xff);
    expect(drain()).toEqual([0xfa, 0xaa, 0x00]);
    command(0xd4, 0xf2);
    expect(drain()).toEqual([0xfa, 0x00]);
  });

  it('holds back what a device says while it is off', () => {
    const { chip, command, drain } = controller();
    command(0xad);
    expect(chip.pressKey(0x1e)).toBe(true);
    expect(drain()).toEqual([]);
    command(0x20);
    expect(drain()).toEqual([0x74]); // the controller itself is not off
    command(0xae);
    expect(drain()).toEqual([0x1e]);
    command(0xad);
    chip.data.writePort(0, 1, 0xee); // whoever speaks to the keyboard switches it on
    expect(drain()).toEqual([0xee]);
    command(0x20);
    expect(drain()).toEqual([0x64]);
  });

  it.each([
    ['test', 0xaa, 0x55],
    ['keyboard line', 0xab, 0x00],
    ['mouse line', 0xa9, 0x00],
    ['input port', 0xc0, 0x80],
    ['output port', 0xd0, 0x03],
    ['memory', 0x3f, 0x00],
  ])('answers: %s', (_, code, answer) => {
    const { command, drain } = controller();
    command(code);
    expect(drain()).toEqual([answer]);
  });

  it('resets the board, by a pulse or by its output port', () => {
    const { command, resets, drain } = controller();
    command(0xfe);
    command(0xf0);
    command(0xff);
    command(0xd1, 0xdf); // A20 on, no reset
    expect(resets.length).toBe(2);
    command(0xd1, 0xde);
    expect(resets.length).toBe(3);
    command(0x61, 0xff);
    expect(drain()).toEqual([]);
  });
});

describe('keys', () => {
  const sent = (config: number, act: (chip: I8042) => void) => {
    const { chip, command, drain } = controller();
    command(0x60, config);
    act(chip);
    return drain();
  };

  it('come in set 1 when translated, in set 2 when not', () => {
    const typed = (chip: I8042) => {
      chip.pressKey(0x1e);
      chip.releaseKey(0x1e);
      chip.pressKey(0xe048); // cursor up
      chip.releaseKey(0xe048);
    };
    expect(sent(0x45, typed)).toEqual([0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8]);
    expect(sent(0x05, typed)).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75]);
  });

  it('may be special', () => {
    const printed = (chip: I8042) => chip.pressKey(KEY_PRINT_SCREEN) && chip.releaseKey(KEY_PRINT_SCREEN);
    expect(sent(0x45, printed)).toEqual([0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa]);
    expect(sent(0x05, printed)).toEqual([...[0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12]]);
    const paused = (chip: I8042) => chip.pressKey(KEY_PAUSE) && chip.releaseKey(KEY_PAUSE);
    expect(sent(0x45, paused)).toEqual([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
    expect(sent(0x05, paused)).toEqual([0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
  });

  it('arrive as what they are by translation, all of them', () => {
    for (const key of [0, 0xe000].flatMap((prefix) =>
      Array.from({ length: 0x7f }, (_, i) => prefix + i + 1),
    )) {
      if (key === KEY_PAUSE || key === KEY_PRINT_SCREEN) continue;
      const prefix = key > 0x7f ? [0xe0] : [];
      const expected = [...prefix, key & 0x7f, ...prefix, (key & 0x7f) | 0x80];
      expect(sent(0x45, (chip) => chip.pressKey(key) && chip.releaseKey(key))).toEqual(expected);
    }
  });

  it('that do not exist are a mistake of the host', () => {
    const { chip } = controller();
    for (const key of [0, 0x80, 0xe000, 0xe080, 0x101e, -1, 1.5])
      expect(() => chip.pressKey(key)).toThrow(RangeError);
  });

  it('are lost whole when nobody takes them, or nobody listens', () => {
    const { chip, drain, command } = controller();
    command(0x60, 0x05);
    let taken = 0;
    while (chip.pressKey(0xe048)) taken += 1;
    expect(drain().length).toBe(2 * taken);
    chip.data.writePort(0, 1, 0xf5);
    expect(drain()).toEqual([0xfa]);
    expect(chip.pressKey(0x1e)).toBe(false);
  });
});

describe('the keyboard', () => {
  const commands = (...bytes: readonly number[]) => {
    const { chip, command, drain } = controller();
    command(0x60, 0x05);
    return bytes.map((byte) => {
      chip.data.writePort(0, 1, byte);
      return drain();
    });
  };

  it('answers as Linux expects', () => {
    expect(commands(0xed, 0x07, 0xf3, 0x20, 0xf4, 0xf6, 0xee, 0xfe)).toEqual([
      ...[[0xfa], [0xfa], [0xfa], [0xfa], [0xfa], [0xfa], [0xee], [0xee]],
    ]);
    expect(commands(0xff, 0xea)).toEqual([[0xfa, 0xaa], [0xfe]]);
  });

  it('has sets 1 and 2', () => {
    expect(commands(0xf0, 0, 0xf0, 1, 0xf0, 0, 0xf0, 3)).toEqual([
      ...[[0xfa], [0xfa, 2], [0xfa], [0xfa], [0xfa], [0xfa, 1], [0xfa], [0xfe]],
    ]);
  });
});

describe('the mouse', () => {
  const rodent = () => {
    const { chip, command, drain, mouse } = controller();
    command(0x60, 0x47);
    const tell = (...bytes: readonly number[]) => {
      for (const byte of bytes) command(0xd4, byte);
      return drain();
    };
    return { chip, tell, drain, mouse };
  };

  it('reports movements once it is asked to', () => {
    const { chip, tell, drain, mouse } = rodent();
    expect(chip.moveMouse({ dx: 1, dy: 1, buttons: 0 })).toBe(false);
    expect(tell(0xf4)).toEqual([0xfa]);
    const before = mouse.rises;
    expect(chip.moveMouse({ dx: 5, dy: 3, buttons: 1 })).toBe(true);
    expect(drain()).toEqual([0x29, 5, 0xfd]); // down is negative, and the left button is down
    expect(mouse.rises - before).toBe(3);
    chip.moveMouse({ dx: -300, dy: -2, buttons: 0 });
    expect(drain()).toEqual([0x18, 0x01, 2, 0x18, 0xd3, 0]);
  });

  it('grows a wheel when it hears the knock', () => {
    const { chip, tell, drain } = rodent();
    tell(0xf3, 200, 0xf3, 100, 0xf3, 80);
    expect(tell(0xf2)).toEqual([0xfa, 3]);
    tell(0xf4);
    chip.moveMouse({ dx: 0, dy: 0, wheel: 1, buttons: 4 });
    expect(drain()).toEqual([0x0c, 0, 0, 0xff]);
    expect(tell(0xff)).toEqual([0xfa, 0xaa, 0]);
    expect(tell(0xf2)).toEqual([0xfa, 0]);
  });

  it('adds up what finds no room', () => {
    const { chip, tell, drain } = rodent();
    tell(0xf4);
    for (let i = 0; i < 100; i += 1) chip.moveMouse({ dx: 2, dy: -1, buttons: 0 });
    let [dx, dy] = [0, 0];
    const bytes = drain();
    for (let i = 0; i < bytes.length; i += 3) {
      dx += bytes[i + 1]!;
      dy += bytes[i + 2]!;
    }
    expect([dx, dy, bytes.length % 3]).toEqual([200, 100, 0]);
  });

  it('tells its settings, and waits to be asked in remote mode', () => {
    const { chip, tell, drain } = rodent();
    expect(tell(0xe9)).toEqual([0xfa, 0, 2, 100]);
    expect(tell(0xe7, 0xe8, 3, 0xf3, 40, 0xf0, 0xf4)).toEqual(new Array(7).fill(0xfa));
    expect(tell(0xe9)).toEqual([0xfa, 0x70, 3, 40]);
    chip.moveMouse({ dx: 7, dy: 0, buttons: 2 });
    expect(drain()).toEqual([]);
    expect(tell(0xeb)).toEqual([0xfa, 0x0a, 7, 0]);
    expect(tell(0xee, 0x55, 0xf2, 0xec, 0xe8, 9, 0xe1)).toEqual([0xfa, 0x55, 0xf2, 0xfa, 0xfa, 0xfe, 0xfe]);
    expect(tell(0xf6, 0xe9)).toEqual([0xfa, 0xfa, 1, 2, 100]);
  });
});

it('survives nonsense, and a restored copy answers the same', () => {
  const step = fc.record({ kind: fc.nat(6), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 60 }), (before, after) => {
      const run = (on: ReturnType<typeof controller>, steps: typeof before) =>
        steps.map(({ kind, value }) => {
          if (kind === 0) on.command(value);
          if (kind === 1) on.chip.data.writePort(0, 1, value);
          if (kind === 2) on.chip.pressKey(value & 0x7f || 1);
          if (kind === 3)
            on.chip.moveMouse({ dx: value - 128, dy: value * 9, wheel: value & 3, buttons: value });
          if (kind === 4) on.command(0xd4, 0xe6 + (value % 26));
          return kind === 5 ? on.chip.data.readPort(0, 1) : on.status();
        });
      const one = controller();
      const two = controller();
      for (const answer of run(one, before)) expect(answer & ~0xff).toBe(0);
      two.chip.restore(one.chip.save());
      expect(two.chip.save()).toEqual(one.chip.save());
      expect(two.keyboard.level).toBe(one.keyboard.level);
      expect(run(two, after)).toEqual(run(one, after));
    }),
    { numRuns: 100 },
  );
});
