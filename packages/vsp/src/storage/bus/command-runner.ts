/** Executes SRBs: finds the unit, runs the command, translates the result. StorVSP protocol, EXECUTE_SRB. */

import { ScsiOpcode, ScsiStatus } from '@viridian/protocols/scsi';
import { SrbStatus } from '@viridian/protocols/storvsp';
import { type Counters, counters } from '@viridian/trace';
import type { IncomingPacket } from '@viridian/vmbus/ring';
import { absentInquiry } from '../scsi/inquiry.ts';
import { reportLuns } from '../scsi/report-luns.ts';
import { srbStatusOf } from './answers.ts';
import { lunKey } from './lun-address.ts';
import type { SrbDecoder } from './srb-decode.ts';
import { StorageRequest } from './storage-request.ts';
import { commandTrace, requestWarning, unitWarning } from './trace-points.ts';
import type { UnitSlot, UnitTable } from './unit-table.ts';

/** What a channel counts of its commands, always on. */
export type CommandCounters = Counters<
  'commands' | 'bytesIn' | 'bytesOut' | 'checkConditions' | 'invalidRequests' | 'absentUnits' | 'unitFailures'
>;

/** What a runner needs. */
export interface CommandRunnerSettings {
  readonly where: string;
  readonly units: UnitTable;
  readonly decoder: SrbDecoder;
  /** Takes the result; `request` is used again for another command as soon as it returns. */
  readonly answer: (request: StorageRequest) => void;
}

/** Runs the commands of one channel. Nothing is allocated for one that its unit finishes at once, but the views over its data. */
export class CommandRunner {
  readonly counters: CommandCounters = counters({
    commands: 0,
    bytesIn: 0,
    bytesOut: 0,
    checkConditions: 0,
    invalidRequests: 0,
    absentUnits: 0,
    unitFailures: 0,
  });
  /** Commands that a unit has not finished. */
  busy = 0;
  readonly #settings: CommandRunnerSettings;
  readonly #free: StorageRequest[] = [];
  readonly #settled = (request: StorageRequest): void => {
    request.srbStatus = srbStatusOf(request.command);
    this.#leave(request);
  };
  readonly #crashed = (request: StorageRequest, error: unknown): void => {
    this.#unitFailed(request, error);
    this.#leave(request);
  };
  #idle: (() => void) | undefined;

  constructor(settings: CommandRunnerSettings) {
    this.#settings = settings;
  }

  /** Runs the SRB in this packet, whose length was checked. The answer comes at once or later. */
  run(packet: IncomingPacket, answerBytes: number): void {
    const request = this.#free.pop() ?? new StorageRequest(this.#settled, this.#crashed);
    request.idLow = packet.idLow;
    request.idHigh = packet.idHigh;
    request.answerBytes = answerBytes;
    this.counters.commands += 1;
    const fault = this.#settings.decoder.decode(packet, request);
    if (fault === undefined) {
      this.#execute(request);
      return;
    }
    this.counters.invalidRequests += 1;
    requestWarning.report(this.#settings.where, fault);
    request.srbStatus = SrbStatus.INVALID_REQUEST;
    this.#finish(request);
  }

  /** Settles when no unit holds guest memory for this channel any more. No further command may be run. */
  whenIdle(): Promise<void> | undefined {
    if (this.busy === 0) return undefined;
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #execute(request: StorageRequest): void {
    const { command, path, target, lun } = request;
    const { units } = this.#settings;
    if (command.cdb[0] === ScsiOpcode.REPORT_LUNS) {
      reportLuns(command, units.luns(path, target));
    } else {
      const slot = units.at(lunKey(path, target, lun));
      if (slot === undefined) {
        this.#absent(request);
        return;
      }
      if (this.#runOn(slot, request)) return;
    }
    request.srbStatus = srbStatusOf(command);
    this.#finish(request);
  }

  /** True when the answer comes later, or the unit has failed and it was given. */
  #runOn(slot: UnitSlot, request: StorageRequest): boolean {
    try {
      const pending = slot.unit.execute(request.command);
      if (pending === undefined) return false;
      this.busy += 1;
      slot.busy += 1;
      request.slot = slot;
      pending.then(request.settled, request.crashed);
    } catch (error) {
      this.#unitFailed(request, error);
      this.#finish(request);
    }
    return true;
  }

  /** Nobody is there: INQUIRY must say so in its data, everything else fails without sense data. */
  #absent(request: StorageRequest): void {
    const { command } = request;
    this.counters.absentUnits += 1;
    if (command.cdb[0] === ScsiOpcode.INQUIRY) {
      absentInquiry(command);
      request.srbStatus = srbStatusOf(command);
    } else {
      command.status = ScsiStatus.CHECK_CONDITION;
      request.srbStatus = SrbStatus.INVALID_LUN;
    }
    this.#finish(request);
  }

  #unitFailed(request: StorageRequest, error: unknown): void {
    this.counters.unitFailures += 1;
    unitWarning.report(this.#settings.where, 'a unit threw', { error: String(error) });
    request.command.status = ScsiStatus.GOOD;
    request.command.bytesMoved = 0;
    request.srbStatus = SrbStatus.ERROR;
  }

  /** A command that took its time is done. */
  #leave(request: StorageRequest): void {
    this.busy -= 1;
    request.slot?.release();
    request.slot = undefined;
    this.#finish(request);
    if (this.busy === 0) this.#idle?.();
  }

  #finish(request: StorageRequest): void {
    const { command } = request;
    if (command.direction === 'in') this.counters.bytesIn += command.bytesMoved;
    else this.counters.bytesOut += command.bytesMoved;
    if (command.status !== ScsiStatus.GOOD) this.counters.checkConditions += 1;
    if (commandTrace.on) {
      commandTrace.emit(
        this.#settings.where,
        request.path,
        request.target,
        request.lun,
        command.cdb[0]!,
        request.wantedBytes,
        command.bytesMoved,
        request.srbStatus,
        command.status,
      );
    }
    this.#settings.answer(request);
    this.#free.push(request);
  }
}
