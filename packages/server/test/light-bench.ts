import assert from "node:assert/strict";
import { LockstepDevice, LockstepSocket, tempDir, type LockstepSocketOptions } from "@heliograph/testkit";
import type { LightParams, WebSocketReference } from "@heliograph/protocol";
import { credentialsIn } from "./own-credentials.ts";
import { RunningServer } from "./running-server.ts";

/** The SOAP header by which a device says that it speaks tokens. */
export const OFFER = { webSocketSupport: ["cwmp.json"] } as const;

/** What a device that takes several calls and keeps its answers says. */
export const KEEPING = { MaxInFlight: 4, ReplayWindow: 16 } as const;

export interface Informed {
  readonly events?: readonly (string | { readonly EventCode: string; readonly CommandKey?: string })[];
}

/** Informs with an offer, and gives the reference; the session is left open. */
export async function refer(device: LockstepDevice, informed: Informed = {}): Promise<WebSocketReference> {
  await device.inform({ ...informed, header: OFFER });
  const reference = device.header.webSocketReference;
  assert.ok(reference !== undefined, "the InformResponse carries no reference");
  assert.equal(reference.subprotocol, "cwmp.json");
  assert.equal(reference.expiresIn, 600);
  return reference;
}

export function openSocket(
  reference: WebSocketReference,
  options: Partial<LockstepSocketOptions> = {},
): Promise<LockstepSocket> {
  return LockstepSocket.open({ url: reference.url, token: reference.token, ...options });
}

/** A device that has its own credentials and is attached; its session is over. */
export async function attach(
  server: RunningServer,
  device: LockstepDevice,
  attachParams: LightParams<"Attach"> = {},
): Promise<LockstepSocket> {
  const reference = await refer(device, { events: ["0 BOOTSTRAP", "1 BOOT"] });
  await device.expectNothing();
  const socket = await openSocket(reference);
  await socket.request("Attach", attachParams);
  await takeCredentials(server, device, socket);
  return socket;
}

/** The first thing that a device is told over its socket. */
export async function takeCredentials(
  server: RunningServer,
  device: LockstepDevice,
  socket: LockstepSocket,
): Promise<ReturnType<typeof credentialsIn>> {
  const call = await socket.expectCall("SetParameterValues");
  device.adopt(call.params.ParameterList);
  socket.answer(call, { Status: 0 });
  await server.event(device.key, "credentials-confirmed");
  return credentialsIn(call.params.ParameterList);
}

/** A device that has its own credentials and is attached to a server of its own, with the token of that. */
export class AttachedDevice implements AsyncDisposable {
  readonly server: RunningServer;
  readonly device: LockstepDevice;
  readonly socket: LockstepSocket;
  readonly token: string;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    parts: Pick<AttachedDevice, "server" | "device" | "socket" | "token">,
    resources: AsyncDisposableStack,
  ) {
    this.server = parts.server;
    this.device = parts.device;
    this.socket = parts.socket;
    this.token = parts.token;
    this.#resources = resources;
  }

  static async start(attachParams: LightParams<"Attach"> = {}): Promise<AttachedDevice> {
    await using starting = new AsyncDisposableStack();
    const folder = starting.use(tempDir());
    const server = starting.use(await RunningServer.start(folder, "loopback"));
    const device = starting.use(new LockstepDevice({ acsUrl: server.life.acsUrl }));
    const socket = starting.use(await attach(server, device, attachParams));
    const { Token: token } = await socket.attach(attachParams);
    return new AttachedDevice({ server, device, socket, token }, starting.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}
