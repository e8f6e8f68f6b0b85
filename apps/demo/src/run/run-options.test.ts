import { VmbusVersion } from '@viridian/protocols/vmbus';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../demo/options.ts';
import { parseDisk } from './disk-option.ts';
import { parseDisplay } from './display-option.ts';
import { parseInstructions } from './instructions-option.ts';
import { parseNet } from './run-network.ts';
import { checkRunOptions, type GivenOptions, repeatedOption } from './run-options.ts';

const check = (given: GivenOptions = {}, disks: string[] = []) =>
  checkRunOptions({ kernel: 'k', ...given }, disks);

describe('checkRunOptions', () => {
  it('has defaults for all but the kernel', () => {
    expect(check()).toMatchObject({
      kernel: 'k',
      append: 'console=ttyS0',
      memoryMiB: 256,
      processors: 1,
      serial: 'stdio',
      enlightened: true,
      unpack: true,
      disks: [],
    });
    expect(check({ serial: 'none' }).append).toBe('');
    expect(() => checkRunOptions({}, [])).toThrow('--kernel FILE is needed');
  });

  it('reads units, ports, versions and outputs', () => {
    expect(check({ memory: '2G' }).memoryMiB).toBe(2048);
    expect(check({ memory: '64m' }).memoryMiB).toBe(64);
    expect(check({ 'debug-exit': '0xf4' }).debugExitPort).toBe(0xf4);
    expect(check({ 'vmbus-version': '4.1' }).vmbusVersion).toBe(VmbusVersion.V4_1);
    expect(check({ display: 'png:a:b' }).display).toEqual({ png: 'a:b' });
    expect(check({ display: 'none' }).display).toBeUndefined();
    expect(check({ serial: 'file:/tmp/x' }).serial).toEqual({ file: '/tmp/x' });
    expect(check({ serial: 'none', debugcon: 'stdio' }).debugConsole).toEqual({ port: 0xe9, to: 'stdio' });
    expect(check({ debugcon: 'file:a,b,port=0x402' }).debugConsole).toEqual({
      port: 0x402,
      to: { file: 'a,b' },
    });
  });

  it('puts the DVD drive where the disks are, with a disc or without', () => {
    expect(check({ cdrom: 'a,b.iso' }, []).cdrom).toEqual({ path: 'a,b.iso', bus: 'scsi' });
    expect(check({ cdrom: 'a', enlightenments: false }, []).cdrom?.bus).toBe('ide');
    expect(check({ cdrom: 'none' }, []).cdrom?.path).toBeUndefined();
    expect(check({ cdrom: 'a,bus=ide' }, []).cdrom?.bus).toBe('ide');
  });

  it('puts the disks of a guest without enlightenments on IDE', () => {
    expect(check({}, ['a']).disks[0]?.bus).toBe('scsi');
    expect(check({ enlightenments: false }, ['a']).disks[0]?.bus).toBe('ide');
  });

  it.each<[GivenOptions, string[], string]>([
    [{ memory: 'lots' }, [], '--memory lots'],
    [{ memory: '8G' }, [], '--memory 8G'],
    [{ cpus: '0' }, [], '--cpus 0: a whole number from 1 to 64'],
    [{ cpus: '1e1' }, [], '--cpus 1e1'],
    [{ serial: 'com1' }, [], 'stdio, file:PATH or none'],
    [{ serial: 'file:' }, [], 'stdio, file:PATH or none'],
    [{ display: 'png:' }, [], 'none, png:FILE or vnc'],
    [{ type: 'x' }, [], 'come with --display'],
    [{ input: 'x' }, [], 'come with --display'],
    [{ display: 'vnc', enlightenments: false }, [], 'a device on the bus'],
    [{ display: 'png:a', enlightenments: false }, [], 'a device on the bus'],
    [{ 'vmbus-version': '9.9' }, [], 'one of 0.13'],
    [{ 'vmbus-version': '5.3', enlightenments: false }, [], 'there is no bus'],
    [{ enlightenments: false }, ['a,bus=scsi'], 'bus=ide'],
    [{ cdrom: 'c,bus=ide' }, ['a', 'b', 'c', 'd'].map((path) => `${path},bus=ide`), 'there is room for 3'],
    [{ cdrom: 'c,bus=usb' }, [], 'bus=scsi or bus=ide'],
    [{ cdrom: ',bus=ide' }, [], 'the name of a file, or none'],
    [{ cdrom: 'c,bus=scsi', enlightenments: false }, [], 'bus=ide'],
    [{ debugcon: 'stdio' }, [], 'only one of them'],
    [{ 'debug-exit': '0xffff' }, [], '--debug-exit 0xffff'],
    [{ trace: 'list' }, [], 'trace points:'],
  ])('refuses %j with disks %j', (given, disks, words) => {
    expect(() => check(given, disks)).toThrow(OptionError);
    expect(() => check(given, disks)).toThrow(words);
  });
});

describe('parseNet', () => {
  it('reads what stands behind the kind', () => {
    expect(parseNet('none')).toBeUndefined();
    const plain = {
      kind: 'nat',
      mac: undefined,
      forwards: [],
      pcap: undefined,
      mtuBytes: 1500,
      outside: true,
      localNetworks: false,
      ipv6: true,
    };
    expect(parseNet('nat')).toEqual(plain);
    expect(parseNet('nat,mac=02:00:00:00:00:01,hostfwd=8022:22,hostfwd=80:8080,pcap=a=b')).toEqual({
      ...plain,
      mac: '02:00:00:00:00:01',
      forwards: [
        { hostPort: 8022, guestPort: 22 },
        { hostPort: 80, guestPort: 8080 },
      ],
      pcap: 'a=b',
    });
    expect(parseNet('nat,outside=off,ipv6=off,mtu=9000')).toEqual({
      ...plain,
      outside: false,
      ipv6: false,
      mtuBytes: 9000,
    });
    expect(parseNet('nat,lan=on')).toEqual({ ...plain, localNetworks: true });
    expect(parseNet('switch:lab-1')).toEqual({ ...plain, kind: { switch: 'lab-1' }, mtuBytes: 9000 });
  });

  it.each([
    '',
    'tap',
    'none,mac=x',
    'nat,mac=x',
    'nat,mac=01:00:00:00:00:01',
    'nat,hostfwd=22',
    'nat,hostfwd=0:1',
    'nat,hostfwd=1:2:3',
    'nat,x=1',
    'nat,pcap=',
    'nat,lan=yes',
    'nat,mtu=9001',
    'switch',
    'switch:',
    'switch:a/b',
    'switch:a,hostfwd=1:2',
    'switch:a,outside=off',
  ])('refuses %j', (text) => {
    expect(() => parseNet(text)).toThrow(OptionError);
  });

  it('needs the bus', () => {
    expect(() => check({ net: 'nat', enlightenments: false })).toThrow('a device on the bus');
  });
});

describe('parseDisplay', () => {
  it('reads what stands behind the kind', () => {
    expect(parseDisplay('none')).toBeUndefined();
    expect(parseDisplay('png:a,b')).toEqual({ png: 'a,b' });
    const vnc = { port: 5900, address: '127.0.0.1', passwordFile: undefined };
    expect(parseDisplay('vnc')).toEqual({ vnc });
    expect(parseDisplay('vnc:0')).toEqual({ vnc: { ...vnc, port: 0 } });
    expect(parseDisplay('vnc:1234,host=::,password-file=a=b')).toEqual({
      vnc: { port: 1234, address: '::', passwordFile: 'a=b' },
    });
  });

  it.each([
    ...['', 'png', 'png:', 'vnc:', 'vnc:65536', 'vnc:x', 'vncx', 'vnc,', 'vnc,host=', 'vnc,x=1'],
    // Nobody sits at a guest from elsewhere without a password.
    'vnc,host=0.0.0.0',
  ])('refuses %j', (text) => {
    expect(() => parseDisplay(text)).toThrow(OptionError);
  });
});

describe('parseInstructions', () => {
  it('reads a window behind the name of a file', () => {
    expect(parseInstructions('log')).toEqual({ path: 'log', from: 0, count: 100_000 });
    expect(parseInstructions('a,b,count=5,from=70')).toEqual({ path: 'a,b', from: 70, count: 5 });
    expect(parseInstructions('a,from=start_kernel').from).toBe('start_kernel');
    expect(parseInstructions('a,from=0x100000').from).toBe('0x100000');
  });

  it.each(['', ',from=1', 'a,from=-1', 'a,from=', 'a,count=0', 'a,count=1e3'])('refuses %j', (text) => {
    expect(() => parseInstructions(text)).toThrow(OptionError);
  });

  it('is for one processor', () => {
    expect(() => check({ instructions: 'log', cpus: '2' })).toThrow('--instructions and --cpus');
  });
});

describe('parseDisk', () => {
  it('reads the words behind the name', () => {
    const disk = { path: 'a', bus: 'scsi', readOnly: false, overlay: false };
    expect(parseDisk('a', 'scsi')).toEqual(disk);
    expect(parseDisk('a,ro', 'scsi')).toEqual({ ...disk, readOnly: true });
    expect(parseDisk('a,overlay,bus=ide', 'scsi')).toEqual({ ...disk, bus: 'ide', overlay: true });
    expect(parseDisk('b,rox,ro', 'scsi')).toEqual({ ...disk, path: 'b,rox', readOnly: true });
  });

  it.each(['', ',ro', 'a,bus=usb'])('refuses %j', (text) => {
    expect(() => parseDisk(text, 'scsi')).toThrow(OptionError);
  });
});

describe('repeatedOption', () => {
  it('finds every value in its order', () => {
    expect(repeatedOption(['run', '--disk', 'a', '--x', '--disk=b,ro', '--diskette', 'c'], 'disk')).toEqual([
      'a',
      'b,ro',
    ]);
  });
});
