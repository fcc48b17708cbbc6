import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import type { TracedMessage } from "@heliograph/api";
import { runNorthbound, type RunningNorthbound } from "./running-northbound.ts";

const SECOND_MS = 1_000;

test("a trace is on until it was told to end, and can be given another end", async () => {
  await using running = await runNorthbound();
  const { client, clock } = running;
  const key = await running.enrol("1");
  const first = await client.traces.switchOn(key);
  assert.deepEqual(
    [first.on, first.since, first.until, first.by, first.messages],
    [true, "2026-01-01T00:00:00.000Z", "2026-01-01T00:30:00.000Z", "admin", 0],
  );
  const second = await client.traces.switchOn(key, { for: 60 });
  assert.equal(second.until, "2026-01-01T00:01:00.000Z");
  await clock.advance(61 * SECOND_MS);
  assert.equal((await client.traces.get(key)).trace.on, false);
});

test("messages are listed by page and by time", async () => {
  await using running = await runNorthbound();
  const { client, clock } = running;
  const key = await running.enrol("1");
  await client.traces.switchOn(key);
  for (let count = 0; count < 5; count += 1) {
    await clock.advance(SECOND_MS);
    await see(running, key, `m${count}`);
  }
  const page = await client.traces.get(key, { limit: 2 });
  assert.deepEqual([texts(page.items), page.next], [["m0", "m1"], 2]);
  const rest = await client.traces.get(key, { after: 2 });
  assert.deepEqual([texts(rest.items), rest.next], [["m2", "m3", "m4"], undefined]);
  const [, second, , fourth] = [...page.items, ...rest.items];
  const span = { from: second?.at ?? "", to: fourth?.at ?? "" };
  assert.deepEqual(texts((await client.traces.get(key, span)).items), ["m1", "m2"]);
  const text = await (await client.traces.download(key, span)).text();
  assert.match(text, /^Trace of .*\n[^]*<<< #2 [^]*m1\n\n<<< #3 [^]*m2\n\n$/);
});

test("a trace is followed as it comes, resumed where it broke off, and ends with its end", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const key = await running.enrol("1");
  await client.traces.switchOn(key);
  await see(running, key, "before");
  const followed = client.traces.follow(key);
  assert.equal((await followed.next()).value?.text, "before");
  const next = followed.next();
  await see(running, key, "live");
  assert.equal((await next).value?.text, "live");
  await followed.return();
  await see(running, key, "away");
  const resumed = client.traces.follow(key, { after: 2 });
  assert.equal((await resumed.next()).value?.text, "away");
  const last = resumed.next();
  await client.traces.switchOff(key);
  assert.deepEqual(await last, { done: true, value: undefined });
});

test("who switched a trace on or off, and who read it, is written down", async () => {
  await using running = await runNorthbound();
  const { client } = running;
  const key = await running.enrol("1");
  await client.traces.switchOn(key, { for: 60 });
  await client.traces.get(key);
  await (await client.traces.download(key)).text();
  await client.traces.switchOff(key);
  const { items } = await client.audit();
  assert.deepEqual(
    items.map(({ action, device, manager }) => [action, device, manager]),
    ["switch-trace-off", "read-trace", "read-trace", "switch-trace-on"].map((action) => [
      action,
      key,
      "admin",
    ]),
  );
});

test("what there is no trace of is refused, and so is what would last too long", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  for (const path of ["", "/stream", "/download"]) {
    const none = await running.ask("GET", `/api/v1/devices/${key}/trace${path}`);
    assert.deepEqual([none.status, none.reason], [404, "not-traced"]);
    const unknown = await running.ask("GET", `/api/v1/devices/00D09E-NONE/trace${path}`);
    assert.deepEqual([unknown.status, unknown.reason], [404, "unknown-device"]);
  }
  const off = await running.ask("DELETE", `/api/v1/devices/${key}/trace`);
  assert.equal(off.reason, "not-traced");
  for (const body of [{ for: 86_401 }, { for: 0 }, { minutes: 3 }]) {
    const { reason } = await running.ask("PUT", `/api/v1/devices/${key}/trace`, { body });
    assert.equal(reason, "invalid-request");
  }
});

test("nothing of a device steers the terminal of whoever reads its trace", async () => {
  await using running = await runNorthbound();
  const key = await running.enrol("1");
  await running.client.traces.switchOn(key);
  await see(running, key, "a\u001b[2Jb\u009bc");
  const text = await (await running.client.traces.download(key)).text();
  assert.match(text, /a\u{FFFD}\[2Jb\u{FFFD}c/u);
});

/** The southbound sees a message, and it is kept. */
async function see({ traces, clock }: RunningNorthbound, key: DeviceKey, text: string): Promise<void> {
  const body = { text, bytes: Buffer.byteLength(text) };
  traces.of(key)?.add({ at: clock.now(), direction: "received", binding: "cwmp.json", body });
  const settled = traces.settled(key).then(() => true);
  while (!(await Promise.race([settled, setImmediate(false)]))) await clock.advance(1);
}

function texts(messages: readonly TracedMessage[]): readonly (string | undefined)[] {
  return messages.map(({ text }) => text);
}
