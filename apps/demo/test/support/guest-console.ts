/** What a guest wrote on its console, and a way to wait for more. */
export class GuestConsole {
  text = '';
  #waiters: { line: RegExp; resolve: (found: string) => void }[] = [];

  write(byte: number): void {
    this.text += String.fromCharCode(byte);
    if (byte !== 10) return;
    this.#waiters = this.#waiters.filter(({ line, resolve }) => {
      const found = line.exec(this.text);
      if (found !== null) resolve(found[1] ?? '');
      return found === null;
    });
  }

  /** The first group of a line, now or when it comes. */
  line(line: RegExp): Promise<string> {
    const found = line.exec(this.text);
    if (found !== null) return Promise.resolve(found[1] ?? '');
    return new Promise((resolve) => this.#waiters.push({ line, resolve }));
  }
}
