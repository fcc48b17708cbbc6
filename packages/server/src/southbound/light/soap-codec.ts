import { acsRpcs, closeCodes, decodeEnvelope, defaultLimits, refuse } from "@heliograph/protocol";
import type {
  Decoded,
  Fault,
  LightResult,
  Limits,
  Problem,
  SoapEnvelope,
  TokenId,
} from "@heliograph/protocol";
import type { Call, CallId } from "../../ports/index.ts";
import { writeCall, writeInformResponse } from "../cwmp/messages.ts";
import type { Manner } from "../cwmp/messages.ts";
import { NOTHING } from "./codec.ts";
import type { LightBinding, LightCodec, Message, Opened, Said, WrittenCall } from "./codec.ts";
import { faultOf, mannerOf, saidIn, writeRefusal, writeResult } from "./soap-messages.ts";
import type { Addressed, SoapSaid } from "./soap-messages.ts";

/** `cwmp.soap`: what goes over HTTP goes over the socket, one call at a time in each direction [LIGHT 4]. */
export function soapBinding(maxMessageBytes: number): LightBinding {
  const limits = { ...defaultLimits, maxChars: maxMessageBytes };
  return {
    subprotocol: "cwmp.soap",
    ways: { methods: Object.keys(acsRpcs), maxInFlight: 1, informAttaches: true },
    open: (opened) => new SoapCodec(limits, opened),
  };
}

interface Asked {
  /** The device's own. */
  readonly id: string | undefined;
  readonly method: string;
}

/** The ids of our calls look like this; those that devices make up do not. */
const OURS = /^[0-9a-f]{16}(?:-[0-9]+)?$/;

/** `cwmp.soap`: each text message is one envelope, as the body over HTTP would be [LIGHT 4]. */
class SoapCodec implements LightCodec {
  readonly #limits: Limits;
  readonly #url: string | undefined;
  /** How the device writes: as its last Inform, or before one as it is known, else as its first message. */
  #manner: Manner | undefined;
  /** The call whose answer is due. */
  #out: Call | undefined;
  /** The one before. */
  #last: CallId | undefined;
  /** What the device has asked and was not answered yet. */
  readonly #asked = new Map<TokenId, Asked>();
  #unnamed = 0;

  constructor(limits: Limits, { url, style }: Opened) {
    this.#limits = limits;
    this.#url = url();
    this.#manner = style && mannerOf(style);
  }

  read(message: Message): readonly Said[] {
    return [message === "" ? NOTHING : this.#read(message)];
  }

  writeCall(call: Call): WrittenCall {
    const message = writeCall(this.#usual, call);
    this.#last = this.#out?.callId ?? this.#last;
    this.#out = call;
    return { message, read: unnamed };
  }

  writeAnswer(id: TokenId, result: object): string {
    const { method, ...to } = this.#answered(id);
    return writeResult(to, method, result);
  }

  writeAttached(id: TokenId, { Token: token, ExpiresIn: expiresIn }: LightResult<"Attach">): string {
    const { manner, id: own } = this.#answered(id);
    const url = this.#url;
    const reference = url && { url, subprotocol: "cwmp.soap", token, expiresIn };
    return writeInformResponse(manner, own, reference ? { webSocketReference: reference } : {});
  }

  writeFault(id: TokenId | null, fault: Fault): string {
    return writeRefusal(id === null ? { manner: this.#usual, id: undefined } : this.#answered(id), fault);
  }

  /** What comes here names its method. */
  readLate(): undefined {
    return undefined;
  }

  get #usual(): Manner {
    return this.#manner ?? mannerOf(undefined);
  }

  #read(message: Exclude<Message, "">): Said {
    if (typeof message !== "string") return unreadable("binary messages are not spoken here");
    if (message.length > this.#limits.maxChars) return tooLarge;
    const envelope = decodeEnvelope(message, { role: "acs", limits: this.#limits });
    if (!envelope.ok) return unread(envelope.problem);
    return this.#said(envelope.value);
  }

  #said(envelope: SoapEnvelope<"acs">): Said {
    const said = saidIn(envelope.body);
    this.#noteManner(envelope, said.method === "Inform");
    switch (said.type) {
      case "request":
        return { type: "request", id: this.#ask(envelope.id, said.method), request: said.request };
      case "refused":
        return { type: "refused", id: this.#ask(envelope.id, said.method), fault: said.fault };
      default:
        return this.#answer(envelope.id, said);
    }
  }

  #noteManner({ namespace, style }: SoapEnvelope<"acs">, isInform: boolean): void {
    if (isInform || this.#manner === undefined) this.#manner = { namespace, style };
  }

  /** The id under which a request is served: the device's own where that is one and is free. */
  #ask(id: string | undefined, method: string): TokenId {
    const named = id === undefined || id === "" || this.#asked.has(id) ? undefined : id;
    const key = named ?? (this.#unnamed += 1);
    this.#asked.set(key, { id, method });
    return key;
  }

  #answered(id: TokenId): Addressed & { readonly method: string } {
    const asked = this.#asked.get(id);
    if (asked === undefined) throw new Error(`nothing was asked as ${id}`);
    this.#asked.delete(id);
    return { manner: this.#usual, ...asked };
  }

  #answer(id: string | undefined, { method, answer }: Extract<SoapSaid, { readonly type: "answer" }>): Said {
    const callId = this.#meant(id, method);
    if (callId === undefined) return NOTHING;
    if (callId === this.#out?.callId) {
      this.#last = this.#out.callId;
      this.#out = undefined;
    }
    return { type: "answer", id: callId, answer };
  }

  /**
   * Devices answer without an id, or with one of their own: then the call that is out is meant, where the answer names its
   * method. One that carries an id of ours is that call's, and may be owed since an earlier connection.
   */
  #meant(id: string | undefined, method: string | undefined): string | undefined {
    const out = this.#out;
    if (id !== undefined && (id === out?.callId || id === this.#last || OURS.test(id))) return id;
    return out !== undefined && (method ?? out.method) === out.method ? out.callId : undefined;
  }
}

function unread(problem: Problem): Said {
  const isText = problem.reason === "not-soap" || problem.reason === "over-limit";
  if (isText) return { type: "refused", id: null, fault: faultOf(problem) };
  return unreadable(problem.detail);
}

function unreadable(detail: string): Said {
  return { type: "unreadable", code: closeCodes.unreadable.code, detail };
}

const tooLarge: Said = {
  type: "unreadable",
  code: closeCodes.tooLarge.code,
  detail: "the message is too long",
};

/** No answer comes without the name of its method. */
function unnamed(): Decoded<never> {
  return refuse("bad-field", "Envelope/Body", "it names no method");
}
