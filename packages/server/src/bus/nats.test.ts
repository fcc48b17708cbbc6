import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import type { DeviceKey } from "@heliograph/protocol";
import { freePort } from "@heliograph/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { certificateFiles } from "../../test/certificates.ts";
import { within } from "../../test/deadline.ts";
import { HeardLog } from "../../test/heard-log.ts";
import { NatsServer, whyNoNats } from "../../test/nats-server.ts";
import { systemClock } from "../main/system-clock.ts";
import { busSuite } from "../ports/bus.suite.ts";
import {
  BusAwayError,
  subjects,
  type BusEvent,
  type RequestSubject,
  type Subject,
  type SubjectPattern,
} from "../ports/index.ts";
import { STREAM } from "./nats-events.ts";
import type { NatsAddress } from "./nats-link.ts";
import { openNatsBus, type NatsBus } from "./nats.ts";

const skip = whyNoNats() ?? false;
const DEVICE = "001122-Box-S1" as DeviceKey;
const A = "hg.a" as Subject<number>;
const EVERY_A = "hg.a" as SubjectPattern<number>;
const ECHO = "hg.echo" as RequestSubject<unknown, unknown>;
const SILENT = "hg.silent" as RequestSubject<unknown, unknown>;
const SOON = { timeoutMs: 10_000 };

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

on("while the server is away nobody is there, and after that all is as before", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  const heard = Promise.withResolvers<number>();
  bus.subscribe(EVERY_A, (message) => heard.resolve(message));
  bus.serve(ECHO, (message) => Promise.resolve(message));
  bus.serve(SILENT, () => Promise.withResolvers<unknown>().promise);
  await settle(bus);
  const lost = assert.rejects(bus.request(SILENT, 1, SOON), {
    code: "E_REQUEST_TIMED_OUT",
    message: /went away/,
  });
  await settle(bus);

  await server.kill();
  await log.until(/^NATS is away$/);
  await lost;
  bus.publish(A, 1);
  await assert.rejects(bus.request(ECHO, 1, SOON), { code: "E_NOBODY_THERE" });
  assert.throws(() => bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(1)), { code: "E_BUS_AWAY" });

  await server.startAgain();
  assert.equal((await log.until(/^NATS is back$/))["lost"], 1);
  bus.publish(A, 2);
  assert.equal(await within(heard.promise, "what was published after the return"), 2);
  assert.equal(await bus.request(ECHO, 3, SOON), 3);
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

on("what was published when the server was killed is kept once it is back", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  server.pause();
  for (let id = 1; id <= 600; id += 1) bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(id));
  await server.kill();
  await log.until(/^NATS is away$/);
  await server.startAgain();
  await log.until(/^NATS is back$/);
  await within(untilKept(bus), "the events to be kept");
  assert.deepEqual(
    (await server.events()).map(({ id }) => Number(id.split("-")[0])),
    Array.from({ length: 600 }, (_, index) => index + 1),
  );
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

interface Opened extends AsyncDisposable {
  readonly bus: NatsBus;
  readonly log: HeardLog;
  /** Where subscribers failed. */
  readonly errors: readonly string[];
}

function openOn({ port }: NatsServer): Promise<Opened> {
  return openAt({ host: "127.0.0.1", port });
}

async function openAt(address: NatsAddress): Promise<Opened> {
  const log = new HeardLog();
  const errors: string[] = [];
  const onError = (_: unknown, subject: string): void => void errors.push(subject);
  const bus = await openNatsBus({ address, clock: systemClock, log, onError });
  return { bus, log, errors, [Symbol.asyncDispose]: () => bus.close() };
}

/** The server has carried out all that it was told by a connection before it answers this. */
async function settle(bus: NatsBus): Promise<void> {
  const look = "hg.look" as RequestSubject<number, number>;
  const looking = bus.serve(look, (message) => Promise.resolve(message));
  await bus.request(look, 0, SOON);
  looking.unsubscribe();
}

function event(id: number): BusEvent {
  return { id, at: 1_700_000_000_000 + id, device: DEVICE, name: "boot", data: {} };
}

/** It is asked again where it has waited long enough. */
async function untilKept(bus: NatsBus): Promise<void> {
  for (;;) {
    try {
      await bus.kept();
      return;
    } catch (error) {
      assert.ok(error instanceof BusAwayError);
    }
  }
}
