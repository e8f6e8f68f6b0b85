/** What is wrong with a configuration. */

/** A configuration that cannot be built. `path` names the setting, e.g. `storage[0].disks[1].lun`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}
