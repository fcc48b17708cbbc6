import { WebSocket } from "ws";
import { LEAVES } from "./lamp.ts";

/** One socket of the device, as its voice uses it. */
export interface Wire {
  readonly isFirst: boolean;
  readonly token: string;
  say(text: string): void;
  close(code?: number): void;
  /** The token for the next opening. */
  keep(token: string): void;
  /** Gives the connection up after two such periods of silence. */
  expectLife(seconds: number): void;
  /** Says an end of line that often, as long as the connection lasts. */
  beat(everyMs: number): void;
}

/** What the device says to a message of the ACS. */
export type DeviceVoice = (message: string) => void;

export interface SmallDeviceOptions {
  readonly acsUrl: string;
  readonly subprotocol: string;
  readonly voice: (wire: Wire, reboot: (commandKey: string) => void) => DeviceVoice;
  /** Which of its rules it breaks. */
  readonly breaks?: string | undefined;
}

/** The first wait of the session retry table. */
const RETRY_MS = 5_200;

/** A device of a few lines, by itself: it shares no code with the kit, nor with the agent. */
export class SmallDevice implements Disposable {
  readonly #options: SmallDeviceOptions;
  #reference: { url: string; token: string } | undefined;
  #socket: WebSocket | undefined;
  #next: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #count = 0;
  #isOver = false;

  constructor(options: SmallDeviceOptions) {
    this.#options = options;
    void this.#inform(["1 BOOT", ""]);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#next);
    clearInterval(this.#silence);
    this.#socket?.terminate();
  }

  async #inform(...events: readonly (readonly [code: string, key: string])[]): Promise<void> {
    const { acsUrl, subprotocol, breaks } = this.#options;
    const understood = breaks === "insists on its header" ? "1" : "0";
    const header = `<x:WebSocketSupport xmlns:x="urn:heliograph:light-1" soap-env:mustUnderstand="${understood}"><Subprotocols>${subprotocol}</Subprotocols></x:WebSocketSupport>`;
    const body = envelope(header, informBody(events));
    const reply = await fetch(acsUrl, { method: "POST", body, headers: { "Content-Type": "text/xml" } });
    const text = await reply.text();
    const [url, token] = ["URL", "Token"].map((name) => new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1]);
    await (await fetch(acsUrl, { method: "POST" })).text();
    if (url === undefined || token === undefined || this.#isOver) return;
    this.#reference = { url, token };
    this.#open();
  }

  #open(): void {
    const { subprotocol, voice, breaks } = this.#options;
    const reference = this.#reference;
    if (this.#isOver || reference === undefined) return;
    const { token, url } = reference;
    const Authorization = `Bearer ${breaks === "makes up a token" ? "mine" : token}`;
    const socket = new WebSocket(url, subprotocol, {
      headers: { Authorization },
      autoPong: breaks !== "answers no ping",
    });
    this.#socket = socket;
    let heard = true;
    let beating: NodeJS.Timeout | undefined;
    const wire: Wire = {
      isFirst: (this.#count += 1) === 1,
      token,
      say: (text) => socket.send(text),
      close: (code) => socket.close(code),
      keep: (fresh) => {
        if (breaks !== "comes back with an old token") reference.token = fresh;
      },
      beat: (everyMs) => {
        beating = setInterval(() => socket.send("\n"), everyMs);
      },
      expectLife: (seconds) => {
        clearInterval(this.#silence);
        if (breaks === "waits for ever for an ACS that is silent") return;
        this.#silence = setInterval(() => {
          if (!heard) socket.terminate();
          heard = false;
        }, seconds * 1_000);
      },
    };
    socket.on("error", () => undefined);
    socket.once("close", () => clearInterval(beating));
    socket.once("open", () => {
      const hear = voice(wire, (key) => this.#reboot(key));
      socket.on("ping", () => (heard = true));
      socket.on("message", (data: Buffer) => {
        heard = true;
        if (socket.readyState === socket.OPEN) hear(data.toString("utf8"));
      });
    });
    socket.once("close", (code, reason) => this.#closed(code, String(reason)));
  }

  #reboot(commandKey: string): void {
    this.#socket?.removeAllListeners("close");
    this.#socket?.close(1000);
    const key = this.#options.breaks === "forgets the CommandKey of a Reboot" ? "" : commandKey;
    void this.#inform(["1 BOOT", ""], ["M Reboot", key]);
  }

  #closed(code: number, reason: string): void {
    clearInterval(this.#silence);
    if (this.#isOver) return;
    const { breaks } = this.#options;
    const isAway = code >= 4500 && breaks !== "comes back where it is not allowed";
    if (isAway) return;
    if (code === 4001 && breaks !== "opens with a token that was refused") {
      void this.#inform(["2 PERIODIC", ""]);
      return;
    }
    const isAsked = code === 1001 && breaks !== "does not read the pause of 1001";
    const waitMs = isAsked ? Math.random() * Number(reason) * 1_000 : RETRY_MS;
    const isRash = breaks === "comes back at once" && code === 1006;
    this.#next = setTimeout(() => this.#open(), isRash ? 0 : code >= 4500 || code === 4001 ? 10 : waitMs);
  }
}

const DEVICE_ID =
  "<DeviceId><Manufacturer>Small</Manufacturer><OUI>5A5A5A</OUI><ProductClass>Lamp</ProductClass><SerialNumber>1</SerialNumber></DeviceId>";

/** The Inform of this device, in SOAP. */
export function informBody(events: readonly (readonly [code: string, key: string])[]): string {
  const structs = events.map(
    ([code, key]) =>
      `<EventStruct><EventCode>${code}</EventCode><CommandKey>${key}</CommandKey></EventStruct>`,
  );
  const values = LEAVES.map(
    ([path, value]) =>
      `<ParameterValueStruct><Name>${path}</Name><Value xsi:type="xsd:string">${value}</Value></ParameterValueStruct>`,
  );
  return `<cwmp:Inform>${DEVICE_ID}<Event>${structs.join("")}</Event><MaxEnvelopes>1</MaxEnvelopes><CurrentTime>2026-01-31T12:00:00Z</CurrentTime><RetryCount>0</RetryCount><ParameterList>${values.join("")}</ParameterList></cwmp:Inform>`;
}

/** An envelope of this device. */
export function envelope(
  header: string,
  body: string,
  cwmp = ' xmlns:cwmp="urn:dslforum-org:cwmp-1-2"',
): string {
  return (
    `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ` +
    `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"${cwmp}>` +
    `<soap-env:Header>${header}</soap-env:Header><soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`
  );
}
