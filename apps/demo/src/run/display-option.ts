/** What `--display none|png:FILE|vnc[:PORT][,host=ADDRESS][,password-file=FILE]` means. */

import { OptionError } from '../demo/options.ts';

/** Where VNC clients find the guest. */
export interface VncOption {
  /** 0 for any that is free. */
  readonly port: number;
  readonly address: string;
  /** File whose first line is the password; without one everybody comes in. */
  readonly passwordFile: string | undefined;
}

/** Where the screen is to be seen. */
export type DisplayOption = { readonly png: string } | { readonly vnc: VncOption };

const RFB_PORT = 5900;
const MOST_PORT = 0xffff;
const LOOPBACK = '127.0.0.1';

/** Reads the value of `--display`; undefined for none. Throws {@link OptionError}. */
export function parseDisplay(text: string): DisplayOption | undefined {
  if (text === 'none') return undefined;
  if (text.startsWith('png:') && text.length > 4) return { png: text.slice(4) };
  const [kind = '', ...words] = text.split(',');
  const [, port] = /^vnc(?::(\d{1,5}))?$/.exec(kind) ?? [undefined, 'none'];
  if (port === 'none' || Number(port ?? 0) > MOST_PORT) {
    throw new OptionError(`--display ${text}: none, png:FILE or vnc[:PORT] is needed`);
  }
  return { vnc: parseVnc(Number(port ?? RFB_PORT), words) };
}

function parseVnc(port: number, words: readonly string[]): VncOption {
  let address = LOOPBACK;
  let passwordFile: string | undefined;
  for (const word of words) {
    const [, name, value] = /^(host|password-file)=(.+)$/.exec(word) ?? [];
    if (name === 'host') address = value!;
    else if (name === 'password-file') passwordFile = value;
    else throw new OptionError(`--display …,${word}: host=ADDRESS or password-file=FILE is needed`);
  }
  if (address !== LOOPBACK && passwordFile === undefined) {
    throw new OptionError(
      '--display …,host=: whoever reaches it could sit at the guest: give a password-file=FILE',
    );
  }
  return { port, address, passwordFile };
}
