import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { AcsConnection, AcsConnectionError } from "./acs-connection.ts";
import { eventsOf, openDeviceBench, until } from "./classic-device.fixture.ts";
import type { DeviceBench } from "./classic-device.fixture.ts";

const HOW = "Device.ManagementServer.HTTPCompression";

/** What the messages of the sessions so far were coded as, each coding once in a row. */
function codings({ acs }: DeviceBench): readonly string[] {
  return acs.codings.filter((coding, at) => coding !== acs.codings[at - 1]);
}

for (const [compression, coding] of [
  ["GZIP", "gzip"],
  ["Deflate", "deflate"],
] as const) {
  test(`a device compresses nothing until HTTPCompression is ${compression}, and then everything [CWMP-HTTP-8]`, async () => {
    await using it = await openDeviceBench();
    const values = { "Device.ManagementServer.": { HTTPCompression: compression } };
    it.acs.call({ method: "SetParameterValues", params: { ParameterList: values } });
    await it.start();
    await it.session();
    assert.equal(it.model.get(`${HOW}Supported`), "GZIP,Deflate");
    assert.deepEqual(codings(it), [""]);
    it.acs.call({ method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } });
    await it.device.informNow();
    await it.session();
    assert.deepEqual(codings(it), ["", coding]);
  });
}

test("a way to compress that the device does not have is refused [CWMP-HTTP-8]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  for (const HTTPCompression of ["Compress", "gzip", ""]) {
    const { fault } = it.model.setValues({ "Device.ManagementServer.": { HTTPCompression } });
    assert.equal(fault?.code, 9003, HTTPCompression);
  }
  assert.equal(it.model.get(HOW), "Disabled");
});

test("a device whose compression gets 415 drops it, and tries again after the wait of a failed session [CWMP-HTTP-11]", async () => {
  await using it = await openDeviceBench();
  await it.start();
  await it.session();
  it.model.set(HOW, "GZIP");
  it.acs.refuse(415);
  await it.clock.advance(300_000);
  await until(() => it.activities.at(-1)?.type === "session-failed");
  assert.deepEqual(it.activities.at(-1), {
    type: "session-failed",
    reason: "the ACS answers with HTTP status 415",
    retryInMs: 5_000,
  });
  await it.clock.advance(4_999);
  assert.equal(it.acs.informs.untaken, 0);
  await it.clock.advance(1);
  const inform = await it.session();
  assert.deepEqual([eventsOf(inform), inform.RetryCount], [["2 PERIODIC"], 1]);
  assert.deepEqual(codings(it), ["", "gzip", ""]);
  assert.equal(it.model.get(HOW), "Disabled");
});

test("a 415 to what was not compressed changes nothing", async () => {
  await using it = await openDeviceBench();
  it.acs.refuse(415);
  await it.start();
  await until(() => it.activities.at(-1)?.type === "session-failed");
  assert.equal(it.model.get(HOW), "Disabled");
});

test("what the ACS compresses is read, and what it says is compressed and is not is no reply", async (t) => {
  const bodies = [gzipSync("<whole/>"), Buffer.from("<broken/>")];
  const acs = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-encoding": "gzip" }).end(bodies.shift());
  }).listen(0, "127.0.0.1");
  await once(acs, "listening");
  t.after(() => acs.close().closeAllConnections());
  const address = acs.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}/`;
  const connection = new AcsConnection({ url, credentials: undefined, compression: "GZIP" });
  t.after(() => connection.close());
  assert.equal((await connection.post("<inform/>")).body, "<whole/>");
  await assert.rejects(connection.post("<inform/>"), AcsConnectionError);
});
