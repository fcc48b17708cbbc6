import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";

/** One socket, as a voice of the ACS uses it. */
export interface Line {
  /** Whether the token came with the handshake. */
  readonly isKnown: boolean;
  /** What came with it. */
  readonly token: string | undefined;
  /** Empty text messages in place of pings. */
  keepAlive: boolean;
  say(text: string): void;
  close(code?: number): void;
  /** A token that opens sockets from now on. */
  freshToken(): string;
  isToken(token: string): boolean;
}

/** What the ACS says to what comes over one socket; undefined is the end of it. */
export type Voice = (message: string | Buffer | undefined) => void;

export interface SmallAcsOptions {
  readonly subprotocol: string;
  readonly voice: (line: Line) => Voice;
  /** What devices log in with by Digest; without it anybody may come. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Which of its rules it breaks. */
  readonly breaks?: string | undefined;
}

const PING_MS = 200;
const [REALM, NONCE] = ["small", "0123456789abcdef"];
const XML = { "Content-Type": "text/xml" };

/** An ACS for one device, of a few lines and by itself: it shares no code with the kit, nor with the server. */
export class SmallAcs implements AsyncDisposable {
  readonly #options: SmallAcsOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1_048_576 });
  readonly #tokens = new Set<string>();
  #owesReference = false;
  #current: WebSocket | undefined;
  /** How many devices came without a login that is good. */
  turnedAway = 0;

  private constructor(options: SmallAcsOptions) {
    this.#options = options;
    const onRequest: RequestListener = (incoming, outgoing) => {
      void this.#post(incoming).then(({ status, headers = XML, text = "" }) => {
        outgoing.writeHead(status, headers).end(text);
      });
    };
    const { tls } = options;
    this.#server = tls === undefined ? createServer(onRequest) : createSecureServer(tls, onRequest);
    this.#server.on("upgrade", (incoming: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(incoming, stream, head),
    );
    this.#sockets.options.handleProtocols = () => options.subprotocol;
  }

  static async open(options: SmallAcsOptions): Promise<SmallAcs> {
    const acs = new SmallAcs(options);
    acs.#server.listen(0, "127.0.0.1");
    await once(acs.#server, "listening");
    return acs;
  }

  get url(): string {
    return `http${this.#options.tls === undefined ? "" : "s"}://${this.#authority}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get #authority(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async #post(incoming: IncomingMessage) {
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += String(chunk);
    if (!this.#isWelcome(incoming)) {
      this.turnedAway += 1;
      const challenge = `Digest realm="${REALM}", nonce="${NONCE}", qop="auth", algorithm=MD5`;
      return { status: 401, headers: { "WWW-Authenticate": challenge } };
    }
    if (text.includes("Inform>")) return { status: 200, text: this.#informed(text) };
    if (!this.#owesReference) return { status: 204 };
    this.#owesReference = false;
    const values = { WebSocketURL: this.#lightUrl, WebSocketToken: this.#freshToken() };
    const structs = Object.entries(values).map(
      ([name, value]) =>
        `<ParameterValueStruct><Name>Device.ManagementServer.X_HELIOGRAPH_${name}</Name><Value>${value}</Value></ParameterValueStruct>`,
    );
    const body = `<cwmp:SetParameterValues><ParameterList>${structs.join("")}</ParameterList><ParameterKey/></cwmp:SetParameterValues>`;
    return { status: 200, text: enveloped("<cwmp:ID>ref</cwmp:ID>", body) };
  }

  #informed(inform: string): string {
    const { subprotocol, breaks } = this.#options;
    const lists = [/<Subprotocols>([^<]*)/, /WebSocketSubprotocols<\/Name><Value[^>]*>([^<]*)/].map((list) =>
      list.exec(inform)?.[1]?.split(" ").includes(subprotocol),
    );
    const [byHeader, byParameter] = lists;
    this.#owesReference = byHeader !== true && byParameter === true;
    const seconds = breaks === "refers without ExpiresIn" ? "" : "<ExpiresIn>600</ExpiresIn>";
    const reference =
      `<x:WebSocketReference xmlns:x="urn:heliograph:light-1" soap-env:mustUnderstand="0"><URL>${this.#lightUrl}</URL>` +
      `<Subprotocol>${subprotocol}</Subprotocol><Token>${this.#freshToken()}</Token>${seconds}</x:WebSocketReference>`;
    const response = "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>";
    return enveloped(`<cwmp:ID>1</cwmp:ID>${byHeader === true ? reference : ""}`, response);
  }

  get #lightUrl(): string {
    return `ws${this.#options.tls === undefined ? "" : "s"}://${this.#authority}/light`;
  }

  #freshToken(): string {
    const token = `token-${this.#tokens.size}`;
    this.#tokens.add(token);
    return token;
  }

  #isWelcome({ headers, url }: IncomingMessage): boolean {
    const { login } = this.#options;
    if (login === undefined) return true;
    const given = headers.authorization ?? "";
    const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(given)?.[1] ?? "";
    const secret = md5(`${login.user}:${REALM}:${login.password}`);
    const rest = [NONCE, field("nc"), field("cnonce"), "auth", md5(`POST:${url ?? ""}`)];
    return field("username") === login.user && field("response") === md5([secret, ...rest].join(":"));
  }

  #upgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { subprotocol, breaks } = this.#options;
    const entries = (incoming.headers["sec-websocket-protocol"] ?? "").split(", ");
    const entry = entries.find((each) => each.startsWith("bearer."))?.slice(7);
    const token = entry ?? incoming.headers.authorization?.replace("Bearer ", "");
    const isKnown = token !== undefined && this.#tokens.has(token);
    const mayWait = token === undefined && subprotocol === "v12.stomp";
    const isRefused = !isKnown && !mayWait && entry === undefined && breaks !== "lets anybody in";
    const status = entries.includes(subprotocol) ? (isRefused ? 401 : 101) : 400;
    if (status !== 101) {
      stream.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(incoming, stream, head, (socket) => {
      if (entry !== undefined && !isKnown) socket.close(4001);
      else this.#serve(socket, { isKnown, token });
    });
  }

  #serve(socket: WebSocket, shown: Pick<Line, "isKnown" | "token">): void {
    const { voice, breaks } = this.#options;
    if (breaks !== "keeps the older socket") this.#current?.close(4000);
    this.#current = socket;
    const line: Line = {
      ...shown,
      keepAlive: false,
      say: (text) => socket.send(text),
      close: (code) => socket.close(code),
      freshToken: () => this.#freshToken(),
      isToken: (token) => this.#tokens.has(token),
    };
    const hear = voice(line);
    let silent = 0;
    socket.on("pong", () => (silent = 0));
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      silent = 0;
      if (socket.readyState === socket.OPEN) hear(isBinary ? data : data.toString("utf8"));
    });
    const pinging = setInterval(() => {
      if (line.keepAlive) socket.send("");
      else if (breaks !== "does not ping") socket.ping();
      if ((silent += 1) > 2 && breaks !== "keeps a dead connection") socket.terminate();
    }, PING_MS);
    socket.once("close", () => {
      clearInterval(pinging);
      hear(undefined);
    });
  }
}

/** Any envelope that this ACS says over HTTP. */
function enveloped(header: string, body: string): string {
  return (
    `<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-2">` +
    `<soap-env:Header>${header}</soap-env:Header><soap-env:Body>${body}</soap-env:Body></soap-env:Envelope>`
  );
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
