import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { envelope, rpcBody } from "../speech/envelope.ts";
import { hearEnvelope, soapSpeech } from "../speech/soap-speech.ts";
import { elementIn, elementsIn, escapeXml, textIn } from "../speech/xml.ts";
import { RawSocket } from "../wire/raw-socket.ts";
import { acsOutcomeOf } from "./acs-part.ts";
import type { DeviceSeat } from "./device-seat.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const EXPIRES_SECONDS = 600;
const PARAMETER = "X_HELIOGRAPH_WebSocketSubprotocols";
/** What a device sends over HTTP is never larger. */
const MOST_CHARS = 1_048_576;

/** The HTTP side of the ACS that the kit plays: it answers Informs with a reference and takes the sockets. */
export class AcsServer implements Disposable {
  readonly #seat: DeviceSeat;
  readonly #server: Server;
  /** The SetParameterValues that gives a reference to a device which advertised by its parameter alone. */
  #owed: string | undefined;

  private constructor(seat: DeviceSeat) {
    this.#seat = seat;
    this.#server = createServer((incoming, outgoing) => void this.#post(incoming, outgoing));
    this.#server.on("upgrade", (incoming, stream, head) => this.#upgrade(incoming, stream, head));
  }

  static async open(seat: DeviceSeat, { host, port }: Address): Promise<AcsServer> {
    const server = new AcsServer(seat);
    server.#server.listen(port, host);
    await once(server.#server, "listening");
    return server;
  }

  /** What the device is given as the URL of its ACS, where it reaches this machine by its address. */
  get url(): string {
    const address = this.#server.address();
    const [host, port] =
      typeof address === "object" && address !== null ? [address.address, address.port] : ["", 0];
    return `http://${host.includes(":") ? `[${host}]` : host}:${port}/`;
  }

  /** Takes nobody any more; the sockets that it took are the seat's. */
  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #post(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) {
      text += String(chunk);
      if (text.length > MOST_CHARS) incoming.destroy();
    }
    const answer = this.#answer(text, incoming.headers.host ?? "127.0.0.1");
    if (answer === undefined) outgoing.writeHead(204).end();
    else outgoing.writeHead(200, { "Content-Type": 'text/xml; charset="utf-8"' }).end(answer);
  }

  #answer(text: string, host: string): string | undefined {
    const heard = hearEnvelope(text);
    if (heard.is !== "call") {
      const owed = this.#owed;
      this.#owed = undefined;
      return owed;
    }
    if (heard.method !== "Inform") return soapSpeech().answer(heard, acsOutcomeOf(heard, this.#seat));
    this.#seat.informs.push(text);
    this.#seat.informed.add(text);
    const id = heard.id === undefined || heard.id === null ? undefined : String(heard.id);
    const body = rpcBody("InformResponse", { MaxEnvelopes: 1 });
    return envelope(body, { id, header: this.#refer(text, `ws://${host}/light`) });
  }

  /** The reference as a header; where the device asked by its parameter alone, it is owed. */
  #refer(text: string, url: string): string {
    const header = textIn(elementIn(text, "WebSocketSupport")?.inside ?? "", "Subprotocols");
    const parameter = advertisedIn(text);
    const { subprotocol } = this.#seat;
    if (isOffered(header, subprotocol)) {
      const reference = {
        URL: url,
        Subprotocol: subprotocol,
        Token: this.#seat.freshToken(),
        ExpiresIn: EXPIRES_SECONDS,
      };
      const fields = Object.entries(reference).map(
        ([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`,
      );
      return (
        `<lt:WebSocketReference xmlns:lt="urn:heliograph:light-1" soap-env:mustUnderstand="0">` +
        `${fields.join("")}</lt:WebSocketReference>`
      );
    }
    if (parameter !== undefined && isOffered(parameter.value, subprotocol)) {
      const leaves = { X_HELIOGRAPH_WebSocketURL: url, X_HELIOGRAPH_WebSocketToken: this.#seat.freshToken() };
      const params = { ParameterList: { [parameter.object]: leaves }, ParameterKey: "" };
      this.#owed = envelope(rpcBody("SetParameterValues", params), { id: "kit-reference" });
    }
    return "";
  }

  #upgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    const entries = (incoming.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    const offered = entries.filter((entry) => !entry.startsWith("bearer."));
    const shown = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? "")?.[1];
    const token = shown ?? entries.find((entry) => entry.startsWith("bearer."))?.slice("bearer.".length);
    const { subprotocol } = this.#seat;
    if (!offered.includes(subprotocol)) {
      stream.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const key = incoming.headers["sec-websocket-key"] ?? "";
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${createHash("sha1")
        .update(key + GUID)
        .digest("base64")}`,
      `Sec-WebSocket-Protocol: ${subprotocol}`,
    ];
    stream.write(`${lines.join("\r\n")}\r\n\r\n`);
    this.#seat.take(new RawSocket(stream, { isClient: false, head }), { offered, token });
  }
}

/** What an Inform advertises by the parameter, and the object that has it. */
export function advertisedIn(
  inform: string,
): { readonly object: string; readonly value: string } | undefined {
  for (const inside of elementsIn(inform, "ParameterValueStruct")) {
    const name = textIn(inside, "Name") ?? "";
    if (name.endsWith(`.${PARAMETER}`))
      return { object: name.slice(0, -PARAMETER.length), value: textIn(inside, "Value") ?? "" };
  }
  return undefined;
}

function isOffered(list: string | undefined, subprotocol: string): boolean {
  return list?.split(/[\s,]+/).includes(subprotocol) === true;
}
