import { parseJson, type Fields } from "../json.ts";
import type { Call, Heard, Speech } from "./speech.ts";
import { hearEnvelope } from "./soap-speech.ts";
import { stompFrame, StompReader, type StompFrame } from "./stomp-frames.ts";

const JSON_TYPE = "application/json";

/** Of the frames of a device that are no requests and no answers, those that mark where a session is. */
const marks: ReadonlySet<string> = new Set(["CONNECT", "STOMP", "SUBSCRIBE", "DISCONNECT"]);

/** STOMP as a device speaks it. */
export function stompDeviceSpeech(): Speech {
  const reader = new StompReader();
  return {
    subprotocol: "v12.stomp",
    hear: (message) => heardIn(reader, message, hearMessage),
    request: ({ id, method, params = {} }) => send("/requests", { method, ...idHeader(id) }, params),
    answer: ({ id }, outcome) =>
      "result" in outcome
        ? send("/responses", { ...idHeader(id), status: "ok" }, outcome.result)
        : send(
            "/responses",
            { ...idHeader(id), status: "fault" },
            { code: outcome.fault, message: "refused" },
          ),
  };
}

/**
 * STOMP as an ACS speaks it. `say` leaves at once what STOMP itself asks for: CONNECTED, receipts. Calls go to the
 * device's subscription to `/requests`, answers to that to `/responses`.
 */
export function stompAcsSpeech(
  say: (text: string) => void,
  connected: Readonly<Record<string, string>>,
): Speech {
  const reader = new StompReader();
  const subscriptions = new Map<string, string>();
  const message = (destination: string, headers: Readonly<Record<string, string>>, body: Fields): string => {
    const subscription = subscriptions.get(destination) ?? "none";
    const id = { subscription, "message-id": crypto.randomUUID(), destination, "content-type": JSON_TYPE };
    return stompFrame("MESSAGE", { ...id, ...headers }, JSON.stringify(body));
  };
  return {
    subprotocol: "v12.stomp",
    hear: (text) =>
      heardIn(reader, text, (frame) => {
        serveFrame(frame, { say, connected, subscriptions });
        return hearSend(frame);
      }).filter((heard) => heard.is !== "frame" || marks.has(heard.command)),
    request: ({ id, method, params = {} }) => message("/requests", { method, ...idHeader(id) }, params),
    answer: ({ id }, outcome) =>
      "result" in outcome
        ? message("/responses", { ...idHeader(id), status: "ok" }, outcome.result)
        : message(
            "/responses",
            { ...idHeader(id), status: "fault" },
            { code: outcome.fault, message: "refused" },
          ),
  };
}

function idHeader(id: Call["id"]): Readonly<Record<string, string>> {
  return id === undefined || id === null ? {} : { "request-id": String(id) };
}

function send(destination: string, headers: Readonly<Record<string, string>>, body: Fields): string {
  return stompFrame("SEND", { destination, "content-type": JSON_TYPE, ...headers }, JSON.stringify(body));
}

function heardIn(
  reader: StompReader,
  message: string | Buffer,
  hear: (frame: StompFrame) => Heard,
): readonly Heard[] {
  const { frames, isAlive } = reader.take(message);
  const heard = frames.map(hear);
  return isAlive ? [...heard, { is: "life", text: String(message) }] : heard;
}

function hearMessage(frame: StompFrame): Heard {
  const destination = frame.headers.get("destination");
  if (frame.command !== "MESSAGE") return frameHeard(frame);
  return destination === "/requests" ? callIn(frame) : answerIn(frame);
}

function hearSend(frame: StompFrame): Heard {
  const destination = frame.headers.get("destination");
  if (frame.command !== "SEND") return frameHeard(frame);
  return destination === "/requests" ? callIn(frame) : answerIn(frame);
}

function callIn(frame: StompFrame): Heard {
  const { headers, body } = frame;
  const [method, id] = [headers.get("method"), headers.get("request-id")];
  const text = textOf(frame);
  return method === undefined
    ? { is: "odd", text }
    : { is: "call", id, method, params: parseJson(body), text };
}

function answerIn(frame: StompFrame): Heard {
  const { headers, body } = frame;
  const [id, status, text] = [headers.get("request-id"), headers.get("status"), textOf(frame)];
  const isXml = headers.get("content-type")?.startsWith("text/xml") === true;
  const result = isXml ? body : parseJson(body);
  const code = isXml ? codeIn(body) : Number(/"code":(-?\d+)/.exec(body)?.[1]);
  // Who leaves the status out breaks that rule alone; the body says what it is.
  switch (status ?? (Number.isNaN(code) ? "ok" : "fault")) {
    case "ok":
      return { is: "answer", id, result, text };
    case "fault":
      return { is: "fault", id, code, result, text };
    default:
      return { is: "odd", text };
  }
}

function codeIn(body: string): number {
  const heard = hearEnvelope(body);
  return heard.is === "fault" ? heard.code : Number.NaN;
}

function frameHeard(frame: StompFrame): Heard {
  return { is: "frame", command: frame.command, headers: frame.headers, text: textOf(frame) };
}

function textOf({ command, headers, body }: StompFrame): string {
  return [command, ...[...headers].map(([name, value]) => `${name}:${value}`), "", body].join("\n");
}

interface Host {
  readonly say: (text: string) => void;
  readonly connected: Readonly<Record<string, string>>;
  readonly subscriptions: Map<string, string>;
}

function serveFrame({ command, headers }: StompFrame, { say, connected, subscriptions }: Host): void {
  if (command === "CONNECT" || command === "STOMP") {
    say(stompFrame("CONNECTED", { version: "1.2", "heart-beat": "0,0", ...connected }));
    return;
  }
  const [destination, id, receipt] = ["destination", "id", "receipt"].map((name) => headers.get(name));
  if (command === "SUBSCRIBE" && destination !== undefined && id !== undefined)
    subscriptions.set(destination, id);
  if (receipt !== undefined) say(stompFrame("RECEIPT", { "receipt-id": receipt }));
}
