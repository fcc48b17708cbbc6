import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { freePort } from "@heliograph/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { certificateFiles } from "../../test/certificates.ts";
import { NatsServer, whyNoNats } from "../../test/nats-server.ts";
import { busSuite } from "../ports/bus.suite.ts";
import { StoreBusyError, subjects, type Subject } from "../ports/index.ts";
import { STREAM } from "./nats-events.ts";
import { A, DEVICE, ECHO, event, EVERY_A, openAt, openOn, settle, SILENT, SOON } from "./nats.fixture.ts";
import type { NatsBus } from "./nats.ts";

const skip = whyNoNats() ?? false;

const resources = new AsyncDisposableStack();
let shared: NatsServer;
before(async () => {
  if (skip === false) shared = resources.use(await NatsServer.start());
});
after(() => resources.disposeAsync());

busSuite<NatsBus>("NATS bus", { open: async () => (await openOn(shared)).bus, settle, skip });

/** Declares a test on a server of its own. */
function on(title: string, body: (server: NatsServer) => Promise<void>, configuration?: string): void {
  test(`NATS bus: ${title}`, { skip }, async () => {
    await using server = await NatsServer.start(configuration);
    await body(server);
  });
}

on("two processes hear each other, and of a queue group one has each message", async (server) => {
  await using one = await openOn(server);
  await using other = await openOn(server);
  const heard: string[] = [];
  for (const [name, { bus }] of Object.entries({ one, other })) {
    bus.subscribe(EVERY_A, (message) => heard.push(`${name} ${message}`));
    bus.serve(ECHO, () => Promise.resolve(name), { queue: "q" });
    await settle(bus);
  }
  one.bus.publish(A, 1);
  other.bus.publish(A, 2);
  const answers = await Promise.all(Array.from({ length: 40 }, () => one.bus.request(ECHO, 0, SOON)));
  await settle(one.bus);
  await settle(other.bus);
  assert.deepEqual(heard.toSorted(), ["one 1", "one 2", "other 1", "other 2"]);
  assert.deepEqual([...new Set(answers)].toSorted(), ["one", "other"]);
});

on("no more than 10,000 questions are being answered at once, and the log says so", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  bus.serve(SILENT, () => promise);
  const asked = Array.from({ length: 10_000 }, () => bus.request(SILENT, 1, SOON));
  await assert.rejects(bus.request(SILENT, 1, SOON), (error: Error) => error.cause instanceof StoreBusyError);
  await log.until(/more is asked than can be answered/);
  resolve("done");
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["done"]));
});

on("an event is kept once, however often it is published, and in order", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  const heard: number[] = [];
  bus.subscribe(subjects.everyDeviceEvent, ({ id }) => heard.push(id));
  for (const id of [1, 2, 3]) bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(id));
  await bus.kept();
  for (const id of [2, 3, 4]) bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(id));
  await bus.kept();
  await settle(bus);
  assert.deepEqual(heard, [1, 2, 3, 2, 3, 4]);
  assert.deepEqual(await server.events(), [
    { id: "1-1700000000001", subject: `hg.v1.device.${DEVICE}.event.boot` },
    { id: "2-1700000000002", subject: `hg.v1.device.${DEVICE}.event.boot` },
    { id: "3-1700000000003", subject: `hg.v1.device.${DEVICE}.event.boot` },
    { id: "4-1700000000004", subject: `hg.v1.device.${DEVICE}.event.boot` },
  ]);
  assert.equal(log.fieldsOf(/not kept by NATS/), undefined);
});

on("whoever sets up the stream decides what it holds", async (server) => {
  const connection = await connect({ servers: server.url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: STREAM, subjects: ["hg.v1.device.*.event.>"] });
  await connection.close();
  await using opened = await openOn(server);
  const { why } = await opened.log.until(/^events are not kept by NATS/);
  assert.match(String(why), /does not take hg\.v1\.operation\.\*\.changed/);
});

on(
  "without JetStream events reach those who listen, and the log says that no others",
  async (server) => {
    await using opened = await openOn(server);
    const { bus, log } = opened;
    assert.match(String((await log.until(/^events are not kept by NATS/))["why"]), /has no JetStream/);
    const heard: number[] = [];
    bus.subscribe(subjects.everyDeviceEvent, ({ id }) => heard.push(id));
    bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(1));
    await bus.kept();
    await settle(bus);
    assert.deepEqual(heard, [1]);
  },
  "",
);

on("a server before 2.10 is told from one that can keep events on its disk", async (server) => {
  await using opened = await openOn(server);
  const connection = await connect({ servers: server.url });
  const [, minor] = (connection.info?.version ?? "").split(".").map(Number);
  await connection.close();
  assert.equal(opened.log.fieldsOf(/before 2\.10/) !== undefined, (minor ?? 0) < 10);
});

on(
  "a message that is longer than the server takes is lost, aloud",
  async (server) => {
    await using opened = await openOn(server);
    const { bus, log } = opened;
    const long = "x".repeat(2_000);
    bus.serve(ECHO, (message) => Promise.resolve(message === "long" ? long : message));
    bus.publish("hg.a" as Subject<string>, long);
    assert.equal((await log.until(/too long for NATS/))["subject"], "hg.a");
    await assert.rejects(bus.request(ECHO, long, SOON), { code: "E_REQUEST_FAILED" });
    await assert.rejects(bus.request(ECHO, "long", SOON), { code: "E_REQUEST_FAILED" });
    assert.equal(await bus.request(ECHO, "short", SOON), "short");
  },
  "max_payload: 1024",
);

on("what a stranger sends that is no JSON harms nobody", async (server) => {
  await using opened = await openOn(server);
  const { bus, errors } = opened;
  const heard: number[] = [];
  bus.subscribe(EVERY_A, (message) => heard.push(message));
  bus.serve(ECHO, (message) => Promise.resolve(message));
  await settle(bus);
  const stranger = await connect({ servers: server.url });
  stranger.publish("hg.a", "{");
  stranger.publish("hg.a", "7");
  stranger.publish("hg.echo", "{");
  const answer = await stranger.request("hg.echo", "{");
  await stranger.close();
  await settle(bus);
  assert.deepEqual(heard, [7]);
  assert.deepEqual(errors, ["hg.a"]);
  assert.equal(answer.headers?.has("Heliograph-Failure"), true);
});

on("an answer goes to an inbox, and to no subject of the ACS", async (server) => {
  await using opened = await openOn(server);
  const { bus } = opened;
  const heard: number[] = [];
  bus.subscribe(EVERY_A, (message) => heard.push(message));
  bus.serve(ECHO, (message) => Promise.resolve(message));
  await settle(bus);
  const stranger = await connect({ servers: server.url });
  stranger.publish("hg.echo", "7", { reply: "hg.a" });
  const answer = await stranger.request("hg.echo", "8");
  await stranger.close();
  await settle(bus);
  assert.equal(answer.json(), 8);
  assert.deepEqual(heard, []);
});

on("a server that does not keep up is sent no more than a bound, and the log says so", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  server.pause();
  const big = "x".repeat(1_000_000);
  for (let sent = 0; sent < 80; sent += 1) bus.publish("hg.a" as Subject<string>, big);
  await log.until(/^NATS does not keep up/);
  await assert.rejects(bus.request(ECHO, 1, SOON), { code: "E_NOBODY_THERE" });
  server.resume();
  const { lost } = await log.until(/^NATS keeps up again$/);
  assert.ok(Number(lost) > 0 && Number(lost) < 80, `${String(lost)} were lost`);
  bus.serve(ECHO, (message) => Promise.resolve(message));
  assert.equal(await bus.request(ECHO, 3, SOON), 3);
});

test("NATS bus: where no server is, the error says what to do", { skip }, async () => {
  const port = await freePort();
  await assert.rejects(openAt({ host: "127.0.0.1", port }), {
    code: "E_BUS_UNREACHABLE",
    message: `NATS at 127.0.0.1:${port} cannot be used (connection refused): start it, or correct nats-url`,
  });
});

on(
  "whoever has the wrong password is not let in",
  async ({ port }) => {
    const at = { host: "127.0.0.1", port };
    await assert.rejects(openAt({ ...at, login: { user: "acs", password: "guessed" } }), {
      code: "E_BUS_UNREACHABLE",
    });
    await using opened = await openAt({ ...at, login: { user: "acs", password: "secret" } });
    await settle(opened.bus);
  },
  'authorization { user: "acs", password: "secret" }',
);

const { cert, key } = certificateFiles("acs");
on(
  "with TLS the server must be the one that it says it is",
  async ({ port }) => {
    const at = { host: "127.0.0.1", port };
    await assert.rejects(openAt({ ...at, tls: {} }), { code: "E_BUS_UNREACHABLE" });
    await using opened = await openAt({ ...at, tls: { ca: readFileSync(cert, "utf8") } });
    await settle(opened.bus);
  },
  `tls { cert_file: "${cert}", key_file: "${key}" }`,
);

on("with TLS a server that has none is not spoken to", async ({ port }) => {
  await assert.rejects(openAt({ host: "127.0.0.1", port, tls: {} }), { code: "E_BUS_UNREACHABLE" });
});
