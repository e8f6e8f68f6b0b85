#!/bin/busybox sh
# The work of `npm run bench -- guest`: /init of every guest, and a program of the host. Each MARK line names the part
# that has just ended; whoever reads the output takes the time. The host says where busybox, a file to pack and room
# for a file are; a guest has them in their usual places.

busybox=${BENCH_BUSYBOX:-/bin/busybox}
payload=${BENCH_PAYLOAD:-/payload}
scratch=${BENCH_SCRATCH:-/tmp}

zeros() { $busybox dd if=/dev/zero bs=1M count="$1" 2>/dev/null; }
pack() { $busybox dd if="$payload" bs=1M 2>/dev/null | $busybox gzip -9 | $busybox wc -c; }
mark() { $busybox echo "MARK $1"; }

if [ $$ = 1 ]; then
  $busybox mount -t proc proc /proc
  $busybox mount -t devtmpfs dev /dev
fi
mark userspace

zeros 64 | $busybox sha256sum
mark sha256-64M

zeros 64 | $busybox md5sum
mark md5-64M

pack
pack
pack
mark gzip-6M

count=0
while [ $count -lt 200000 ]; do count=$((count+1)); done
mark shloop-200k

count=0
while [ $count -lt 200 ]; do $busybox true; count=$((count+1)); done
mark forkexec-200

# Half of a guest's memory is the most that its root file system takes: 131 MB need a guest of 512 MiB.
$busybox dd if=/dev/zero of="$scratch/zeros" bs=64k count=2000 2>/dev/null || exit 1
mark memcpy-128M

# A guest idles from here on, until it is ended from outside.
while [ $$ = 1 ]; do $busybox sleep 1000; done
