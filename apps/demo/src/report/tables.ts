/** The demo's tables: what the workload reached, and what the machine counted meanwhile. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { MachineReport } from '@viridian/vm';
import Table from 'cli-table3';
import type { WorkloadResult } from '../guest/workload.ts';

const MIB = 2 ** 20;

/** Throughput of each part of the workload. */
export function workloadTable(results: readonly WorkloadResult[], colours: boolean): string {
  const table = newTable(['workload', 'requests', 'MiB', 'seconds', 'MiB/s', 'requests/s', ''], colours);
  for (const { name, operations, bytes, seconds, note } of results) {
    const mib = bytes / MIB;
    table.push([
      name,
      right(count(operations)),
      right(mib.toFixed(1)),
      right(seconds.toFixed(3)),
      right((mib / seconds).toFixed(0)),
      right(count(Math.round(operations / seconds))),
      note,
    ]);
  }
  return table.toString();
}

/** Hypercalls, intercepts by kind, and interrupts of the child. */
export function machineTable(report: MachineReport, colours: boolean): string {
  const table = newTable(['what the child caused', 'count'], colours);
  for (const [name, calls] of Object.entries(report.hypercalls)) table.push([name, right(count(calls))]);
  const { intercepts } = report;
  const rows: readonly [string, number][] = [
    ['port intercepts', intercepts.portRead + intercepts.portWrite],
    ['memory intercepts', intercepts.memory],
    ['MSR accesses', intercepts.msrRead + intercepts.msrWrite],
    ['CPUID', intercepts.cpuid],
    ['interrupts taken', report.interrupts],
  ];
  for (const [name, value] of rows) table.push([name, right(count(value))]);
  return table.toString();
}

/** Packets, bytes and signals of each channel. */
export function channelTable(report: MachineReport, colours: boolean): string {
  const heads = [
    'channel',
    'packets in',
    'packets out',
    'KiB in',
    'KiB out',
    'signals in',
    'signals out',
    'saved',
  ];
  const table = newTable(heads, colours);
  for (const { relid, interfaceId, subchannelIndex, counters } of report.channels) {
    const sub = subchannelIndex === 0 ? '' : ` sub-channel ${subchannelIndex}`;
    const numbers = [
      counters.packetsReceived,
      counters.packetsSent,
      Math.round(counters.bytesReceived / 1024),
      Math.round(counters.bytesSent / 1024),
      counters.interrupts,
      counters.signalsSent,
      counters.signalsSuppressed,
    ];
    table.push([`${relid} ${deviceName(interfaceId)}${sub}`, ...numbers.map((value) => right(count(value)))]);
  }
  return table.toString();
}

function deviceName(interfaceId: string): string {
  const name = Object.entries(InterfaceId).find(([, id]) => id === interfaceId)?.[0];
  return name ?? interfaceId;
}

function newTable(head: string[], colours: boolean): Table.Table {
  return new Table({ head, style: colours ? {} : { head: [], border: [] } });
}

function right(content: string): { content: string; hAlign: 'right' } {
  return { content, hAlign: 'right' };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
