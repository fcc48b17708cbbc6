import assert from "node:assert/strict";
import { test } from "node:test";
import { isGenuine, readUdpConnectionRequest, type CompactValue } from "@heliograph/protocol";
import { Arrivals } from "@heliograph/testkit";
import { openWakeBench, type WakeBench, type WakeBenchOptions } from "../../../test/wake-bench.ts";
import { ScriptedDesk } from "../../../test/scripted-desk.ts";
import type { WakeOutcome } from "../../ports/index.ts";
import type { Address } from "../listener.ts";
import { redactSeen } from "../trace/redact-seen.ts";
import { hmacSha1 } from "./answer-binding.ts";
import type { BindingWays } from "./stun-server.ts";

interface Sent {
  readonly text: string;
  readonly to: Address;
}

/** Stands for the STUN server's socket. */
class ScriptedWays implements BindingWays {
  readonly sent = new Arrivals<Sent>("a datagram");
  readonly #seen: ReadonlyMap<number, number>;

  /** By port: when a Binding Request came from there. */
  constructor(seen: ReadonlyMap<number, number> = new Map()) {
    this.#seen = seen;
  }

  lastSeen({ port }: Address): number | undefined {
    return this.#seen.get(port);
  }

  send(bytes: Uint8Array, to: Address): Promise<void> {
    this.sent.add({ text: new TextDecoder().decode(bytes), to });
    return Promise.resolve();
  }
}

const UDP = { UDPConnectionRequestAddress: "127.0.0.1:5000" } as const;
const BEHIND_NAT = { ...UDP, NATDetected: true } as const;

async function open(
  ways: BindingWays,
  parameters: Readonly<Record<string, CompactValue>>,
  options: Partial<WakeBenchOptions> = {},
): Promise<WakeBench> {
  const given = { replies: [], credentials: ["confirmed"] as const, ...options };
  return openWakeBench({ ...given, parameters, settings: { ways, ...options.settings } });
}

/** Has the device woken, and lets the pauses between copies pass. */
async function woken(bench: WakeBench, { sent }: ScriptedWays, perCopy = 1): Promise<WakeOutcome> {
  const waking = bench.wake();
  for (let copy = 0; copy < 3; copy += 1) {
    for (let count = 0; count < perCopy; count += 1) copies.push(await sent.take());
    await bench.settle();
    await bench.clock.advance(500);
  }
  return waking;
}
const copies: Sent[] = [];

test("a device behind a NAT gets three copies of one signed request, half a second apart [CWMP-UDP-2, CWMP-UDP-3, CWMP-UDP-4]", async () => {
  const ways = new ScriptedWays(new Map([[5000, 0]]));
  await using bench = await open(ways, BEHIND_NAT);
  copies.length = 0;
  const at = Math.floor(bench.clock.now() / 1_000);
  const { result, detail } = await woken(bench, ways);
  assert.equal(result, "sent");
  assert.equal(
    detail,
    "called by UDP: its last Binding Request came 0 s ago; 3 datagrams to 127.0.0.1:5000 sent",
  );
  assert.equal(bench.cpe.connections, 0, "no HTTP is tried where there is a NAT");
  assert.deepEqual(
    copies.map(({ to }) => to),
    Array.from({ length: 3 }, () => ({ host: "127.0.0.1", port: 5000 })),
  );
  assert.equal(new Set(copies.map(({ text }) => text)).size, 1);
  const read = readUdpConnectionRequest(copies[0]?.text ?? "");
  assert.ok(read.ok);
  assert.equal(read.value.username, "user-confirmed");
  assert.equal(read.value.timestamp, at);
  assert.ok(isGenuine(read.value, { password: "pass-confirmed", hmac: hmacSha1 }));
  assert.doesNotMatch(detail, /pass-|user-/);
});

test("the next request has another id [CWMP-UDP-3]", async () => {
  const ways = new ScriptedWays();
  await using bench = await open(ways, BEHIND_NAT);
  copies.length = 0;
  await woken(bench, ways);
  await woken(bench, ways);
  const ids = copies.map(({ text }) => /&id=(\d+)&/.exec(text)?.[1]);
  assert.equal(new Set(ids.slice(0, 3)).size, 1);
  assert.equal(new Set(ids).size, 2);
});

test("a device that may hold new credentials or the old ones is called with both", async () => {
  const ways = new ScriptedWays();
  await using bench = await open(ways, BEHIND_NAT, { credentials: ["confirmed", "staged"] });
  copies.length = 0;
  const { detail } = await woken(bench, ways, 2);
  assert.match(detail, /no Binding Request came from there so far; 6 datagrams to /);
  const users = copies.map(({ text }) => /&un=([^&]+)&/.exec(text)?.[1]);
  assert.deepEqual(users.slice(0, 2), ["user-confirmed", "user-staged"]);
});

test("where HTTP fails and a UDP address is known, UDP is tried after it [CWMP-UDP-4]", async () => {
  const ways = new ScriptedWays();
  await using bench = await open(ways, UDP, { replies: [{ bytes: "HTTP/1.1 404 Not Found\r\n\r\n" }] });
  const { result, detail, status } = await woken(bench, ways);
  assert.deepEqual([result, status], ["sent", undefined]);
  assert.match(
    detail,
    /^asked 127\.0\.0\.1:\d+ .* it answered 404; called by UDP: .*; 3 datagrams to .* sent$/,
  );
});

test("where HTTP goes well, or the device is busy, no datagram is sent", async () => {
  for (const [bytes, result] of [
    ["HTTP/1.1 204 No Content\r\n\r\n", "accepted"],
    ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "busy"],
  ] as const) {
    const ways = new ScriptedWays();
    await using bench = await open(ways, UDP, { replies: [{ bytes }] });
    assert.equal((await bench.wake()).result, result);
    assert.equal(ways.sent.untaken, 0);
  }
});

test("no datagram goes to where the device did not inform from, unless the networks name it", async () => {
  const elsewhere = { ...BEHIND_NAT, UDPConnectionRequestAddress: "192.0.2.9:53" };
  const ways = new ScriptedWays();
  await using bench = await open(ways, elsewhere, { url: "" });
  const { result, detail } = await bench.wake();
  assert.equal(result, "forbidden");
  assert.match(
    detail,
    /^not asked: its UDPConnectionRequestAddress leads to 192\.0\.2\.9, but its last Inform came from/,
  );
  assert.equal(ways.sent.untaken, 0);
  const named = new ScriptedWays();
  const settings = { connectionRequestNetworks: ["192.0.2.0/24"] };
  await using allowing = await open(named, elsewhere, { url: "", settings });
  assert.equal((await woken(allowing, named)).result, "sent");
});

test("what UDP does not reach is tried by HTTP, and what may go well another time is what counts", async () => {
  const failing: BindingWays = {
    lastSeen: () => undefined,
    send: () => Promise.reject(new Error("EPERM")),
  };
  await using bench = await open(failing, BEHIND_NAT, { replies: [{ bytes: "HTTP/1.1 200 OK\r\n\r\n" }] });
  const { result, detail } = await bench.wake();
  assert.equal(result, "accepted");
  assert.match(detail, /could not be sent: no way leads there; asked 127\.0\.0\.1:/);
  await using neither = await open(failing, BEHIND_NAT, { url: "" });
  assert.equal((await neither.wake()).result, "unreachable");
});

test("a device without credentials of its own is not called by UDP, and one whose address is none is called by HTTP alone [QUIRKS-REQUEST-61]", async () => {
  const ways = new ScriptedWays();
  await using bare = await open(ways, BEHIND_NAT, { credentials: [], url: "" });
  assert.match((await bare.wake()).detail, /^not asked by UDP: there are no credentials yet/);
  for (const UDPConnectionRequestAddress of ["", "0", "cpe.example:5000", "127.0.0.1:port"]) {
    await using bench = await open(ways, { UDPConnectionRequestAddress }, { replies: [] });
    const waking = bench.wake();
    await bench.cpe.requests.take();
    await bench.clock.advance(5_000);
    assert.match((await waking).detail, /it gave no answer in time$/);
  }
  assert.equal(ways.sent.untaken, 0);
});

test("the trace of a device has each datagram that calls it, without what signs it, and what came of them", async () => {
  const ways = new ScriptedWays(new Map([[5000, 0]]));
  const traces = new ScriptedDesk(true);
  await using bench = await open(ways, BEHIND_NAT, { traces });
  await woken(bench, ways);
  const [datagram] = traces.seen;
  assert.ok(datagram !== undefined);
  assert.equal(datagram.binding, "udp-connection-request");
  const { text = "" } = redactSeen(datagram, { maxHeadChars: 1_000, maxBodyChars: 1_000 });
  assert.match(text, /^GET http:\/\/127\.0\.0\.1:5000\?ts=\(redacted\)&[^]*&sig=\(redacted\) HTTP\/1\.1/);
  assert.deepEqual(
    traces.take().map((line) => line.split(" ")[0]),
    ["sent", "sent", "sent", "noted"],
  );
});
