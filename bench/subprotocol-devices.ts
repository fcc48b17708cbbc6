import {
  decodeEnvelope,
  defaultLimits,
  defaultStompLimits,
  encodeAnswer,
  grouped,
  StompReader,
  type DeviceAnswer,
  type DeviceRequest,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import { informText, keyOf } from "./inform.ts";
import { attachDevice, referTo, type LightDevice } from "./light-device.ts";

export type Attach = (
  acsUrl: string,
  serial: number,
) => Promise<Pick<LightDevice, "key" | "bytes" | "close">>;

/** A device for each subprotocol, with its own credentials by the time it is attached. */
export const attachBy: Readonly<Record<"cwmp.json" | "cwmp.soap" | "v12.stomp", Attach>> = {
  "cwmp.json": attachDevice,
  "cwmp.soap": (acsUrl, serial) =>
    attach(acsUrl, {
      ...{ serial, subprotocol: "cwmp.soap", opening: [inform(serial)] },
      answersTo: (message) => soapAnswersTo(message),
    }),
  "v12.stomp": (acsUrl, serial) => {
    const reader = new StompReader(defaultStompLimits);
    return attach(acsUrl, {
      ...{ serial, subprotocol: "v12.stomp", opening: [CONNECT] },
      answersTo: (message) => stompAnswersTo(reader, message),
    });
  },
};

/** What is said when the socket opens, and to each message of the ACS. */
interface Speaker {
  readonly serial: number;
  readonly subprotocol: string;
  readonly opening: readonly string[];
  answersTo(message: Buffer): readonly Said[];
}

interface Said {
  readonly text: string;
  /** It is the answer to a call of this method. */
  readonly method?: string;
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";
const CONNECT = "CONNECT\naccept-version:1.2\nhost:acs\nheart-beat:30000,30000\n\n\0";
const SUBSCRIBE = "SUBSCRIBE\nid:q\ndestination:/requests\nmax-in-flight:8\nreplay-window:8\n\n\0";

async function attach(acsUrl: string, speaker: Speaker): ReturnType<Attach> {
  const { url, token } = await referTo(acsUrl, speaker.serial);
  const socket = new WebSocket(url, speaker.subprotocol, { headers: { Authorization: `Bearer ${token}` } });
  const settled = Promise.withResolvers<undefined>();
  let bytes = 0;
  const say = (text: string): void => {
    // Clients mask what they send, by four more bytes.
    bytes += Buffer.byteLength(text) + headerBytes(text.length) + 4;
    socket.send(text);
  };
  socket.once("error", settled.reject);
  socket.once("open", () => {
    for (const text of speaker.opening) say(text);
  });
  socket.on("message", (message: Buffer) => {
    bytes += message.length + headerBytes(message.length);
    for (const { text, method } of speaker.answersTo(message)) {
      say(text);
      if (method === "SetParameterValues") settled.resolve(undefined);
    }
  });
  await settled.promise;
  return { key: keyOf(speaker.serial), bytes: () => bytes, close: () => socket.terminate() };
}

/** The bytes of a frame besides its content [RFC 6455 5.2]. */
function headerBytes(length: number): number {
  return length < 126 ? 2 : 4;
}

function inform(serial: number): string {
  return informText({ serial, events: ["2 PERIODIC"], parameters: [] });
}

function soapAnswersTo(message: Buffer): readonly Said[] {
  const envelope = decodeEnvelope(message.toString(), { role: "device", limits: defaultLimits });
  if (!envelope.ok || envelope.value.body.kind !== "request") return [];
  const { id = "", body } = envelope.value;
  const text = encodeAnswer({ namespace: NAMESPACE, id, ...served(body) });
  return [{ text, method: body.method }];
}

function stompAnswersTo(reader: StompReader, message: Buffer): readonly Said[] {
  return [...reader.read(message)].flatMap((item) => {
    if (!item.ok || item.value.kind !== "frame") return [];
    const { command, headers } = item.value.frame;
    if (command === "CONNECTED") return [{ text: SUBSCRIBE }];
    if (command !== "MESSAGE") return [];
    const method = headers.get("method") ?? "";
    const result = method === "GetParameterValues" ? VALUES : { Status: 0 };
    const id = headers.get("request-id") ?? "";
    const head = `SEND\ndestination:/responses\nrequest-id:${id}\nstatus:ok\n\n`;
    return [{ text: `${head}${JSON.stringify(result)}\0`, method }];
  });
}

const VALUES = { ParameterList: { "Device.": { RootDataModelVersion: "36" } } };

function served({ method }: DeviceRequest): DeviceAnswer {
  return method === "GetParameterValues"
    ? { method, result: { ParameterList: grouped([["Device.RootDataModelVersion", "36"]]) } }
    : { method: "SetParameterValues", result: { Status: 0 } };
}
