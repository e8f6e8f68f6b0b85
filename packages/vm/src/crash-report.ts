/** A guest's crash in words. */

import type { CrashInfo } from '@viridian/hypervisor';
import type { CrashReport } from './machine-events.ts';

/** The same with the message as text, control characters taken out: it may go to a terminal. */
export function crashReport(info: CrashInfo): CrashReport {
  if (info.message === undefined) return info;
  const text = new TextDecoder().decode(info.message.slice());
  return { ...info, text: Array.from(text, readable).join('') };
}

function readable(character: string): string {
  const code = character.codePointAt(0)!;
  const isControl = code < 32 || (code >= 127 && code < 160);
  return isControl && character !== '\n' && character !== '\t' ? '\ufffd' : character;
}
