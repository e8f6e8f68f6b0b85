/** Trouble on the host while a Linux guest's files are gathered, told so that a person can help it. */

/** No kernel, no busybox: the message says why and what else would do. */
export class GuestFilesError extends Error {
  override readonly name = 'GuestFilesError';
}
