/** What the usual tools made of known bytes: payloads for the unpackers. */

/** A sample: the packed file and what was packed. */
export interface PackedSample {
  readonly packed: Uint8Array;
  readonly unpacked: Uint8Array;
}

function sample(byteCount: number, seed: number, alphabet: readonly number[], base64: string): PackedSample {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { packed, unpacked: pick(byteCount, seed, alphabet) };
}

/** Bytes of an alphabet, picked by a linear congruential generator. */
function pick(byteCount: number, seed: number, alphabet: readonly number[]): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: byteCount }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fff_ffff;
    return alphabet[((state >> 16) & 0xff) % alphabet.length]!;
  });
}

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

/** `xz --check=crc32 --x86 --lzma2=preset=6` */
export const XZ_X86 = sample(
  700,
  1,
  [232, 233, 0, 255, 232, 18, 144, 255, 0, 15],
  '/Td6WFoAAAFpIt42AgEEACEBFgANhjUf4AK7AeNdAAAk4Uxpx00vsZqxR+VsyMBrLIkN9B/Tdtp36RKaAfXf7JEDjdQw15pq462peirMDrEO8nZPdiPkeiDKnakA2FsbP435jJXozyXHVAXH+JH5QlAbhkWuu8NVO48JEaXjS+5OuDa6h/eftvK0lPyHMggBHwF57uKhYYC61bVRyo1BUBq+PHKxVeGZaqoxgNIrLranM+9A5w8sVvLY9s6Fnl6mrJMKw0wsVtx9GQuR6IRjPO3TS3K6B/NRfGSJkEP5wCEoyslKfZrf13qxIuPFfCYqxDqV4mPcrxrC3ZnArktfeH4l6T87/sy5GUfA9EpF25MaQmwnMp2zjqouppa1KVnVScSZZwBVe5NYizNLLhvweXRF8CSNzcC4i3lMgyay5Dl309hhpq7ZHVQ7hfA3gIleSd+t90UmcWVGfCFwJLoVL0KCODbFljrByZFNEkkQqRib3J2WZp033lwuPi5iPlxqrlqqXPewKi2RAs577MNzL6/pYUucttntTWXp++o9yI6syJMP/fiD2ACd3deaI0jdq2YYVMjfzQT+lR4h47/9P9G2r1sL/59fKjgc8+CjMRAqlFWIkQLOWUCyHMZpgUGCU8tEIlSK952eTU69pVOGcaap2bV8foYlECAEW6ZXtWCSAAAA7m/PqQAB+wO8BQAAHnTPqj4wDYsCAAAAAAFZWg==',
);

/** `xz --check=crc32 --lzma2=preset=1,lc=0,lp=2,pb=0` */
export const XZ_PROPERTIES = sample(
  500,
  4,
  [1, 2, 3, 1, 2, 3, 200],
  '/Td6WFoAAAFpIt42AgAhARAAAACocI6G4AHzAPcSAAEAm14yXKxlscfnBWbE75ngEz14yqHROANRMfdUrR4UpMgwcOnwBHPyzU1ngdCjkN0VGgKGljmMRc5HghXgAwNYTOnoMRTKqa6VnvxrmoOs6Y4RFq78x3CcTRis9qtbODR34Lgj4QYn/gdtpLn6bl+k1H9VvAwXaspfxxrDW04S7lssu22xTe4jJC+XP/6LhTDBP53tXCnARFXqZ0YkVa7BkeR7C0FWqmLnZMnCU/GjyYVzuJm4uOTNgan68NunEWSvahJiOz8+JRY59w5MkBUrP6F0SAvY5DVDCo/SZgh4lTsTx7ETdcKs30nzEQaqurkPIs3INAAAAAM6gyMAAY8C9AMAABkeMV0+MA2LAgAAAAABWVo=',
);

/** `xz --check=none`: a chunk that is not packed */
export const XZ_NOISE = sample(
  200,
  3,
  ALL_BYTES,
  '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQDHU8N9eI60TbdIL21GPRnlcCRMu6DjWPx4dPqMsZVcr7UyElP+k9EjLEXtTOnJmQ19/9wBMFFVLGOgsMdt7uTMNtAyQJaR3UNrJqrYfNYWdRGmWkpOhh9RUzwBGhYUxlT7RFsaOCGSA+sEnej4+kpzpC/8bfMYbcTBYiVdo525n3uoxLvd26e9JfcAVFTO62GvsvtCFp/32yUoVGgMInYGLxKn+nxX08iQFwn1ieqylqlJj6GwtXTw9qfGFEo6tt+NmjqwDizQfKUAAAHYAcgBAADxz2OyqAAK/AIAAAAAAFla',
);

/** `xz --check=crc64` */
export const XZ_CRC64 = sample(
  50,
  3,
  [1],
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAxAAZdAADuOkcIAAAAAPfRgmNTg7UHAAEiMoui408ftvN9AQAAAAAEWVo=',
);

/** `xz --check=crc32 --arm --lzma2` */
export const XZ_ARM = sample(
  50,
  3,
  [1],
  '/Td6WFoAAAFpIt42AgEHACEBFgCj9KGZ4AAxAAZdAADuOkcIAAAAAKZ/fGcAAR4ydNsQPJBCmQ0BAAAAAAFZWg==',
);

/** `zstd --ultra -22` */
export const ZSTD = sample(
  700,
  6,
  [97, 98, 99],
  'KLUv/QSIJQUAxisoBfA58kUPJgAkACUAZEBUolIAJfZovVBnJTJoJRRE0R+oYqejEKFBg4xoCElVojpCggF1EbI6LUKrXBEWdh4lAC1EQrUaizzG2q+cILbhOlTsAhBaYgkFjkaIaoRUtA4KLmpAVaPAiCBsy+AiuSalDDa3isEp2NPqQUJRULRarMGTSGMsJgLKKM0YHUCKWqKWbmCFBDkRRjMMHmzJGJ2qCgA5Jf3d',
);

/** `lz4 -l -9` */
export const LZ4 = sample(
  700,
  5,
  [97, 98],
  'AiFMGA0BAABxYmJhYmJhYQMAQWJiYmIKAAAGACNiYQ4AEmEFACNhYRwABB0AFmECAAoQAAQFAAEtAAQHAANoAAUXACRiYQQAAlwAA2wABSsABC0ABA0ABaUABWUABBQAE2I0AAQfAARbAAMZACdhYcMAATcAFGFsAAV/AAIeAAhjAAPFAAOaACZhYsMAA1sABrsACu8AAhYACQkBJWJiRQAEtwACAwAFwQAHfgADiAAFjQAFWgEEgwEFgAACJQAC5wADogAoYWI4AATEACZiYbcBBX4BCQwBCGUAFmIYAQWmAAYGAAYFAhphlAAH2QEEEAACSAAHEwAFrQALIwEDCgEFBgIIBQIHJwEGsQBwYmFiYmFhYQ==',
);
