import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { defaultLimits } from "@heliograph/protocol";
import { cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { envelopeText, informText, transferCompleteText, valuesText } from "../../../test/envelopes.ts";

const get = { method: "GetParameterValues", params: { ParameterNames: ["Device.X"] } } as const;

test("what is no XML gets 400 and a line that says so", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  for (const body of ["garbage", '{"jsonrpc":"2.0"}', "GET / HTTP/1.1"]) {
    const reply = await device.post(body);
    assert.equal(reply.status, 400);
    assert.deepEqual(reply.headers.get("content-type"), ["text/plain; charset=utf-8"]);
  }
});

const notSoap: readonly (readonly [kind: string, body: string, status: number, code: number])[] = [
  ["XML that is no envelope", "<html><body>hello</body></html>", 400, 8003],
  ["an envelope without a body", '<s:Envelope xmlns:s="x"/>', 400, 8003],
  [
    "a document type with entities",
    `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${informText({ serial: "&b;" })}`,
    400,
    8003,
  ],
  ["XML nested too deep", "<a>".repeat(100), 413, 8004],
  ["an Inform of nobody", informText().replace(/<DeviceId>.*<\/DeviceId>/, ""), 400, 8003],
  ["a method nobody knows, outside a session", envelopeText("<cwmp:Dance/>"), 400, 8000],
];
for (const [kind, body, status, code] of notSoap) {
  test(`${kind} gets ${status} and fault ${code}`, async () => {
    await using bench = await openBench();
    const reply = await (await bench.connect()).post(body);
    assert.equal(reply.status, status);
    assert.match(reply.body, new RegExp(`<FaultCode>${code}</FaultCode>`));
    assert.doesNotMatch(reply.body, /root:/);
    assert.equal(bench.engine.announcements.length, 0);
  });
}

test("an Inform without a serial number is refused with a fault, for nobody could tell such devices apart", async () => {
  await using bench = await openBench();
  const reply = await (await bench.connect()).post(informText({ serial: " " }));
  assert.match(reply.body, /<FaultCode>8003<.*SerialNumber/);
});

test("an unreadable answer ends the session, and the call without answer", async () => {
  await using bench = await openBench();
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  assert.equal((await device.post(valuesText().slice(0, 200), cookie)).status, 400);
  const { ended } = await bench.engine.closed.take();
  assert.equal(ended?.outcome.type, "no-answer");
});

test("an oversize body gets 413 and fault 8004, whether it says so, or is chunked, or inflates to it [CWMP-HTTP-6, CWMP-SIZE-4]", async () => {
  const limits = { ...defaultLimits, maxChars: 1000 };
  await using bench = await openBench({ bounds: { informLimits: limits } });
  const bodies = [
    ["x".repeat(1001), {}],
    [gzipSync(" ".repeat(100_000)), { "Content-Encoding": "gzip" }],
  ] as const;
  for (const [body, headers] of bodies) {
    const device = await bench.connect();
    const reply = await device.post(body, headers);
    assert.equal(reply.status, 413);
    assert.match(reply.body, /<FaultCode>8004<\/FaultCode>/);
    assert.deepEqual(reply.headers.get("connection"), ["close"]);
    await device.raw.closed();
  }
  const { raw } = await bench.connect();
  await raw.write(
    `POST / HTTP/1.1\r\nHost: acs\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n${"x".repeat(0x500)}\r\n`,
  );
  assert.equal((await raw.read()).status, 413);
});

test("within a session an answer may be larger than an Inform of somebody nobody knows", async () => {
  await using bench = await openBench({ bounds: { informLimits: { ...defaultLimits, maxChars: 1000 } } });
  bench.engine.willCall("a1", get);
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  await device.post("", cookie);
  const answer = valuesText().replace("<Value>1<", `<Value>${"1".repeat(5000)}<`);
  assert.equal((await device.post(answer, cookie)).status, 204);
});

test("an unknown encoding gets 415 [CWMP-HTTP-7]", async () => {
  await using bench = await openBench();
  const reply = await (await bench.connect()).post("x", { "Content-Encoding": "br" });
  assert.equal(reply.status, 415);
});

test("other methods get 405 and other paths 404", async () => {
  await using bench = await openBench();
  const { raw } = await bench.connect();
  await raw.write("GET / HTTP/1.1\r\nHost: acs\r\n\r\n");
  const reply = await raw.read();
  assert.equal(reply.status, 405);
  assert.deepEqual(reply.headers.get("allow"), ["POST"]);
  const other = await bench.connect();
  await other.raw.write("POST /other HTTP/1.1\r\nHost: acs\r\nContent-Length: 0\r\n\r\n");
  assert.equal((await other.raw.read()).status, 404);
});

test("whoever answers or reports without a session is told to begin with an Inform, with or without a cookie [CWMP-SESSION-1]", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  for (const headers of [{}, { Cookie: `session=${"a".repeat(32)}` }]) {
    for (const text of [valuesText(), transferCompleteText()]) {
      const reply = await device.post(text, headers);
      assert.equal(reply.status, 400);
      assert.equal(reply.body, "no such session: begin with an Inform\n");
    }
  }
  assert.deepEqual(bench.engine.reports, []);
});

test("an empty POST of nobody is asked who it is, and told that there is no session once it says so", async () => {
  await using bench = await openBench();
  const device = await bench.connect();
  assert.equal((await device.post("")).status, 401);
  assert.equal((await device.post("", { Authorization: "Digest x" })).status, 400);
});

test("a second request of a session while the first is being answered is refused, and the first goes on [CWMP-SESSION-6]", async () => {
  const { next, asked, goOn } = heldNext();
  await using bench = await openBench({ engine: { next } });
  const [first, second] = [await bench.connect(), await bench.connect()];
  const cookie = cookieOf(await first.post(informText()));
  const posting = first.post("", cookie);
  await asked;
  assert.equal((await second.post("", cookie)).status, 400);
  goOn();
  assert.equal((await posting).status, 204);
});

test("while its request is being answered, a device is not the one who is silent", async () => {
  const { next, asked, goOn } = heldNext();
  await using bench = await openBench({ engine: { next }, bounds: { sessionTimeoutMs: 5_000 } });
  const device = await bench.connect();
  const cookie = cookieOf(await device.post(informText()));
  const posting = device.post("", cookie);
  await asked;
  await bench.clock.advance(9_000);
  goOn();
  assert.equal((await posting).status, 204);
  assert.equal((await device.post("", cookie)).status, 204);
  await bench.clock.advance(5_000);
  assert.equal((await device.post("", cookie)).status, 401);
});

test("a device that sends its header or body too slowly is cut off", async () => {
  await using bench = await openBench({ bounds: { requestTimeoutMs: 200 } });
  const [slowHeader, slowBody] = [await bench.connect(), await bench.connect()];
  await slowHeader.raw.write("POST / HTTP/1.1\r\nHo");
  await slowBody.raw.write("POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: 100\r\n\r\n<");
  await Promise.all([slowHeader.raw.closed(), slowBody.raw.closed()]);
});

test("a device that goes away in the middle of its body is no trouble", async () => {
  await using bench = await openBench();
  const [gone, other] = [await bench.connect(), await bench.connect()];
  await gone.raw.write("POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: 100\r\n\r\n<");
  gone.raw.cut();
  assert.equal((await other.post(informText())).status, 200);
  assert.deepEqual(
    bench.log.filter(({ level }) => level === "error"),
    [],
  );
});

test("while the store cannot be read, devices get 503 with a time to come again, and the log says why, boundedly", async () => {
  await using bench = await openBench();
  await bench.ports.store.close();
  const device = await bench.connect();
  for (let count = 0; count < 70; count += 1) {
    const reply = await device.post(informText());
    assert.equal(reply.status, 503);
    assert.deepEqual(reply.headers.get("retry-after"), ["60"]);
  }
  const errors = bench.log.filter(({ level }) => level === "error");
  assert.equal(errors.length, 60);
  assert.equal(errors[0]?.event, "a device could not be served");
});

test("sessions beyond the bound get 503 with a time to come again; those that run go on", async () => {
  await using bench = await openBench({ bounds: { maxSessions: 1 } });
  const [first, second] = [await bench.connect(), await bench.connect()];
  const cookie = cookieOf(await first.post(informText({ serial: "S1" })));
  const refused = await second.post(informText({ serial: "S2" }));
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.has("retry-after"));
  assert.equal((await first.post("", cookie)).status, 204);
});

test("while too much unfinished input is held, Informs get 503", async () => {
  await using bench = await openBench({ bounds: { maxHeldBytes: 1000 } });
  const hoarder = await bench.connect();
  await hoarder.raw.write(`POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: 2000\r\n\r\n${"<".repeat(900)}`);
  let status = 0;
  // The gateway reads the first connection's bytes in its own time.
  for (let attempt = 0; attempt < 100 && status !== 503; attempt += 1) {
    status = (await (await bench.connect()).post("garbage")).status;
  }
  assert.equal(status, 503);
});

test("what is no HTTP, and headers without end, end the connection and nothing else", async () => {
  await using bench = await openBench();
  const [garbage, endless, device] = [await bench.connect(), await bench.connect(), await bench.connect()];
  await garbage.raw.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
  await endless.raw.write(`POST / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`);
  assert.equal((await garbage.raw.read()).status, 400);
  assert.equal((await endless.raw.read()).status, 431);
  await Promise.all([garbage.raw.closed(), endless.raw.closed()]);
  assert.equal((await device.post(informText())).status, 200);
});

test("a request that expects 100-continue is told to go on", async () => {
  await using bench = await openBench();
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const body = informText();
  const headers = { Expect: "100-continue", "Content-Length": body.length };
  const outgoing = request({ host: "127.0.0.1", port: bench.port, method: "POST", headers });
  outgoing.on("continue", () => outgoing.end(body));
  outgoing.on("response", (reply) => {
    reply.resume();
    resolve(reply.statusCode);
  });
  outgoing.on("error", reject);
  outgoing.flushHeaders();
  assert.equal(await promise, 200);
});

/** An engine that has nothing to call, and says so once it goes on; `asked` resolves when it is asked for the first time. */
function heldNext(): {
  readonly next: () => Promise<{ readonly type: "nothing" }>;
  readonly asked: Promise<undefined>;
  readonly goOn: () => void;
} {
  const asked = Promise.withResolvers<undefined>();
  const going = Promise.withResolvers<undefined>();
  const next = async (): Promise<{ readonly type: "nothing" }> => {
    asked.resolve(undefined);
    await going.promise;
    return { type: "nothing" };
  };
  return { next, asked: asked.promise, goOn: () => going.resolve(undefined) };
}
