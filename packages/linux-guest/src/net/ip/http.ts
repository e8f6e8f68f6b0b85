/** Fetching over HTTP/1.1, a connection for each. RFC 9112. */

import type { TcpConnection } from './tcp-connection.ts';

/** What can be connected through: an `IpStack`. */
interface Connector {
  connect(address: string, port: number): Promise<TcpConnection>;
}

/** What is sent with a request. */
export interface HttpRequest {
  /** GET when absent. */
  readonly method?: string;
  readonly body?: Uint8Array;
}

/** What a server answered. */
export interface HttpResponse {
  readonly status: number;
  /** By name in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

const MOST_HEADER_BYTES = 64 * 1024;
const MOST_BODY_BYTES = 1 << 30;
const CRLF = '\r\n';

/** Fetches `http://address[:port]/path`; the host is an address, for there is no name service here. Rejects for answers that make no sense. */
export async function fetchHttp(
  stack: Connector,
  url: string,
  { method = 'GET', body }: HttpRequest = {},
): Promise<HttpResponse> {
  const [, host = '', port, path] = /^http:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?(\/.*)?$/.exec(url) ?? [];
  if (host === '') throw new RangeError(`'${url}' is no address like http://10.0.2.2:8080/file`);
  const connection = await stack.connect(host.replaceAll(/[[\]]/g, ''), Number(port ?? 80));
  const lines = [`${method} ${path ?? '/'} HTTP/1.1`, `Host: ${host}`, 'Connection: close'];
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  await connection.write(new TextEncoder().encode(lines.join(CRLF) + CRLF + CRLF));
  if (body !== undefined) await sendBody(connection, body);
  try {
    return await readResponse(connection);
  } finally {
    connection.end();
  }
}

async function sendBody(connection: TcpConnection, body: Uint8Array): Promise<void> {
  const part = 64 * 1024;
  for (let at = 0; at < body.length; at += part) await connection.write(body.subarray(at, at + part));
}

async function readResponse(connection: TcpConnection): Promise<HttpResponse> {
  const input = new ByteReader(connection);
  const head = (await input.until(`${CRLF}${CRLF}`, MOST_HEADER_BYTES)).split(CRLF);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head[0] ?? '')?.[1]);
  if (Number.isNaN(status)) throw new Error(`no answer of HTTP: ${head[0]}`);
  const headers = new Map<string, string>();
  for (const line of head.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = headers.get('content-length');
  if (headers.get('transfer-encoding') === 'chunked')
    return { status, headers, body: await readChunks(input) };
  const body = length === undefined ? await input.rest(MOST_BODY_BYTES) : await input.exactly(Number(length));
  return { status, headers, body };
}

async function readChunks(input: ByteReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const size = Number.parseInt(await input.until(CRLF, 100), 16);
    if (!(size >= 0)) throw new Error('a chunk of HTTP has no length');
    if (size === 0) return joined(chunks);
    chunks.push(await input.exactly(size));
    await input.exactly(CRLF.length);
  }
}

/** Bytes of a connection, asked for in pieces of any length. */
class ByteReader {
  readonly #connection: TcpConnection;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  async exactly(count: number): Promise<Uint8Array> {
    if (!(count >= 0 && count <= MOST_BODY_BYTES)) throw new Error(`${count} bytes are too many`);
    while (this.#bytes < count) {
      if (!(await this.#more())) throw new Error('the connection ended in the middle');
    }
    const all = joined(this.#parts);
    this.#keep(all.subarray(count));
    return all.subarray(0, count);
  }

  async rest(most: number): Promise<Uint8Array> {
    while (this.#bytes <= most && (await this.#more()));
    return await this.exactly(Math.min(this.#bytes, most));
  }

  async until(mark: string, most: number): Promise<string> {
    for (;;) {
      const all = joined(this.#parts);
      this.#keep(all);
      const text = new TextDecoder('latin1').decode(all.subarray(0, most));
      const at = text.indexOf(mark);
      if (at >= 0) {
        this.#keep(all.subarray(at + mark.length));
        return text.slice(0, at);
      }
      if (all.length >= most) throw new Error('a header of HTTP is too long');
      if (!(await this.#more())) throw new Error('the connection ended in the middle');
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#parts = bytes.length === 0 ? [] : [bytes];
    this.#bytes = bytes.length;
  }

  async #more(): Promise<boolean> {
    const part = await this.#connection.read();
    if (part === undefined) return false;
    this.#parts.push(part);
    this.#bytes += part.length;
    return true;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1) return only!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
