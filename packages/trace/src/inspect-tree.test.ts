import { describe, expect, it } from 'vitest';
import type { InspectNode } from './inspect.ts';
import { InspectTree } from './inspect-tree.ts';

const part = (node: InspectNode) => ({ inspect: () => node });

function machine(): InspectTree {
  const tree = new InspectTree();
  tree.add('partition/2', part({ state: 'running', memoryBytes: 4096 }));
  tree.add('partition/2/vp/0', part({ exits: 3, synic: { sint2: { vector: 0x83 } } }));
  tree.add('partition/2/vp/1', part({ exits: 5, synic: { sint2: { vector: 0x83 } } }));
  tree.add('partition/3/vp/0', part({ exits: 7 }));
  return tree;
}

describe('InspectTree', () => {
  it('answers a path with what is there', () => {
    const tree = machine();
    expect(tree.query('partition/2/state')).toBe('running');
    expect(tree.query('partition/2/vp/0/synic')).toEqual({ sint2: { vector: 0x83 } });
    expect(tree.query('/partition/3/')).toEqual({ vp: { 0: { exits: 7 } } });
    expect(tree.query('partition/9')).toBeUndefined();
    expect(tree.query('partition/2/state/deeper')).toBeUndefined();
    expect(tree.query('partition/2/toString')).toBeUndefined();
  });

  it('shows a part and what hangs below it as one node', () => {
    expect(machine().query('partition/2')).toEqual({
      state: 'running',
      memoryBytes: 4096,
      vp: {
        0: { exits: 3, synic: { sint2: { vector: 0x83 } } },
        1: { exits: 5, synic: { sint2: { vector: 0x83 } } },
      },
    });
  });

  it('cuts the tree down to what matches a pattern', () => {
    const tree = machine();
    expect(tree.query('partition/*/vp/*/exits')).toEqual({
      partition: { 2: { vp: { 0: { exits: 3 }, 1: { exits: 5 } } }, 3: { vp: { 0: { exits: 7 } } } },
    });
    expect(tree.query('**/vector')).toEqual({
      partition: {
        2: { vp: { 0: { synic: { sint2: { vector: 0x83 } } }, 1: { synic: { sint2: { vector: 0x83 } } } } },
      },
    });
    expect(tree.query('partition/2/vp/0/syn*')).toEqual({
      partition: { 2: { vp: { 0: { synic: { sint2: { vector: 0x83 } } } } } },
    });
    expect(tree.query('partition/3/**')).toEqual({ partition: { 3: { vp: { 0: { exits: 7 } } } } });
    expect(tree.query('nothing/*')).toEqual({});
    expect(tree.query('**')).toEqual(tree.query(''));
  });

  it('finds a name at several depths, below and inside what was found already', () => {
    const tree = new InspectTree();
    tree.add('a', part({ counters: { reads: 1, inner: { counters: { deeps: 2 } } }, other: 0 }));
    tree.add('a/b', part({ counters: { writes: 3 }, other: 0 }));
    tree.add('c', part({ counters: 4 }));
    expect(tree.query('**/counters')).toEqual({
      a: { counters: { reads: 1, inner: { counters: { deeps: 2 } } }, b: { counters: { writes: 3 } } },
      c: { counters: 4 },
    });
    expect(tree.query('a/**/counters/*s')).toEqual({
      a: { counters: { reads: 1, inner: { counters: { deeps: 2 } } }, b: { counters: { writes: 3 } } },
    });
  });

  it('asks a part only when the query goes through it', () => {
    const tree = new InspectTree();
    let asked = 0;
    const ask = () => {
      asked += 1;
      return asked;
    };
    tree.add('dear', { inspect: () => ({ value: ask() }) });
    tree.add('cheap', part({ big: () => ({ rows: ask() }), small: 1 }));
    expect(tree.query('cheap/small')).toBe(1);
    expect(tree.query('ch*/small')).toEqual({ cheap: { small: 1 } });
    expect(asked).toBe(0);
    expect(tree.query('cheap/big')).toEqual({ rows: 1 });
  });

  it('reads state anew each time: it is pulled, never pushed', () => {
    const tree = new InspectTree();
    const counters = { messages: 0 };
    tree.add('bus', { inspect: () => ({ counters }) });
    counters.messages += 2;
    expect(tree.query('bus/counters/messages')).toBe(2);
    const kept = tree.query('bus');
    counters.messages += 1;
    expect(kept).toEqual({ counters: { messages: 2 } });
  });

  it('goes through inspectables and functions inside a node, and leaves out what is undefined', () => {
    const tree = new InspectTree();
    tree.add('p', part({ child: part({ a: 1 }), lazy: () => part({ b: true }), gone: undefined }));
    expect(tree.query('p')).toEqual({ child: { a: 1 }, lazy: { b: true } });
  });

  it('takes parts out again, with the empty branches that led there', () => {
    const tree = new InspectTree();
    tree.add('a', part({ own: 1 }));
    const remove = tree.add('a/b/c', part({ x: 1 }));
    remove();
    remove();
    expect(tree.query('')).toEqual({ a: { own: 1 } });
    {
      using _ = tree.add('a/b/c', part({ x: 2 }));
      expect(tree.query('a/b/c/x')).toBe(2);
    }
    expect(tree.query('a/b')).toBeUndefined();
  });

  it('keeps a branch that another part still hangs on', () => {
    const tree = new InspectTree();
    const remove = tree.add('a/b', part({ x: 1 }));
    tree.add('a/b/c', part({ y: 1 }));
    remove();
    expect(tree.query('')).toEqual({ a: { b: { c: { y: 1 } } } });
  });

  it('refuses a place that is taken', () => {
    const tree = machine();
    expect(() => tree.add('partition/2', part({}))).toThrow("'partition/2' is taken");
  });

  it('shows the error of a part that throws, and the others all the same', () => {
    const tree = new InspectTree();
    tree.add('good', part({ a: 1 }));
    tree.add('bad', {
      inspect() {
        throw new Error('no memory mapped');
      },
    });
    expect(tree.query('')).toEqual({ good: { a: 1 }, bad: '(inspection failed: no memory mapped)' });
    expect(tree.query('*/a')).toEqual({ good: { a: 1 } });
  });

  it('ends on a part that contains itself', () => {
    const tree = new InspectTree();
    const loop = { inspect: (): InspectNode => ({ again: loop, n: 1 }) };
    tree.add('loop', loop);
    expect(tree.format()).toContain('(too deep)');
    expect(tree.query('**/missing')).toEqual({});
    const self: { inspect(): InspectNode } = { inspect: () => self as unknown as InspectNode };
    tree.add('self', self);
    expect(tree.query('self')).toBe('(too deep)');
  });

  it('hangs in another tree', () => {
    const outer = new InspectTree();
    outer.add('machine/1', machine());
    expect(outer.query('machine/1/partition/3/vp/0/exits')).toBe(7);
  });

  it('prints indented text', () => {
    const tree = new InspectTree();
    tree.add('partition/2', part({ id: 0x1fn, load: 0.25, on: true, none: {}, vp: { 0: { exits: 3 } } }));
    expect(tree.format('partition')).toBe(
      [
        '2',
        '  id: 0x1f',
        '  load: 0.250',
        '  on: true',
        '  none: {}',
        '  vp',
        '    0',
        '      exits: 3',
      ].join('\n'),
    );
    expect(tree.format('partition/2/load')).toBe('0.250');
    expect(tree.format('nowhere')).toBe('');
  });
});
