import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieOf, openBench } from "../../../test/cwmp-bench.ts";
import { informText } from "../../../test/envelopes.ts";
import { engineId } from "../../ports/index.ts";
import type { AnnounceReply } from "../../ports/index.ts";

const OWNED: AnnounceReply = { type: "owned", engine: engineId("e1"), generation: 1, credentialVersion: 1 };

/** An engine that takes no session before it is told to. */
function slowEngine() {
  const asked = Promise.withResolvers<undefined>();
  const goOn = Promise.withResolvers<undefined>();
  const announce = async (): Promise<AnnounceReply> => {
    asked.resolve(undefined);
    await goOn.promise;
    return OWNED;
  };
  return { announce, asked: asked.promise, goOn: () => goOn.resolve(undefined) };
}

test("while an engine owes too many answers, Informs get 503 with a time to come again, and running sessions go on", async () => {
  let isSlow = false;
  const slow = slowEngine();
  const announce = (): Promise<AnnounceReply> => (isSlow ? slow.announce() : Promise.resolve(OWNED));
  await using bench = await openBench({ engine: { announce }, load: { maxOpening: 1 } });
  const [running, waiting, refused] = [await bench.connect(), await bench.connect(), await bench.connect()];
  const cookie = cookieOf(await running.post(informText({ serial: "S1" })));
  isSlow = true;
  const informing = waiting.post(informText({ serial: "S2" }));
  await slow.asked;

  const reply = await refused.post(informText({ serial: "S3" }));
  assert.equal(reply.status, 503);
  const [seconds = ""] = reply.headers.get("retry-after") ?? [];
  assert.ok(Number(seconds) >= 5 && Number(seconds) < 15, seconds);
  assert.deepEqual(reply.headers.get("connection"), ["close"]);
  assert.equal((await running.post("", cookie)).status, 204);

  slow.goOn();
  assert.equal((await informing).status, 200);
  const again = await bench.connect();
  assert.equal((await again.post(informText({ serial: "S3" }))).status, 200);
});

test("a periodic Inform, which is answered at once, counts until its engine has answered", async () => {
  const slow = slowEngine();
  await using bench = await openBench({ engine: { announce: slow.announce }, load: { maxOpening: 1 } });
  const [first, second] = [await bench.connect(), await bench.connect()];
  const periodic = { events: ["2 PERIODIC"] };
  const cookie = cookieOf(await first.post(informText({ ...periodic, serial: "S1" })));
  await slow.asked;
  assert.equal((await second.post(informText({ ...periodic, serial: "S2" }))).status, 503);
  slow.goOn();
  assert.equal((await first.post("", cookie)).status, 204);
});

test("a refusal is heard also by who sends its body late, and nobody has to read a body that is too long", async () => {
  await using bench = await openBench({ load: { maxOpening: 0 } });
  const { raw } = await bench.connect();
  const body = informText();
  await raw.write(`POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: ${body.length}\r\n\r\n`);
  await raw.write(body);
  assert.equal((await raw.read()).status, 503);
  await raw.closed();
  const long = await bench.connect();
  await long.raw.write(`POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: ${1024 * 1024}\r\n\r\n`);
  assert.equal((await long.raw.read()).status, 503);
  await long.raw.closed();
  assert.deepEqual(bench.engine.announcements, []);
});

test("what is refused is not read: no device is looked up, and the log has one line for all", async () => {
  await using bench = await openBench({ load: { maxOpening: 0 } });
  await bench.ports.store.close();
  for (let count = 0; count < 100; count += 1) {
    const device = await bench.connect();
    assert.equal((await device.post("garbage")).status, 503);
    device.raw.cut();
  }
  assert.deepEqual(
    bench.log.map(({ event }) => event),
    ["overloaded"],
  );
});
