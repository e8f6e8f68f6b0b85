/**
 * What `viridian exec` needs in a guest: a shell script of a few lines that runs commands, and a program that joins it to
 * vsock. They come in an archive of their own behind the user's initial file system, and start beside its `/init`.
 */

import { CpioArchive } from '../linux/cpio.ts';
import { vsockProgram } from './vsock-program.ts';

/** The vsock port on which the agent listens. */
export const AGENT_PORT = 5122;

/** What the kernel is to start instead of `/init`. */
export const AGENT_INIT = '/viridian/init';

const INIT = `#!/bin/sh
/viridian/share &
exec /init "$@"
`;

/** EAFNOSUPPORT: the kernel knows no vsock yet; its modules may still come. */
const SHARE = `#!/bin/sh
export PATH="\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
while :; do
  /viridian/vsock l ${AGENT_PORT} /viridian/agent
  [ $? = 97 ] || exit
  modprobe hv_sock 2> /dev/null
  sleep 1
done
`;

/**
 * One connection of three that make a command, by its first line: `run ID`, whose second line is the command and which then
 * carries its input and its output; `errors ID` and `status ID`, which wait for the command.
 */
const AGENT = `#!/bin/sh
read -r what id || exit
case $id in '' | *[!0-9a-f]*) exit 1 ;; esac
folder=/viridian/run/$id
mkdir -p $folder
for name in errors status; do [ -p $folder/$name ] || mkfifo $folder/$name 2> /dev/null; done
case $what in
  errors | status) exec cat $folder/$what ;;
  run) ;;
  *) exit 1 ;;
esac
read -r line || exit
command=$(printf '%b_' "$line")
exec 3> $folder/errors 4> $folder/status
rm -r $folder
cd /
sh -c "\${command%_}" 2>&3 3>&- 4>&-
echo $? >&4
`;

/** An archive to be appended to an initial file system, which must have `sh`, `cat`, `mkdir`, `mkfifo`, `rm` and `sleep`. */
export function agentArchive(): Uint8Array {
  const text = (script: string): Uint8Array => new TextEncoder().encode(script);
  return new CpioArchive()
    .characterDevice('dev/null', 1, 3, 0o666) // before the user's init, nobody has made any
    .file('viridian/init', text(INIT), 0o755)
    .file('viridian/share', text(SHARE), 0o755)
    .file('viridian/agent', text(AGENT), 0o755)
    .file('viridian/vsock', vsockProgram(), 0o755)
    .bytes();
}
