import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { parseReply, type HttpReply } from "@heliograph/testkit";

/** An HTTP message, and what it was answered. */
export interface Exchange {
  readonly message: string;
  readonly reply: HttpReply;
  /** How long the reply took, in milliseconds. */
  readonly ms: number;
}

/** One TCP connection on which HTTP messages go out as they are, one at a time. */
export class Wire implements Disposable {
  /** All that was said on it. */
  readonly exchanges: Exchange[] = [];
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #due: PromiseWithResolvers<HttpReply> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
    });
    socket.once("close", () => this.#due?.reject(new Error("the connection closed in place of a reply")));
    socket.once("error", (error) => this.#due?.reject(error));
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    return new Wire(socket);
  }

  /** Bytes so far, both ways. */
  get bytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  async ask(message: string): Promise<HttpReply> {
    this.#due = Promise.withResolvers();
    const start = performance.now();
    this.#socket.write(message);
    const reply = await this.#due.promise;
    this.exchanges.push({ message, reply, ms: performance.now() - start });
    return reply;
  }

  [Symbol.dispose](): void {
    this.#due = undefined;
    this.#socket.end();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const parsed = parseReply(this.#received, false);
    if (parsed === undefined) return;
    this.#received = this.#received.subarray(parsed.length);
    this.#due?.resolve(parsed.reply);
  }
}

/** A POST at the root; an empty one goes without Content-Type and SOAPAction [CWMP 1.4 3.7.2.4]. */
export function postText(
  port: number,
  body: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const head = [
    "POST / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    ...given.map(([name, value]) => `${name}: ${value ?? ""}`),
    ...(body === "" ? [] : [`Content-Type: text/xml; charset="utf-8"`, "SOAPAction:"]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** The Cookie header that a reply asks for. */
export function cookieOf({ headers }: HttpReply): string | undefined {
  return headers.get("set-cookie")?.[0]?.split(";")[0];
}

/** The messages for a bare server that answers each with as many bytes as it was answered before. */
export function bareOf(exchanges: readonly Exchange[]): readonly string[] {
  return exchanges.map(({ message, reply }) =>
    message.replace(/^POST \S+/, `POST /${Buffer.byteLength(reply.body)}`),
  );
}

/** Says the messages one after the other over one TCP connection. */
export async function say(port: number, messages: readonly string[]): Promise<void> {
  using wire = await Wire.open(port);
  for (const message of messages) await wire.ask(message);
}
