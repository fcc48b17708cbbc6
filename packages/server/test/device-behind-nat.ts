import assert from "node:assert/strict";
import { dataModel, machineClock, type Activity } from "@heliograph/agent";
import { startDevice, type RunningDevice, type UdpPort } from "@heliograph/agent/node";
import { deviceKey, writeUdpConnectionRequest, type DeviceKey, type StunAddress } from "@heliograph/protocol";
import { SimulatedNat } from "@heliograph/simulator";
import { Arrivals } from "@heliograph/testkit";
import { hmacSha1 } from "../src/southbound/udp/answer-binding.ts";
import type { RunningAcs } from "./running-acs.ts";

export interface NatBench extends AsyncDisposable {
  readonly key: DeviceKey;
  readonly device: RunningDevice;
  readonly nat: SimulatedNat;
  /** The datagrams that came through the NAT and are no answers of STUN. */
  readonly calls: Arrivals<string>;
  /** Connection requests that the device took. */
  readonly taken: Arrivals<Activity["type"]>;
  /** Has these bytes come through the NAT, as if the ACS's socket had sent them. */
  forge(text: string): void;
}

const SERVER = "Device.ManagementServer.";

/** A device behind a NAT that has enrolled, holds credentials of its own, and has told where it is seen from outside. */
export async function enrolBehindNat(
  acs: RunningAcs,
  declared: Readonly<Record<string, string | boolean>> = {},
): Promise<NatBench> {
  const { stun } = acs.udp;
  assert.ok(stun !== undefined);
  const deviceId = { Manufacturer: "Maker", OUI: "F0F0F0", ProductClass: "Router", SerialNumber: "0001" };
  const key = deviceKey(deviceId);
  assert.ok(key !== undefined);
  const nat = new SimulatedNat({ clock: machineClock });
  const { port, listener } = nat.open();
  const ended = new Arrivals<Activity["type"]>("the end of a session");
  const bench = {
    calls: new Arrivals<string>("a datagram"),
    taken: new Arrivals<Activity["type"]>("a request"),
  };
  const watched = watch(port, bench.calls);
  const onActivity = ({ type }: Activity): void => {
    if (type === "session-ended") ended.add(type);
    if (type === "connection-requested") bench.taken.add(type);
  };
  const device = await startDevice({
    acsUrl: acs.url,
    deviceId,
    dataModel: dataModel({ "Device.DeviceInfo.Description": "behind a NAT", ...declared }),
    light: "not",
    connectionRequests: { listener },
    stun: { server: { address: stun.host, port: stun.port }, port: watched.port },
    onActivity,
  });
  await using starting = new AsyncDisposableStack();
  starting.defer(() => device.close());
  await ended.take();
  while (!(await isSettled(acs, key))) {
    await device.informNow();
    await ended.take();
  }
  const started = starting.move();
  return {
    ...{ key, device, nat },
    ...bench,
    forge: watched.forge,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function isSettled({ client }: RunningAcs, key: DeviceKey): Promise<boolean> {
  const { credentials } = await client.devices.get(key);
  const { ParameterList } = await client.devices.parameters(key, SERVER);
  const known = ParameterList[SERVER]?.["UDPConnectionRequestAddress"] ?? "";
  return credentials === "confirmed" && known !== "";
}

function watch(port: UdpPort, calls: Arrivals<string>) {
  let hear: (bytes: Uint8Array) => void = () => undefined;
  const forge = (text: string): void => {
    hear(new TextEncoder().encode(text));
  };
  const watched: UdpPort = {
    get local() {
      return port.local;
    },
    send: (bytes, to) => {
      port.send(bytes, to);
    },
    listen(listener) {
      hear = listener;
      port.listen((bytes) => {
        const text = new TextDecoder().decode(bytes);
        if (text.startsWith("GET ")) calls.add(text);
        listener(bytes);
      });
    },
    close: () => {
      port.close();
    },
  };
  return { port: watched, forge };
}

/** A request like the ACS's, by somebody who knows all but the password. */
export function forgedRequest({ address, port }: StunAddress, username: string): string {
  const request = { authority: `${address}:${port}`, timestamp: 4_000_000_000, id: 1, username, cnonce: "c" };
  return writeUdpConnectionRequest(request, { password: "a guess", hmac: hmacSha1 });
}
