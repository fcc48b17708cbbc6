import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import {
  decodeStun,
  encodeStun,
  isSignedWith,
  stunLimits,
  writeUdpConnectionRequest,
  type BindingRequest,
  type BindingResponse,
  type StunAddress,
} from "@heliograph/protocol";
import { VirtualClock } from "@heliograph/testkit";
import { UdpConnectionRequests } from "./udp-connection-requests.ts";

const SERVER = { address: "192.0.2.1", port: 3478 };
const MAPPED = { address: "198.51.100.7", port: 5000 };
const stunLogin = { username: "stun", password: "stun secret" };
const login = { username: "acs", password: "let me in" };
const hmac = (key: string, data: Uint8Array): string => createHmac("sha1", key).update(data).digest("hex");
const request = { authority: "198.51.100.7:5000", timestamp: 1_000, id: 7, username: "acs", cnonce: "c" };

function open() {
  const clock = new VirtualClock();
  const asked: { readonly request: BindingRequest; readonly to: StunAddress }[] = [];
  const addresses: StunAddress[] = [];
  const state = { calls: 0, isReady: true };
  let hear: (bytes: Uint8Array) => void = () => undefined;
  const requests = new UdpConnectionRequests({
    port: {
      local: { address: "10.0.0.2", port: 7547 },
      send(bytes, to) {
        const read = decodeStun(bytes, stunLimits);
        assert.ok(read.ok && read.value.type === "binding-request");
        asked.push({ request: read.value, to });
      },
      listen(listener) {
        hear = listener;
      },
      close: () => undefined,
    },
    clock,
    server: () => SERVER,
    keepAliveMs: () => 20_000,
    stunLogin: () => stunLogin,
    credentials: () => login,
    isReady: () => state.isReady,
    onAddress: (address) => addresses.push(address),
    onConnectionRequest: () => {
      state.calls += 1;
    },
  });
  const last = (): BindingRequest => asked.at(-1)?.request ?? assert.fail("it asked nothing");
  const answer = (mapped: StunAddress, transaction = last().transaction, password?: string): void => {
    const response: BindingResponse = { type: "binding-response", transaction, mapped };
    hear(encodeStun(response, password === undefined ? undefined : { password, hmac }));
  };
  const refuse = (code: number): void => {
    const { transaction } = last();
    hear(encodeStun({ type: "binding-error", transaction, code, reason: "no", unknown: [] }));
  };
  const call = (change: Partial<typeof request> = {}, password = login.password): void => {
    const text = writeUdpConnectionRequest({ ...request, ...change }, { password, hmac });
    hear(new TextEncoder().encode(text));
  };
  return { clock, asked, addresses, state, requests, last, answer, refuse, call };
}

test("the server is asked until it answers, and then as often as keeps the way open [CWMP-UDP-8]", async () => {
  const it = open();
  await it.clock.advance(2_000);
  assert.equal(it.asked.length, 3);
  assert.deepEqual(it.asked[0]?.to, SERVER);
  assert.equal(it.last().forConnectionRequests, true);
  it.answer(MAPPED);
  assert.deepEqual(it.addresses, [MAPPED]);
  await it.clock.advance(19_999);
  assert.equal(it.asked.length, 3);
  await it.clock.advance(1);
  assert.equal(it.asked.length, 4);
  assert.equal(it.last().bindingChanged, false);
});

test("a new address is told, and the next Binding Request says that it changed [CWMP-UDP-8]", async () => {
  const it = open();
  it.answer(MAPPED);
  await it.clock.advance(20_000);
  it.answer(MAPPED);
  assert.equal(it.addresses.length, 1);
  await it.clock.advance(20_000);
  it.answer({ ...MAPPED, port: 5001 });
  assert.deepEqual(it.addresses[1], { ...MAPPED, port: 5001 });
  await it.clock.advance(20_000);
  assert.equal(it.last().bindingChanged, true);
  it.answer({ ...MAPPED, port: 5001 });
  await it.clock.advance(20_000);
  assert.equal(it.last().bindingChanged, false);
});

test("an answer that nobody asked for says nothing", () => {
  const it = open();
  it.answer(MAPPED, "00".repeat(16));
  const { transaction } = it.last();
  it.answer(MAPPED, transaction);
  it.answer({ ...MAPPED, port: 1 }, transaction);
  assert.deepEqual(it.addresses, [MAPPED]);
});

test("a server that wants proof gets it, and must give it, too [CWMP-UDP-9]", () => {
  const it = open();
  assert.equal(it.last().username, undefined);
  it.refuse(401);
  assert.equal(it.last().username, "stun");
  assert.ok(isSignedWith(it.last(), { password: stunLogin.password, hmac }));
  const { transaction } = it.last();
  it.answer(MAPPED, transaction);
  assert.deepEqual(it.addresses, [], "it believed an answer that was not signed");
});

test("a signed answer to a signed request is believed; one refusal more does not make it ask at once [CWMP-UDP-9]", () => {
  const it = open();
  it.refuse(401);
  it.answer(MAPPED, it.last().transaction, stunLogin.password);
  assert.deepEqual(it.addresses, [MAPPED]);
  const other = open();
  other.refuse(401);
  other.refuse(401);
  assert.equal(other.asked.length, 2);
});

test("copies of a request are one; what is old, or was taken before, is not taken [CWMP-UDP-3, CWMP-UDP-4]", () => {
  const it = open();
  it.call();
  it.call();
  it.call();
  assert.equal(it.state.calls, 1);
  it.call({ id: 8 });
  it.call({ timestamp: 1_001, id: 7 });
  assert.equal(it.state.calls, 3);
  it.call();
  it.call({ id: 9 });
  it.call({ timestamp: 1_001, id: 7 });
  assert.equal(it.state.calls, 3);
});

test("who does not know the password, or names another user, calls nobody [CWMP-UDP-2]", () => {
  const it = open();
  it.call({}, "a guess");
  it.call({ username: "other" });
  assert.equal(it.state.calls, 0);
  it.state.isReady = false;
  it.call();
  assert.equal(it.state.calls, 0, "it cannot be called while it restarts");
});

test("one that is closed asks no more", async () => {
  const it = open();
  it.requests.close();
  await it.clock.advance(60_000);
  assert.equal(it.asked.length, 1);
});
