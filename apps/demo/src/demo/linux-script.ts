/**
 * What the Linux guest of the demo does once its drivers are loaded, as a shell script, and how it tells the host: by
 * lines on its second serial port, where the kernel's messages do not come in between.
 */

/** Largest request of the sequential parts. */
const CHUNK_KIB = 256;

/** Files that the guest makes, in KiB. */
const WRITTEN_KIB = [0, 4, 300, 1500] as const;

/** What the script is to work with. */
export interface ScriptSizes {
  /** Of the disk, and of its second partition. */
  readonly diskMiB: number;
  readonly scratchMiB: number;
  /** Of a server at the gateway. */
  readonly httpPort: number;
}

/** Seconds after which a guest that nobody asks to end does so by itself. */
const PATIENCE_S = 60;

/** The script. */
export function linuxScript({ diskMiB, scratchMiB, httpPort }: ScriptSizes): string {
  const chunks = (mib: number): number => (mib * 1024) / CHUNK_KIB;
  return `
exec 3> /dev/ttyS1
tell() { echo "$*" >&3; }
hashes() { find . -type f ! -path './lost+found/*' | sort | while read file; do tell $1 $(sha256sum "$file"); done; }
work() {
  tell begin $1 $2 "$3"
  shift 3
  "$@" 2> /tmp/work || { cat /tmp/work; tell failed $(cat /tmp/work); }
  tell end
}

for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda2 ] && break; sleep 1; done
[ -b /dev/sda2 ] || { tell failed no disk came on the bus; poweroff -f; }

if mount -t ext4 /dev/sda1 /mnt; then
  cd /mnt
  hashes read
  mkdir guest
  cd guest
  for kib in ${WRITTEN_KIB.join(' ')}; do dd if=/dev/urandom of=random-$kib.bin bs=1k count=$kib 2> /dev/null; done
  dmesg > kernel.log
  hashes written
  cd /
  umount /mnt
  # What is in the cache proves nothing.
  echo 3 > /proc/sys/vm/drop_caches
  mount -t ext4 -o ro /dev/sda1 /mnt && cd /mnt/guest && hashes again && cd / && umount /mnt
fi

work ${chunks(diskMiB)} ${diskMiB} 'sequential read, ${CHUNK_KIB} KiB' \\
  dd if=/dev/sda of=/dev/null bs=${CHUNK_KIB}k count=${chunks(diskMiB)} iflag=direct
work ${chunks(scratchMiB)} ${scratchMiB} 'sequential write, ${CHUNK_KIB} KiB' \\
  dd if=/dev/zero of=/dev/sda2 bs=${CHUNK_KIB}k count=${chunks(scratchMiB)} oflag=direct conv=fsync
${networkScript(httpPort)}
${screenScript(diskMiB)}
tell done
# The host asks for the end, and the kernel calls /sbin/poweroff.
sleep ${PATIENCE_S}
`;
}

/** An address by DHCP, and a file from the host. */
function networkScript(httpPort: number): string {
  return `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -d /sys/class/net/eth0 ] && break; sleep 1; done
cat > /tmp/dhcp <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip route add default via $router
echo "$router" > /tmp/router
echo "$ip" > /tmp/address
END
chmod 755 /tmp/dhcp
ip link set eth0 up
busybox udhcpc -i eth0 -n -q -s /tmp/dhcp && tell lease $(cat /tmp/address)
tell fetched $(busybox wget -q -O - http://$(cat /tmp/router):${httpPort}/ | sha256sum)`;
}

/** Words on the screen, and the answer of somebody at the keyboard. */
function screenScript(diskMiB: number): string {
  const bold = '\\033[1;32m';
  const plain = '\\033[0m';
  return `
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/fb0 ] && break; sleep 1; done
# Kept open: keys are lost while nobody has the terminal.
exec 4<> /dev/tty1
printf '\\033[2J\\033[H\\n  ${bold}Viridian${plain}\\n\\n' >&4
cat >&4 <<END
  Linux $(uname -r) in a child partition

  disk     sda, ${diskMiB} MiB, on hv_storvsc
  network  eth0, $(cat /tmp/address), on hv_netvsc
  screen   fb0, $(sed 's/,/ x /' /sys/class/graphics/fb0/virtual_size), on hyperv_fb

END
printf '  Who is there? ' >&4
tell asks
read -t 30 answer <&4
tell typed $answer
printf '\\n  Hello, %s.\\n' "$answer" >&4
# What was drawn through a mapping, or by the console, is told a twentieth of a second later.
sleep 1
tell drawn`;
}
