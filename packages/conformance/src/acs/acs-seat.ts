import { NotTested, expect } from "../case.ts";
import { Conversation, describe } from "../conversation.ts";
import { envelope, rpcBody, type Device } from "../speech/envelope.ts";
import { jsonSpeech } from "../speech/json-speech.ts";
import { hearEnvelope, soapSpeech } from "../speech/soap-speech.ts";
import { stompDeviceSpeech } from "../speech/stomp-speech.ts";
import { stompFrame } from "../speech/stomp-frames.ts";
import type { Call, Speech, Subprotocol } from "../speech/speech.ts";
import { elementIn, textIn } from "../speech/xml.ts";
import { shortened, type Trail } from "../trail.ts";
import { openSocket, type Opening, type Reply, type Trust } from "../wire/http-exchange.ts";
import { AcsSession } from "./acs-session.ts";
import { loginIn, outcomeOf } from "./device-part.ts";
import type { Login } from "./digest.ts";

/** The ACS that is tested, and the device that the kit gives itself out for. */
export interface AcsTarget {
  /** Of the ACS; or of its socket, with a token. */
  readonly url: string;
  readonly subprotocol: Subprotocol;
  readonly device: Device;
  readonly trust: Trust;
  readonly patienceMs: number;
  readonly login?: Login;
  readonly token?: string;
}

export interface Reference {
  readonly url: string;
  readonly subprotocol: string;
  readonly token: string;
  readonly expiresIn: number;
}

/** What an Inform over HTTP says of the light transport: header, parameter, or nothing. */
export interface Advert {
  readonly header?: string;
  readonly parameter?: string;
}

/** What a session over HTTP came to. */
export interface Registration {
  readonly informed: Reply;
  readonly reference: Reference | undefined;
  /** The header element of the reference as it was written. */
  readonly written: string | undefined;
  readonly calls: readonly Call[];
  /** The status of the answer to the empty POST, or to the answer of the last call. */
  readonly ended: number;
}

export interface Offer {
  readonly subprotocols?: readonly string[];
  readonly token?: string | undefined;
  /** How the token is shown. */
  readonly by?: "header" | "entry";
}

const SPEECHES: Readonly<Record<Subprotocol, () => Speech>> = {
  "cwmp.json": jsonSpeech,
  "cwmp.soap": soapSpeech,
  "v12.stomp": stompDeviceSpeech,
};
const MANY_CALLS = 20;

/** What a case has to test an ACS with: it Informs, opens sockets, and talks. */
export class AcsSeat {
  readonly target: AcsTarget;
  readonly trail: Trail;
  /** What the ACS called over sockets, since the run began. */
  readonly calls: Call[] = [];
  /** Calls that are not answered yet, while they are held. */
  #held: (() => void)[] | undefined;
  #login: Login | undefined;
  #reference: Reference | undefined;

  constructor(target: AcsTarget, trail: Trail) {
    this.target = target;
    this.trail = trail;
    this.#login = target.login;
    if (target.token !== undefined) {
      this.#reference = {
        url: target.url,
        subprotocol: target.subprotocol,
        token: target.token,
        expiresIn: 600,
      };
    }
  }

  /** One session over HTTP. */
  async register(advert: Advert): Promise<Registration> {
    return this.registerAs(this.#login, advert);
  }

  async registerAs(login: Login | undefined, advert: Advert): Promise<Registration> {
    const { url, trust, patienceMs, token } = this.target;
    if (token !== undefined) throw new NotTested("it takes an Inform over HTTP, and there is a token alone");
    const session = new AcsSession({ url, trust, waitMs: patienceMs, login, trail: this.trail });
    const informed = await session.post(informEnvelope(this.target, advert));
    if (informed.status !== 200) {
      return { informed, reference: undefined, written: undefined, calls: [], ended: informed.status };
    }
    const written = elementIn(informed.text, "WebSocketReference");
    const reference = written === undefined ? undefined : referenceIn(written.inside);
    if (reference !== undefined) this.#reference = reference;
    const { calls, ended } = await this.#finish(session);
    return {
      informed,
      reference,
      written: /<[^>]*WebSocketReference[^>]*>/.exec(informed.text)?.[0],
      calls,
      ended,
    };
  }

  /** What sockets are opened by: the last reference, or that of a new session. */
  async reference(): Promise<Reference> {
    if (this.#reference !== undefined) return this.#reference;
    const { informed, reference } = await this.register({ header: this.target.subprotocol });
    const came = `HTTP ${informed.status} ${shortened(informed.text)}`;
    expect(reference !== undefined, "a reference in the answer to the Inform", came);
    return reference;
  }

  /** Takes another token for the next opening. */
  renew(token: string): void {
    if (this.#reference !== undefined) this.#reference = { ...this.#reference, token };
  }

  /** Has the next opening begin with a session of its own. */
  forget(): void {
    if (this.target.token === undefined) this.#reference = undefined;
  }

  async open(offer: Offer = {}): Promise<Opening> {
    const { url, token: current } = await this.reference();
    const { trust, patienceMs } = this.target;
    const { by = "header", subprotocols = [this.target.subprotocol] } = offer;
    const token = "token" in offer ? offer.token : current;
    const entries = by === "entry" ? [...subprotocols, `bearer.${token}`] : subprotocols;
    const headers = {
      "Sec-WebSocket-Protocol": entries.join(", "),
      ...(by === "header" && token !== undefined ? { Authorization: `Bearer ${token}` } : {}),
    };
    this.trail.sent(
      `GET ${url} with ${Object.entries(headers)
        .map((pair) => pair.join(": "))
        .join(", ")}`,
    );
    return openSocket({ url, trust, waitMs: patienceMs, headers });
  }

  /** A connection on which nothing has been said yet. */
  async connect(offer: Offer = {}): Promise<Conversation> {
    let opening = await this.open(offer);
    if (opening.is === "refused" && opening.status === 401 && !("token" in offer)) {
      this.forget();
      opening = await this.open(offer);
    }
    expect(opening.is === "open", "an open socket", opening.is === "open" ? "" : `HTTP ${opening.status}`);
    return this.talkOver(opening);
  }

  /** The conversation over a socket that is open. */
  talkOver({ socket }: Extract<Opening, { is: "open" }>): Conversation {
    return new Conversation({
      socket,
      speech: SPEECHES[this.target.subprotocol](),
      trail: this.trail,
      patienceMs: this.target.patienceMs,
      serve: (call, conversation) => this.#serve(call, conversation),
    });
  }

  /** A connection on which requests are answered: in STOMP it has a session and its subscriptions. */
  async converse(): Promise<Conversation> {
    const conversation = await this.connect();
    if (this.target.subprotocol !== "v12.stomp") return conversation;
    conversation.say(stompFrame("CONNECT", { "accept-version": "1.2", host: "kit" }));
    const heard = await conversation.next();
    expect(heard?.is === "frame" && heard.command === "CONNECTED", "CONNECTED", describe(heard));
    conversation.say(stompFrame("SUBSCRIBE", { id: "a", destination: "/responses" }));
    conversation.say(stompFrame("SUBSCRIBE", { id: "q", destination: "/requests" }));
    return conversation;
  }

  /** Leaves calls unanswered until what it returns is disposed. */
  hold(): Disposable & { readonly count: () => number } {
    const held: (() => void)[] = [];
    this.#held = held;
    return {
      count: () => held.length,
      [Symbol.dispose]: () => {
        this.#held = undefined;
        for (const answer of held) answer();
      },
    };
  }

  #serve(call: Call, conversation: Conversation): void {
    this.calls.push(call);
    this.#keepLogin(call);
    if (call.id === undefined) return;
    const answer = (): void => conversation.sayAside(conversation.speech.answer(call, outcomeOf(call)));
    if (this.#held === undefined) answer();
    else this.#held.push(answer);
  }

  #keepLogin(call: Call): void {
    const given = loginIn(call);
    const { user = this.#login?.user, password = this.#login?.password } = given;
    if (user !== undefined && password !== undefined) this.#login = { user, password };
  }

  async #finish(session: AcsSession): Promise<Pick<Registration, "calls" | "ended">> {
    const calls: Call[] = [];
    for (let body = ""; ;) {
      const { status, text } = await session.post(body);
      const call = hearEnvelope(text);
      if (status !== 200 || call.is !== "call" || calls.length === MANY_CALLS)
        return { calls, ended: status };
      calls.push(call);
      this.#keepLogin(call);
      body = soapSpeech().answer(call, outcomeOf(call));
    }
  }
}

function informEnvelope({ device, subprotocol }: AcsTarget, { header, parameter }: Advert): string {
  const support =
    header === undefined
      ? ""
      : `<lt:WebSocketSupport xmlns:lt="urn:heliograph:light-1" soap-env:mustUnderstand="0">` +
        `<Subprotocols>${header}</Subprotocols></lt:WebSocketSupport>`;
  const offered = parameter === undefined ? {} : { X_HELIOGRAPH_WebSocketSubprotocols: parameter };
  return envelope(rpcBody("Inform", informParams(device, "2 PERIODIC", offered)), {
    id: `kit-${subprotocol}`,
    header: support,
  });
}

/** An Inform of the device that the kit plays, in the words of `cwmp.json`. */
export function informParams(device: Device, event: string, more: Readonly<Record<string, string>> = {}) {
  const { oui, productClass, serialNumber } = device;
  return {
    DeviceId: { Manufacturer: "Kit", OUI: oui, ProductClass: productClass, SerialNumber: serialNumber },
    Event: [{ EventCode: event, CommandKey: "" }],
    MaxEnvelopes: 1,
    CurrentTime: new Date().toISOString(),
    RetryCount: 0,
    ParameterList: {
      "Device.ManagementServer.": { ConnectionRequestURL: "http://192.0.2.7:7547/kit", ...more },
      "Device.DeviceInfo.": { SoftwareVersion: "1.0" },
    },
  };
}

function referenceIn(inside: string): Reference | undefined {
  const [url, subprotocol, token, expiresIn] = ["URL", "Subprotocol", "Token", "ExpiresIn"].map((name) =>
    textIn(inside, name),
  );
  if (url === undefined || token === undefined) return undefined;
  return { url, subprotocol: subprotocol ?? "", token, expiresIn: Number(expiresIn) };
}
