import { once } from "node:events";
import {
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  encodeTokenAnswer,
  encodeTokenRequest,
  type DeviceRequest,
  type WebSocketReference,
} from "@heliograph/protocol";
import { WebSocket } from "ws";
import { informText, keyOf } from "./inform.ts";
import { cookieOf, postText, Wire } from "./wire.ts";

/** A light device without anything that a device needs besides: what is measured is the server. */
export interface LightDevice {
  readonly key: string;
  /** Bytes of its socket so far, frames included, both ways. */
  bytes(): number;
  /** Resolves once the ACS has answered a ping. */
  ping(): Promise<void>;
  close(): void;
}

/** Informs, is referred, attaches, and has its own credentials by the time this resolves. */
export async function attachDevice(acsUrl: string, serial: number): Promise<LightDevice> {
  const reference = await referTo(acsUrl, serial);
  const socket = new WebSocket(reference.url, "cwmp.json", {
    headers: { Authorization: `Bearer ${reference.token}` },
  });
  let bytes = 0;
  const settled = Promise.withResolvers<undefined>();
  socket.once("error", settled.reject);
  socket.once("open", () => {
    socket.send(
      encodeTokenRequest({ id: "d1", method: "Attach", params: { MaxInFlight: 8, ReplayWindow: 8 } }),
    );
  });
  socket.on("message", (data: Buffer) => {
    bytes += data.length + headerBytes(data.length);
    const token = decodeToken(data.toString(), { role: "device", limits: defaultLimits });
    if (!token.ok || token.value.kind !== "request" || token.value.id === undefined) return;
    const answer = encodeTokenAnswer(token.value.id, serve(token.value));
    // Clients mask what they send, by four more bytes.
    bytes += answer.length + headerBytes(answer.length) + 4;
    socket.send(answer);
    if (token.value.method === "SetParameterValues") settled.resolve(undefined);
  });
  await settled.promise;
  return {
    key: keyOf(serial),
    bytes: () => bytes,
    ping: async () => {
      const answered = once(socket, "pong");
      socket.ping();
      await answered;
    },
    close: () => socket.terminate(),
  };
}

/** The bytes of a frame besides its content [RFC 6455 5.2]. */
function headerBytes(length: number): number {
  return length < 126 ? 2 : 4;
}

function serve(call: DeviceRequest): object {
  return call.method === "GetParameterValues"
    ? { Values: call.params.ParameterNames.map(() => 36) }
    : { Status: 0 };
}

/** Informs, and gives what the ACS refers to. */
export async function referTo(acsUrl: string, serial: number): Promise<WebSocketReference> {
  const port = Number(new URL(acsUrl).port);
  const inform = informText({
    serial,
    events: ["0 BOOTSTRAP", "1 BOOT"],
    parameters: [["Device.DeviceInfo.SoftwareVersion", "1"]],
    header: { webSocketSupport: ["cwmp.json"] },
  });
  using wire = await Wire.open(port);
  const welcome = await wire.ask(postText(port, inform));
  const envelope = decodeEnvelope(welcome.body, { role: "device", limits: defaultLimits });
  const reference = envelope.ok ? envelope.value.header.webSocketReference : undefined;
  if (reference === undefined) throw new Error(`the ACS refers nobody: ${welcome.body}`);
  await wire.ask(postText(port, "", { Cookie: cookieOf(welcome) }));
  return reference;
}
