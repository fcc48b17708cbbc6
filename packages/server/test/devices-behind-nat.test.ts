import assert from "node:assert/strict";
import { test } from "node:test";
import { readUdpConnectionRequest } from "@heliograph/protocol";
import { enrolBehindNat, forgedRequest } from "./device-behind-nat.ts";
import { runAcs, type RunningAcs } from "./running-acs.ts";

const READ = { params: { ParameterNames: ["Device.DeviceInfo.Description"] }, wait: 20 };
const VALUES = { "Device.DeviceInfo.": { Description: "behind a NAT" } };
const STUN = { stun: "127.0.0.1:0" };

test("a device behind a NAT is woken by UDP, from the socket that its Binding Requests go to [CWMP-UDP-4, CWMP-UDP-5, CWMP-UDP-8]", async () => {
  await using acs = await runAcs(undefined, STUN);
  await using bench = await enrolBehindNat(acs);
  const { ParameterList } = await acs.client.call(bench.key, "GetParameterValues", READ);
  assert.deepEqual(ParameterList, VALUES);
  await bench.taken.take();
  const copies = [await bench.calls.take(), await bench.calls.take(), await bench.calls.take()];
  assert.equal(new Set(copies).size, 1);
  assert.equal(bench.taken.untaken, 0, "three copies are one request");
  assert.equal(bench.nat.blocked, 0);
  await requestNoted(acs);
  const { connectionRequest } = await acs.client.devices.get(bench.key);
  assert.equal(connectionRequest.last?.result, "sent");
  assert.match(
    connectionRequest.last.detail,
    /^called by UDP: its last Binding Request came \d+ s ago; 3 datagrams to 127\.0\.0\.1:\d+ sent$/,
  );
});

test("where devices have a STUN login, one that has it is told where it is seen, and woken [CWMP-UDP-9]", async () => {
  const login = { "stun-user": "cpe", "stun-password": "stun secret" };
  await using acs = await runAcs(undefined, { ...STUN, ...login });
  const server = "Device.ManagementServer.";
  const own = { [`${server}STUNUsername`]: "cpe", [`${server}STUNPassword`]: "stun secret" };
  await using bench = await enrolBehindNat(acs, own);
  assert.deepEqual(await acs.client.call(bench.key, "GetParameterValues", READ), { ParameterList: VALUES });
  await bench.taken.take();
});

/** Resolves once the ACS has kept what became of a connection request, which is after its last copy. */
async function requestNoted({ client }: RunningAcs): Promise<void> {
  for await (const _ of client.events({ names: ["connection-request-sent"], after: 0 })) return;
}

test("what was overheard, and what somebody makes up, wakes nobody [CWMP-UDP-2, CWMP-UDP-3]", async () => {
  await using acs = await runAcs(undefined, STUN);
  await using bench = await enrolBehindNat(acs);
  await acs.client.call(bench.key, "GetParameterValues", READ);
  await bench.taken.take();
  const overheard = await bench.calls.take();
  const read = readUdpConnectionRequest(overheard);
  assert.ok(read.ok);
  bench.forge(overheard);
  bench.forge(overheard.replace(/ts=\d+/, "ts=4000000000"));
  bench.forge(forgedRequest({ address: "127.0.0.1", port: 1 }, read.value.username));
  bench.forge("GET / HTTP/1.1\r\n\r\n");
  bench.forge("");
  assert.equal(bench.taken.untaken, 0);
});
