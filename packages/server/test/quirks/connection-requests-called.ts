import type { ConnectionRequestOutcome, Operation } from "@heliograph/api";
import type { Credentials } from "@heliograph/agent/node";
import type { RunningServer } from "../running-server.ts";
import { openScriptedCpe } from "../scripted-cpe.ts";
import type { ScriptedReply } from "../scripted-cpe.ts";
import { BareDevice } from "./bare-device.ts";

/** A device with work to do, and what came of asking it for a session. */
export interface Called {
  readonly device: BareDevice;
  readonly operation: Operation;
  /** What the device was told to let in. */
  readonly login: Credentials;
  readonly port: number;
  /** The heads of the requests that reached it, in order. */
  readonly requests: readonly string[];
  /** TCP connections over which they came. */
  readonly connections: number;
  /** As a manager is shown it, without its time. */
  readonly outcome: Omit<ConnectionRequestOutcome, "at">;
}

export interface Calling {
  /** The device's ConnectionRequestURL, which may want its port; `http://127.0.0.1:<port>/` where not given. */
  readonly url?: (port: number) => string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export const READ = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } };

/** Has a manager ask something of a device whose connection request server says what is scripted, byte for byte. */
export async function called(
  server: RunningServer,
  replies: readonly ScriptedReply[],
  { url = (port) => `http://127.0.0.1:${port}/`, parameters = {} }: Calling = {},
): Promise<Called> {
  await using cpe = await openScriptedCpe(replies);
  await using device = await BareDevice.equipped(server, {
    "Device.ManagementServer.ConnectionRequestURL": url(cpe.port),
    ...parameters,
  });
  const operation = await device.wanted(READ);
  await server.event(device.key, "connection-request-sent");
  const requests: string[] = [];
  while (cpe.requests.untaken > 0) requests.push(await cpe.requests.take());
  const { last } = (await server.client.devices.get(device.key)).connectionRequest;
  if (last === undefined) throw new Error("the device was not asked");
  const { at: _at, ...outcome } = last;
  const { port, connections } = cpe;
  return { device, operation, login: device.own.connectionRequest, port, requests, connections, outcome };
}

/** A challenge with one WWW-Authenticate header, and the connection kept. */
export function challenge(header: string): ScriptedReply {
  return {
    bytes: `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${header}\r\nContent-Length: 0\r\n\r\n`,
  };
}

export const OK: ScriptedReply = { bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
export const DIGEST = challenge('Digest realm="cpe", nonce="n1", qop="auth"');
