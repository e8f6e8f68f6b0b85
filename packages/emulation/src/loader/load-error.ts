/** Why a file cannot be booted, in words for whoever named the file. */

/**
 * What is wrong: `truncated` the file ends too early, `not-a-kernel` nothing here can boot it, `wrong-architecture` it
 * is for another processor, `corrupt` it contradicts itself, `unsupported` it is right but beyond this loader,
 * `does-not-fit` the machine has too little memory for it, `options` it is fine but cannot be started as asked.
 */
export type LoadErrorKind =
  | 'truncated'
  | 'not-a-kernel'
  | 'wrong-architecture'
  | 'corrupt'
  | 'unsupported'
  | 'does-not-fit'
  | 'options';

/** A kernel, initrd or module that cannot be loaded; the message is a sentence for people. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly kind: LoadErrorKind;

  constructor(kind: LoadErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** An address or a size as people of this field write it. */
export function hex(value: number): string {
  return `${value.toString(16)}h`;
}

/** A size in MiB, rounded up to a tenth: what to give the machine instead. */
export function mib(byteCount: number): string {
  return `${Math.ceil((byteCount / 2 ** 20) * 10) / 10} MiB`;
}
