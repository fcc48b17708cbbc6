import { request, type Agent } from "node:http";
import {
  decodeEnvelope,
  decodeToken,
  defaultLimits,
  encodeRequest,
  encodeTokenAnswer,
  encodeTokenRequest,
  grouped,
  type DeviceRequest,
  type WebSocketReference,
} from "@heliograph/protocol";
import { WebSocket } from "ws";

/** A light device without anything that a device needs besides: what is measured is the server. */
export interface LightDevice {
  readonly key: string;
  /** Bytes of its socket so far, frames included, both ways. */
  bytes(): number;
  close(): void;
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";

/** Informs, is referred, attaches, and has its own credentials by the time this resolves. */
export async function attachDevice(acsUrl: string, serial: number, agent: Agent): Promise<LightDevice> {
  const reference = await referTo(acsUrl, serial, agent);
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
  return { key: `00D09E-Bench-${serial}`, bytes: () => bytes, close: () => socket.terminate() };
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

async function referTo(acsUrl: string, serial: number, agent: Agent): Promise<WebSocketReference> {
  const body = encodeRequest({
    namespace: NAMESPACE,
    id: "1",
    header: { webSocketSupport: ["cwmp.json"] },
    request: {
      method: "Inform",
      params: {
        DeviceId: {
          Manufacturer: "Acme",
          OUI: "00D09E",
          ProductClass: "Bench",
          SerialNumber: String(serial),
        },
        Event: [{ EventCode: "0 BOOTSTRAP" }, { EventCode: "1 BOOT" }],
        MaxEnvelopes: 1,
        CurrentTime: new Date().toISOString(),
        RetryCount: 0,
        ParameterList: grouped([["Device.DeviceInfo.SoftwareVersion", "1"] as const]),
      },
    },
  });
  const { text, cookie } = await post(acsUrl, { agent, body });
  const envelope = decodeEnvelope(text, { role: "device", limits: defaultLimits });
  const reference = envelope.ok ? envelope.value.header.webSocketReference : undefined;
  if (reference === undefined) throw new Error(`the ACS refers nobody: ${text}`);
  await post(acsUrl, { agent, body: "", cookie });
  return reference;
}

interface Posted {
  readonly agent: Agent;
  readonly body: string;
  readonly cookie?: string;
}

function post(url: string, { agent, body, cookie }: Posted): Promise<{ text: string; cookie: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; cookie: string }>();
  const headers = { "Content-Type": "text/xml", ...(cookie === undefined ? {} : { Cookie: cookie }) };
  const sent = request(url, { method: "POST", agent, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.once("end", () => {
      const given = response.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
      resolve({ text: Buffer.concat(chunks).toString(), cookie: given });
    });
  });
  sent.once("error", reject).end(body);
  return promise;
}
