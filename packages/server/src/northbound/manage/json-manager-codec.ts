import {
  closeCodes,
  readFault,
  type HeartBeatPlan,
  type JsonObject,
  type JsonValue,
  type TokenId,
} from "@heliograph/protocol";
import { isRefusal, problemOf, refuse, type Refusal } from "../refusal.ts";
import type { Answer } from "./answers.ts";
import type { Told } from "./followed-channels.ts";
import { jsonErrors, readCalls, type JsonCall, type JsonError } from "./json-calls.ts";
import { readJsonAsk } from "./json-ask.ts";
import { readObserve, readUnobserve, seenText } from "./json-views.ts";
import type { AskedSend, ManagerLanguage, ManagerSaid, Message, WrittenAnswer } from "./manager-language.ts";
import type { Seen } from "./watched-views.ts";

/** The subprotocol by which managers speak JSON-RPC [LIGHT 7]. */
export const JSON_SUBPROTOCOL = "manage.json";

export interface JsonSettings {
  /** Told in the answer to Attach: how often a silent connection is pinged, and how much is taken. */
  readonly pingMs: number;
  readonly maxOutstanding: number;
  readonly maxMessageBytes: number;
  /** Answers of a batch that are kept until all are there. */
  readonly maxKeptChars: number;
}

/** A call that is not answered yet. */
interface Open {
  readonly id: TokenId;
  readonly batch: Batch | undefined;
}

/** Answers that leave together [JSON-RPC 2.0 6]. */
interface Batch {
  left: number;
  texts: string[];
}

/** JSON-RPC 2.0 as a manager speaks it: a message is a call or a batch, answered when its operation has ended [LIGHT 7]. */
export class JsonManagerCodec implements ManagerLanguage {
  readonly beginsAtOnce = true;
  /** JSON-RPC has none: the connection is pinged. */
  readonly heartBeats: HeartBeatPlan | undefined = undefined;
  readonly isListening = true;
  readonly #settings: JsonSettings;
  readonly #open = new Map<string, Open>();
  #opened = 0;
  #session: string | undefined;
  #attach: TokenId | undefined;
  #last: JsonError | undefined;

  constructor(settings: JsonSettings) {
    this.#settings = settings;
  }

  *read(message: Message): Generator<ManagerSaid, void, undefined> {
    if (typeof message !== "string") {
      yield this.#unreadable({ code: jsonErrors.notARequest, message: "messages are text" });
      return;
    }
    const read = readCalls(message);
    switch (read.type) {
      case "one":
        yield this.#take(read.call);
        return;
      case "batch":
        yield this.#takeBatch(read.calls);
        return;
      case "refused":
        yield read.error.code === jsonErrors.notJson
          ? this.#unreadable(read.error)
          : { type: "reply", message: errorText(read.id, read.error) };
    }
  }

  writeConnected(session: string): Message | undefined {
    this.#session ??= session;
    const id = this.#attach;
    this.#attach = undefined;
    if (id === undefined) return undefined;
    const { pingMs, maxOutstanding, maxMessageBytes } = this.#settings;
    return resultText(
      id,
      JSON.stringify({
        Session: this.#session,
        PingInterval: Math.round(pingMs / 1000),
        MaxInFlight: maxOutstanding,
        MaxMessageBytes: maxMessageBytes,
      }),
    );
  }

  /** There are none: an answer says as much. */
  writeReceipt(): undefined {
    return undefined;
  }

  writeAnswer(answer: Answer): WrittenAnswer {
    const open = this.#open.get(answer.requestId);
    if (open === undefined) return "drop";
    this.#open.delete(answer.requestId);
    const { id, batch } = open;
    const text = answerText(id, answer);
    if (batch === undefined) return { message: text };
    batch.texts.push(text);
    batch.left -= 1;
    const kept = batch.texts.reduce((sum, each) => sum + each.length, 0);
    if (batch.left > 0 && kept <= this.#settings.maxKeptChars) return "kept";
    const message = `[${batch.texts.join(",")}]`;
    batch.texts = [];
    return { message };
  }

  writePublication({ channel, epoch, offset, isState, data }: Told): { readonly message: string } {
    const state = isState ? { State: true } : {};
    const message = JSON.stringify({
      jsonrpc: "2.0",
      method: "Publish",
      params: { Channel: channel, Epoch: epoch, Offset: offset, ...state, Data: data },
    });
    return { message };
  }

  writeSeen(seen: Seen): { readonly message: string } {
    return { message: seenText(seen) };
  }

  /** What could not be read is said; who is not let in is told so by the answer that it waits for. */
  writeClosing({ reason }: { readonly code: number; readonly reason: string }): Message | undefined {
    if (this.#last !== undefined) return errorText(null, this.#last);
    if (this.#attach === undefined) return undefined;
    return errorText(this.#attach, refusalError(refuse("unauthenticated", reason)));
  }

  writeHeartBeat(): Message {
    return "";
  }

  #take(call: JsonCall): ManagerSaid {
    const { id, method, params } = call;
    if (method === "Attach") return this.#attachBy(id, params["Token"]);
    if (this.#session === undefined) {
      return this.#refuse(id, refuse("unauthenticated", "say first who you are: Attach {Token}"));
    }
    if (method === "Subscribe" || method === "Unsubscribe") return this.#channel(call);
    if (method === "Observe" || method === "Unobserve") return this.#view(call);
    const asked = this.#asked(call, undefined);
    return isRefusal(asked) ? this.#refuse(id, asked) : { type: "ask", sends: [asked], receipt: undefined };
  }

  /** All of a batch is asked, or none of it, as of a transaction. */
  #takeBatch(calls: readonly JsonCall[]): ManagerSaid {
    const batch: Batch = { left: calls.filter(({ id }) => id !== undefined).length, texts: [] };
    const sends: AskedSend[] = [];
    let refusal =
      this.#session === undefined
        ? refuse("unauthenticated", "say first who you are: Attach {Token}")
        : undefined;
    for (const [index, call] of calls.entries()) {
      if (refusal !== undefined) break;
      const asked = this.#asked(call, batch);
      if (isRefusal(asked)) refusal = { ...asked, detail: `call ${index + 1}: ${asked.detail}` };
      else sends.push(asked);
    }
    if (refusal === undefined) return { type: "ask", sends, receipt: undefined };
    for (const { addressed } of sends) this.#open.delete(addressed.requestId ?? "");
    const error = refusalError(refusal);
    const texts = calls.flatMap(({ id }) => (id === undefined ? [] : [errorText(id, error)]));
    return texts.length === 0 ? NOTHING : { type: "reply", message: `[${texts.join(",")}]` };
  }

  #asked(call: JsonCall, batch: Batch | undefined): AskedSend | Refusal {
    const ask = readJsonAsk(call);
    if (isRefusal(ask)) return ask;
    const { device, bytes, read } = ask;
    const requestId = call.id === undefined ? undefined : this.#begin({ id: call.id, batch });
    const addressed = { device, requestId };
    return { addressed, bytes, read: (now) => read(addressed, now) };
  }

  #attachBy(id: TokenId | undefined, token: JsonValue | undefined): ManagerSaid {
    if (token !== undefined && typeof token !== "string") {
      return this.#refuse(id, refuse("invalid-request", "Token is text"));
    }
    if (id === undefined || this.#attach !== undefined) {
      return this.#refuse(id, refuse("invalid-request", "Attach has an id, and is answered before the next"));
    }
    this.#attach = id;
    return { type: "connect", passcode: token };
  }

  #channel({ id, method, params }: JsonCall): ManagerSaid {
    const { Channel: channel, Epoch: epoch, Offset: offset } = params;
    if (id === undefined) return NOTHING;
    if (typeof channel !== "string") {
      return this.#refuse(id, refuse("invalid-request", "Channel is the name of a channel"));
    }
    const requestId = this.#begin({ id, batch: undefined });
    if (method === "Unsubscribe") return { type: "unfollow", requestId, channel };
    const isPlace = typeof epoch === "string" && typeof offset === "number" && Number.isSafeInteger(offset);
    return { type: "follow", requestId, channel, position: isPlace ? { epoch, offset } : undefined };
  }

  #view(call: JsonCall): ManagerSaid {
    const { id, method } = call;
    if (id === undefined) return NOTHING;
    const read = method === "Observe" ? readObserve(call.params) : readUnobserve(call.params);
    if (isRefusal(read)) return this.#refuse(id, read);
    return { ...read, requestId: this.#begin({ id, batch: undefined }) };
  }

  /** Under which id of our own the call is known to others. */
  #begin(open: Open): string {
    this.#opened += 1;
    const requestId = String(this.#opened);
    this.#open.set(requestId, open);
    return requestId;
  }

  #refuse(id: TokenId | undefined, refusal: Refusal): ManagerSaid {
    if (id === undefined) return NOTHING;
    return { type: "reply", message: errorText(id, refusalError(refusal)) };
  }

  #unreadable(error: JsonError): ManagerSaid {
    this.#last = error;
    return { type: "unreadable", code: closeCodes.unreadable.code, detail: error.message };
  }
}

const NOTHING: ManagerSaid = { type: "nothing" };

function answerText(id: TokenId, { status, body, operation }: Answer): string {
  if (status === "ok") return resultText(id, body);
  const told: unknown = JSON.parse(body);
  if (status === "refused") return errorText(id, refusedError(told));
  const { code = jsonErrors.refused, message = status, data } = readFault(told) ?? {};
  const more = {
    ...(status === "fault" ? {} : { Status: status }),
    ...(operation && { Operation: operation }),
  };
  const faults = data?.SetParameterValuesFault.map((each) => ({ ...each }));
  return errorText(id, {
    code,
    message,
    data: { ...(faults === undefined ? {} : { SetParameterValuesFault: faults }), ...more },
  });
}

/** A problem document as an error. */
function refusedError(problem: unknown): JsonError {
  const { detail, ...rest } = isObject(problem) ? problem : {};
  const message = typeof detail === "string" ? detail : "refused";
  return { code: jsonErrors.refused, message, data: { Problem: { ...rest, detail: message } } };
}

function refusalError(refusal: Refusal): JsonError {
  return refusedError(JSON.parse(JSON.stringify(problemOf(refusal))));
}

function resultText(id: TokenId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

function errorText(id: TokenId | null, error: JsonError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
