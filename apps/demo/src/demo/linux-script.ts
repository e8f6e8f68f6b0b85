/**
 * What the Linux guest of the demo does once its drivers are loaded, as a shell script, and how it tells the host: by
 * lines on its second serial port, where the kernel's messages do not come in between.
 */

/** Largest request of the sequential parts. */
const CHUNK_KIB = 256;

/** Files that the guest makes, in KiB. */
const WRITTEN_KIB = [0, 4, 300, 1500] as const;

/** The script. `scratchMiB` is the size of the second partition, `diskMiB` that of the disk. */
export function linuxScript(diskMiB: number, scratchMiB: number): string {
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
tell done
`;
}
