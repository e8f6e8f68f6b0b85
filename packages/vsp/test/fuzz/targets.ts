/** Every provider with good packets to begin from. */

import { Frame, Framebuffer, Keyboard, Pointer } from '@viridian/drivers';
import {
  BalloonCapabilities,
  BalloonMessageType,
  BalloonPageRange,
  BalloonResponse,
  BalloonStatus,
  BalloonVersionRequest,
  UnballoonResponse,
} from '@viridian/protocols/balloon';
import { HvsockDirection, serviceIdOfPort } from '@viridian/protocols/hvsock';
import { IcFlag, IcMessage } from '@viridian/protocols/ic';
import { forgetWarnings } from '@viridian/trace';
import type { OfferedDevice } from '@viridian/vmbus/host';
import { Balloon } from '@viridian/vsp/balloon';
import { IntegrationServices } from '@viridian/vsp/integration';
import { SynthKeyboard } from '@viridian/vsp/keyboard';
import { SynthMouse } from '@viridian/vsp/mouse';
import { DISK_COMMANDS, StorageController } from '@viridian/vsp/storage';
import { SynthVideo } from '@viridian/vsp/video';
import { OfferedConnection } from '../../src/socket/socket-connection.ts';
import { TestMachine } from '../support/machine.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { fields, piped } from '../support/message-guest.ts';
import { RawGuest, srbPayload } from '../support/raw-guest.ts';
import {
  frameOf,
  GUEST_MAC_BYTES,
  PEER_MAC_BYTES,
  rawNetwork,
  rndisPacket,
  u32s,
} from '../support/raw-network.ts';
import { patternDisk } from '../support/scsi.ts';
import { expectAlive } from '../support/victim.ts';
import { dirt, locate, situate, version } from '../support/video-guest.ts';
import type { FuzzSession, FuzzTarget } from './fuzz.ts';
import type { FuzzPacket } from './mutate.ts';

/** Pages of RAM that nobody else uses. */
const RAM = [600, 601, 602, 603];

/** With little memory: channels are opened by the thousand. */
async function opened(device: OfferedDevice, ringPages = 8, pages = 64): Promise<RawGuest> {
  forgetWarnings();
  const machine = new TestMachine(device, { mute: true, delivery: 'direct', ringPages, pages });
  return new RawGuest(await machine.open());
}

const plain = (payload: Uint8Array): FuzzPacket => ({ payload });
const pipe = (message: Uint8Array): FuzzPacket => ({ payload: piped(message) });

const [FIRST, SECOND, THIRD] = [100, 101, 102];
const disk = patternDisk(64);

const storage: FuzzTarget = {
  name: 'storage',
  seeds: [
    ...DISK_COMMANDS.map(({ opcode }) => ({
      payload: srbPayload({
        cdb: [opcode, 0, 0, 0, 0, 1, 0, 0, 8, 0, 0, 0, 0, 1, 0, 0],
        dataBytes: 4096,
        dataIn: 1,
      }),
      ranges: [{ byteCount: 4096, byteOffset: 0, gpns: [FIRST] }],
    })),
    {
      payload: srbPayload({ cdb: [0x2a, 0, 0, 0, 0, 3, 0, 0, 8, 0], dataBytes: 4096, dataIn: 0 }),
      ranges: [{ byteCount: 4096, byteOffset: 512, gpns: [SECOND, THIRD] }],
    },
    ...[7, 8, 9, 10, 11, 12].map((operation) =>
      plain(fields([4, operation], [4, 1], [4, 0], [2, 0x602], ...new Array(50).fill([1, 0]))),
    ),
  ],
  async open(random): Promise<FuzzSession> {
    const controller = new StorageController({ instanceId: '11111111-2222-3333-4444-555555555555' });
    controller.attach({ lun: 0 }, disk);
    const raw = await opened(controller, 8, 128);
    if (random.oneIn(8)) return { raw };
    await raw.initialize();
    return { raw, expectAlive: () => expectAlive(raw) };
  },
};

const nvsp = (...words: number[]): Uint8Array => {
  const payload = new Uint8Array(40);
  payload.set(u32s(...words));
  return payload;
};

const network: FuzzTarget = {
  name: 'network',
  seeds: [
    ...[
      [1, 0x60001, 0x60001],
      [125, 1514, 0, 0xac, 0],
      [100, 6, 30],
      [101, 0x101, 0xcafe],
      [104, 0x102, 0],
      [107, 1, 0, 24],
      [107, 0, 0, 104],
      [107, 1, 1, 36],
      [107, 0, 0xffff_ffff, 0],
      [103, 0xcafe],
      [106, 0],
      [133, 1, 1],
    ].map((words) => plain(nvsp(...words))),
    { payload: nvsp(107, 0, 0xffff_ffff, 0), ranges: [{ byteCount: 104, byteOffset: 0, gpns: [RAM[0]!] }] },
    {
      payload: nvsp(107, 1, 0xffff_ffff, 0),
      ranges: [
        { byteCount: 28, byteOffset: 0, gpns: [RAM[1]!] },
        { byteCount: 8, byteOffset: 8, gpns: [RAM[2]!] },
      ],
    },
    { payload: u32s(108, 1), type: 11, flags: 0 },
  ],
  async open(random): Promise<FuzzSession> {
    const net = await rawNetwork();
    if (!random.oneIn(6)) await net.initialize();
    const { memory } = net.machine;
    memory.bytes(RAM[0]!).set(rndisPacket(frameOf(PEER_MAC_BYTES, GUEST_MAC_BYTES)));
    memory.bytes(RAM[1]!).set(u32s(4, 28, 9, 0x1010e, 0, 20, 0));
    const { buffer, offsets } = net.sendPages;
    return {
      raw: net.guest,
      poke: (source) => {
        if (source.oneIn(2))
          net.peer.send(new Frame(frameOf(GUEST_MAC_BYTES, PEER_MAC_BYTES, source.below(1400))));
        // The guest changes what is in its buffers whenever it likes.
        const page = new Uint8Array(buffer, offsets[0]!, 4096);
        if (source.oneIn(3))
          page.set(
            u32s(
              source.below(9),
              24 + source.below(90),
              1,
              source.pick([0x1010e, 0x10106, 0x10202]),
              source.below(64),
              20,
            ),
          );
        if (source.oneIn(3)) page[source.below(128)] = source.below(256);
        memory.bytes(RAM[source.below(2)]!)[source.below(64)] = source.below(256);
        net.heard.length = 0;
        net.completions.length = 0;
      },
    };
  },
};

const keyboard: FuzzTarget = {
  name: 'keyboard',
  seeds: [plain(fields([4, 1], [4, 0x10000])), plain(fields([4, 4], [2, 7], [2, 0]))],
  async open(): Promise<FuzzSession> {
    const keys = new Keyboard();
    return { raw: await opened(new SynthKeyboard(keys)), poke: () => void keys.press('KeyA') };
  },
};

const mouse: FuzzTarget = {
  name: 'mouse',
  seeds: [pipe(fields([4, 0], [4, 4], [4, 0x20000])), pipe(fields([4, 3], [4, 1], [1, 1]))],
  async open(): Promise<FuzzSession> {
    const pointer = new Pointer();
    const raw = await opened(new SynthMouse(pointer));
    return { raw, poke: (random) => void pointer.moveTo(random.below(100) / 100, random.below(100) / 100) };
  },
};

const shape = fields(
  [4, 8],
  [4, 40],
  [1, 0],
  [1, 1],
  [4, 4],
  [4, 4],
  [4, 0],
  [4, 0],
  ...new Array(16).fill([1, 9]),
);
const video: FuzzTarget = {
  name: 'video',
  seeds: [
    ...[version(), locate(), situate(), dirt([0, 0, 64, 48]), dirt([1, 2, 3, 4], [5, 6, 7, 8])].map(pipe),
    pipe(fields([4, 13], [4, 9], [1, 0])),
    pipe(fields([4, 7], [4, 17], [1, 1], [1, 0], [4, 9], [4, 9])),
    pipe(shape),
  ],
  async open(random): Promise<FuzzSession> {
    const screen = new Framebuffer();
    const resolutions = [{ widthPixels: 64, heightPixels: 48 }];
    const raw = await opened(new SynthVideo(screen, { vramMebibytes: 1, resolutions }), 8, 320);
    if (!random.oneIn(4)) for (const one of [version(), locate(), situate()]) raw.send(piped(one));
    return { raw, poke: () => void screen.picture() };
  },
};

const integration: FuzzTarget = {
  name: 'integration',
  seeds: [
    plain(
      piped(
        fields(
          [4, 0x3],
          [2, 4],
          [2, 3],
          [4, 8],
          [4, 0],
          [1, 1],
          [1, 5],
          [2, 0],
          [2, 1],
          [2, 1],
          [4, 0],
          [2, 3],
          [2, 0],
          [2, 4],
          [2, 0],
        ),
      ),
    ),
  ],
  // The guest says what it was told, as an answer.
  reply: (said) => {
    if (said.length >= IcMessage.size) {
      const live = IcMessage.on(new DataView(said.buffer));
      live.flags = IcFlag.TRANSACTION | IcFlag.RESPONSE;
      if (live.messageType === 0 && said.length >= 48) {
        // Of the frameworks and of the versions that were offered the first: the counts stand at 28, versions from 36 on.
        const frameworks = said[28]!;
        said.set([1, 0, 1, 0], 28);
        said.copyWithin(40, 36 + frameworks * 4, 40 + frameworks * 4);
      }
    }
    return plain(said);
  },
  async open(random): Promise<FuzzSession> {
    const clock = new ManualClock();
    const services = new IntegrationServices({ clock, unixMilliseconds: () => 0, referenceTime: () => 0 });
    const service = random.pick(services.all);
    const raw = await opened(service as OfferedDevice);
    const { shutdown, keyValues, backup, fileCopy, timeSync } = services;
    const asks = [
      () => shutdown.ask(),
      () => keyValues.entries('facts'),
      () => keyValues.set('key', 'value'),
      () => keyValues.delete('key'),
      () => keyValues.addresses('00:00:00:00:00:01'),
      () => backup.whileFrozen(async () => {}),
      () => fileCopy.copy({ directory: '/tmp', fileName: 'x', content: new Uint8Array(7000) }),
      async () => timeSync.resync(),
    ];
    return {
      raw,
      poke: (source) => {
        source
          .pick(asks)()
          .catch(() => undefined);
        if (source.oneIn(4)) void clock.advance(source.below(60), () => Promise.resolve());
      },
    };
  },
};

const balloonSeeds = (): FuzzPacket[] => {
  const header = (type: number, messageBytes: number) => ({ type, messageBytes, transactionId: 1 });
  const { VERSION_REQUEST, CAPABILITIES_REPORT, STATUS_REPORT } = BalloonMessageType;
  const versionRequest = (one: number) =>
    BalloonVersionRequest.bytes({ ...header(VERSION_REQUEST, 16), version: one });
  const capabilities = { balloon: 1, hotAdd: 1, hotAddAlignment: 7 };
  const ranges = [0, 5, 100].map((firstPage) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(
      0,
      BigInt(BalloonPageRange.encode({ firstPage, pageCount: 3 })),
      true,
    );
    return bytes;
  });
  const response = BalloonResponse.bytes({
    ...header(BalloonMessageType.BALLOON_RESPONSE, 16 + ranges.length * 8),
    ranges: { more: 0, rangeCount: ranges.length },
  });
  return [
    versionRequest(0x20000),
    BalloonCapabilities.bytes({ ...header(CAPABILITIES_REPORT, 32), capabilities }),
    BalloonStatus.bytes({ ...header(STATUS_REPORT, 48), availablePages: 9n, committedPages: 9n }),
    Uint8Array.from([...response, ...ranges.flatMap((bytes) => [...bytes])]),
    UnballoonResponse.bytes(header(BalloonMessageType.UNBALLOON_RESPONSE, 8)),
    versionRequest(0x10000),
    versionRequest(3),
  ].map((payload) => plain(payload));
};

const balloon: FuzzTarget = {
  name: 'balloon',
  seeds: balloonSeeds(),
  async open(): Promise<FuzzSession> {
    const clock = new ManualClock();
    const gone = new Set<number>();
    const each = (
      ranges: readonly { firstGpn: number; pageCount: number }[],
      work: (gpn: number) => boolean,
    ) => {
      for (const { firstGpn, pageCount } of ranges) {
        for (let gpn = firstGpn; gpn < firstGpn + pageCount; gpn += 1) {
          if (!work(gpn)) throw new Error(`page ${gpn} taken or given twice`);
        }
      }
    };
    const device = new Balloon({
      instanceId: '1eccfd72-4b41-45ef-b73a-4a6e44c12924',
      clock,
      memory: {
        pageCount: 1024,
        isRam: ({ firstGpn, pageCount }) => firstGpn + pageCount <= 1024,
        take: (ranges) => each(ranges, (gpn) => !gone.has(gpn) && gone.add(gpn) !== undefined),
        give: (ranges) => each(ranges, (gpn) => gone.delete(gpn)),
      },
    });
    return {
      raw: await opened(device),
      poke: (source) => {
        device.setTarget((512 + source.below(513)) * 4096).catch(() => undefined);
        if (source.oneIn(4)) void clock.advance(source.below(40), () => Promise.resolve());
      },
    };
  },
};

const socket: FuzzTarget = {
  name: 'socket',
  seeds: [0, 1, 100, 3000].map((length) => pipe(new Uint8Array(length).fill(7))),
  async open(): Promise<FuzzSession> {
    const clock = new ManualClock();
    const raws: RawGuest[] = [];
    const connection = new OfferedConnection({
      interfaceId: serviceIdOfPort(1),
      instanceId: serviceIdOfPort(2),
      direction: HvsockDirection.HOST_CONNECTS,
      localPort: 2,
      remotePort: 1,
      clock,
      where: 'fuzz',
      opened: () => {},
      over: () => void raws[0]?.pair.close('over'),
    });
    raws.push(await opened(connection, 7));
    connection.resume();
    return {
      raw: raws[0]!,
      poke: (random) => {
        if (connection.state !== 'open') return;
        if (random.oneIn(400)) connection.end();
        else if (random.oneIn(3)) connection.pause();
        else connection.resume();
        void clock.advance(random.below(3), () => Promise.resolve());
      },
    };
  },
};

/** One for each provider. */
export const TARGETS: readonly FuzzTarget[] = [
  storage,
  network,
  keyboard,
  mouse,
  video,
  integration,
  balloon,
  socket,
];
