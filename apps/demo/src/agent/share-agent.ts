/** Puts the agent of `viridian exec` into a guest that is about to start. */

import { OptionError } from '../demo/options.ts';
import { AGENT_INIT, agentArchive } from './agent-files.ts';

/** An initial file system, and the command line that goes with it. */
export interface GuestStart {
  readonly initrd: Uint8Array | undefined;
  readonly append: string;
}

/** Archives follow one another at multiples of so many bytes; Linux skips zeros between them. */
const ALIGNMENT = 512;

/** Adds the agent behind the initial file system. Throws {@link OptionError} where it could not start. */
export function shareAgent({ initrd, append }: GuestStart): GuestStart {
  if (initrd === undefined) throw new OptionError('--share-agent needs an --initrd, to which it is added');
  if (/(^|\s)rdinit=/.test(append)) {
    throw new OptionError(
      '--share-agent and rdinit= in --append: the agent starts the /init of the --initrd',
    );
  }
  const agent = agentArchive();
  const start = Math.ceil(initrd.length / ALIGNMENT) * ALIGNMENT;
  const whole = new Uint8Array(start + agent.length);
  whole.set(initrd);
  whole.set(agent, start);
  return { initrd: whole, append: `${append} rdinit=${AGENT_INIT}`.trim() };
}
