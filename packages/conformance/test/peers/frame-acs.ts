import { BadFrame, FrameReader, frameText, type Frame } from "./frame-bytes.ts";
import type { Line, Voice } from "./small-acs.ts";

const LONGEST = 65_536;
const BEAT_MS = 200;
const ACKS: readonly (string | undefined)[] = [undefined, "auto", "client", "client-individual"];
let count = 0;

/** `v12.stomp` of an ACS, with the rule that it breaks. */
export function frameVoice(line: Line, breaks: string | undefined): Voice {
  const session = new FrameSession(line, breaks);
  return (message) => (message === undefined ? session.end() : session.hear(message));
}

class FrameSession {
  readonly #line: Line;
  readonly #breaks: string | undefined;
  readonly #reader: FrameReader;
  /** Ids by destination. */
  readonly #subscriptions = new Map<string, string>();
  readonly #transactions = new Map<string, Frame[]>();
  #isOpen = false;
  #isOver = false;
  #heard = true;
  #timers: NodeJS.Timeout[] = [];

  constructor(line: Line, breaks: string | undefined) {
    this.#line = line;
    this.#breaks = breaks;
    this.#reader = new FrameReader({
      cutsAtNul: breaks === "cuts a body at its first NUL",
      isDeafToEscapes: breaks === "does not read escapes",
      longest: LONGEST,
    });
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  hear(message: string | Buffer): void {
    this.#heard = true;
    if (this.#isOver) return;
    try {
      for (const frame of this.#reader.take(message)) this.#take(frame);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      this.#refuse(error.message, { code: error.code, receipt: error.receipt });
    }
  }

  #refuse(
    message: string,
    { code = 1003, receipt }: { readonly code?: number; readonly receipt?: string | undefined } = {},
  ): void {
    const versions = message === "version" ? { version: "1.2" } : {};
    this.#say("ERROR", { message, "close-code": String(code), "receipt-id": receipt, ...versions });
    this.#isOver = true;
    if (this.#breaks !== "does not close after ERROR") this.#line.close(code);
  }

  #say(command: string, headers: Readonly<Record<string, string | undefined>>, body = ""): void {
    this.#line.say(frameText(command, headers, body));
  }

  #take(frame: Frame): void {
    if (this.#isOver) return;
    const { command, headers } = frame;
    const isFirst = command === "CONNECT" || command === "STOMP";
    if (isFirst === this.#isOpen) throw new BadFrame("CONNECT comes first, and once");
    if (isFirst) {
      this.#connect(headers);
      return;
    }
    const transaction = headers.get("transaction");
    const isHeld = transaction !== undefined && ["SEND", "ACK", "NACK"].includes(command);
    const held = isHeld ? this.#transactions.get(transaction) : undefined;
    if (isHeld && held === undefined) throw this.#bad(frame, "no such transaction");
    if (held !== undefined) held.push(frame);
    else this.#serve(frame);
    const receipt = headers.get("receipt");
    if (receipt !== undefined && this.#breaks !== "gives no receipts")
      this.#say("RECEIPT", { "receipt-id": receipt });
    if (command !== "DISCONNECT") return;
    this.#isOver = true;
    this.#line.close(1000);
  }

  #bad({ headers }: Frame, message: string): BadFrame {
    return new BadFrame(message, { receipt: headers.get("receipt") });
  }

  #connect(headers: ReadonlyMap<string, string>): void {
    if (headers.get("accept-version")?.split(",").includes("1.2") !== true) throw new BadFrame("version");
    const isWelcome = this.#line.isKnown || this.#line.isToken(headers.get("passcode") ?? "");
    if (!isWelcome) throw new BadFrame("passcode", { code: 4001 });
    this.#isOpen = true;
    this.#say("CONNECTED", {
      version: "1.2",
      "heart-beat": `${BEAT_MS},${BEAT_MS}`,
      session: "s",
      token: this.#line.freshToken(),
      "token-expires-in": "86400",
      "max-in-flight": "4",
      "max-message-bytes": String(LONGEST),
    });
    this.#keepBeats(headers.get("heart-beat") ?? "0,0");
  }

  #keepBeats(heartBeat: string): void {
    const [promised = 0, wanted = 0] = heartBeat.split(",").map(Number);
    if (wanted > 0 && this.#breaks !== "keeps no heart-beats")
      this.#timers.push(setInterval(() => this.#line.say("\n"), BEAT_MS));
    if (promised === 0 || this.#breaks === "keeps a dead connection") return;
    const look = (): void => {
      if (!this.#heard) this.#line.close(1002);
      this.#heard = false;
    };
    this.#timers.push(setInterval(look, 2 * Math.max(promised, BEAT_MS)));
  }

  #serve(frame: Frame): void {
    const { command, headers } = frame;
    const [id, transaction = ""] = [headers.get("id"), headers.get("transaction")];
    switch (command) {
      case "SUBSCRIBE": {
        this.#subscribe(frame);
        return;
      }
      case "UNSUBSCRIBE":
        if (![...this.#subscriptions.values()].includes(id ?? ""))
          throw this.#bad(frame, "no such subscription");
        return;
      case "SEND": {
        this.#sent(frame);
        return;
      }
      case "BEGIN":
        if (this.#transactions.has(transaction)) throw this.#bad(frame, "it is open");
        this.#transactions.set(transaction, []);
        return;
      case "COMMIT":
      case "ABORT": {
        this.#conclude(frame, transaction);
        return;
      }
      case "DISCONNECT":
        return;
      default:
        throw this.#bad(
          frame,
          command === "ACK" || command === "NACK" ? "nothing is pending" : "no such command",
        );
    }
  }

  #conclude(frame: Frame, transaction: string): void {
    const held = this.#transactions.get(transaction);
    if (held === undefined) throw this.#bad(frame, "no such transaction");
    this.#transactions.delete(transaction);
    const isDone = frame.command === "COMMIT" && this.#breaks !== "forgets what it is to do at COMMIT";
    if (isDone || this.#breaks === "does what was aborted") for (const each of held) this.#serve(each);
  }

  #subscribe(frame: Frame): void {
    const [id = "", destination = ""] = ["id", "destination"].map((name) => frame.headers.get(name));
    const isTaken = [...this.#subscriptions.values()].includes(id);
    if (isTaken || !ACKS.includes(frame.headers.get("ack"))) throw this.#bad(frame, "not so");
    this.#subscriptions.set(destination, id);
    if (destination !== "/requests") return;
    const params = { ParameterList: { "Device.Lamp.": { Name: "red" } }, ParameterKey: "" };
    const call = { method: "SetParameterValues", "request-id": `a${(count += 1)}` };
    this.#message("/requests", call, JSON.stringify(params));
  }

  #sent(frame: Frame): void {
    const { headers, body } = frame;
    const destination = headers.get("destination");
    if (destination === "/responses") return;
    if (destination !== "/requests") throw this.#bad(frame, "no such destination");
    const [id, method] = [headers.get("request-id"), headers.get("method")];
    if (id === undefined) return;
    const isXml = headers.get("content-type") === "text/xml";
    const isKnown = method === "GetRPCMethods" && !body.includes(0);
    const status = this.#breaks === "says no status" ? undefined : isKnown ? "ok" : "fault";
    const type = isXml ? "text/xml" : "application/json";
    const answer = { "request-id": id, status, "content-type": type };
    const list = isXml
      ? "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><c:GetRPCMethodsResponse xmlns:c='urn:dslforum-org:cwmp-1-2'><MethodList><string>Inform</string></MethodList></c:GetRPCMethodsResponse></e:Body></e:Envelope>"
      : '{"MethodList":["Inform"]}';
    this.#message("/responses", answer, isKnown ? list : '{"code":-32601,"message":"no such method"}');
  }

  #message(destination: string, headers: Readonly<Record<string, string | undefined>>, body: string): void {
    const isLeftOut = this.#breaks === "leaves out the subscription" && destination === "/responses";
    const subscription = isLeftOut ? undefined : this.#subscriptions.get(destination);
    this.#say("MESSAGE", { subscription, "message-id": `m${(count += 1)}`, destination, ...headers }, body);
  }
}
