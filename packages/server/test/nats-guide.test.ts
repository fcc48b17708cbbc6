import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { freePort } from "@heliograph/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { openNatsBus, type NatsBus } from "../src/bus/nats.ts";
import { STREAM } from "../src/bus/nats-events.ts";
import { systemClock } from "../src/main/system-clock.ts";
import { subjects, type BusEvent, type OperationId, type RequestSubject } from "../src/ports/index.ts";
import { within } from "./deadline.ts";
import { HeardLog } from "./heard-log.ts";
import { NatsServer, whyNoNats } from "./nats-server.ts";
import { guidedConfiguration, NATS_CA } from "./other-systems/guided-nats.ts";

const DEVICE = "001122-Box-S1" as DeviceKey;
const OPERATION = "0".repeat(32) as OperationId;
/** What is asked of engines alone. */
const ANNOUNCE = subjects.announce as RequestSubject<unknown, unknown>;
const skip = whyNoNats() ?? false;

const resources = new AsyncDisposableStack();
const log = new HeardLog();
let server: NatsServer;
let bus: NatsBus;
let observer: NatsConnection;
before(async () => {
  if (skip !== false) return;
  server = resources.use(await NatsServer.start(guidedConfiguration()));
  const tls = { ca: readFileSync(NATS_CA, "utf8") };
  const login = { user: "heliograph", password: "secret" };
  const address = { host: "127.0.0.1", port: server.port, login, tls };
  bus = await openNatsBus({ address, clock: systemClock, log, onError: assert.ifError });
  resources.defer(() => bus.close());
  observer = await connectAs("observer", "seen");
});
after(() => resources.disposeAsync());

function on(title: string, body: () => Promise<void>): void {
  test(`NATS as the guide sets it up: ${title}`, { skip }, body);
}

on("the ACS does all that it does, and keeps events", async () => {
  bus.serve(subjects.here, () => Promise.resolve({ type: "here" }));
  assert.deepEqual(await bus.request(subjects.here, { what: "acs" }, { timeoutMs: 10_000 }), {
    type: "here",
  });
  bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(1));
  await bus.kept();
  assert.equal(log.fieldsOf(/not kept|refuses/), undefined);
});

on("an observer hears events and changes of operations, and nothing else", async () => {
  const heard: string[] = [];
  const last = Promise.withResolvers<undefined>();
  const hearing = observer.subscribe(">", {
    callback: (_, { subject }) => {
      if (subject.startsWith("hg.")) heard.push(subject);
      if (subject.endsWith(".changed")) last.resolve(undefined);
    },
  });
  await observer.flush();
  bus.publish(subjects.revoked, { device: DEVICE });
  bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(2));
  await bus.request(subjects.here, { what: "acs" }, { timeoutMs: 10_000 });
  const changed = { id: 3, at: 3, device: DEVICE, operation: OPERATION, state: "done" } as const;
  bus.publish(subjects.operationChanged(OPERATION), changed);
  await within(last.promise, "the change of the operation");
  hearing.unsubscribe();
  assert.deepEqual(heard, [`hg.v1.device.${DEVICE}.event.boot`, `hg.v1.operation.${OPERATION}.changed`]);
});

on("an observer asks for nothing, and takes nothing on itself", async () => {
  const acs = [
    bus.serve(subjects.everyRpc, () => assert.fail("somebody asked")),
    bus.subscribe(subjects.everyRevoked, () => assert.fail("somebody took rights away")),
  ];
  const waiting = observer.subscribe(subjects.announce, {
    queue: "engine",
    callback: () => assert.fail("it was asked"),
  });
  await observer.flush();
  await assert.rejects(observer.request(subjects.rpc(DEVICE), "{}"), /no responders/i);
  observer.publish("hg.v1.revoked", "{}");
  await observer.flush();
  await assert.rejects(bus.request(ANNOUNCE, {}, { timeoutMs: 10_000 }), { code: "E_NOBODY_THERE" });
  waiting.unsubscribe();
  for (const listening of acs) listening.unsubscribe();
});

on("an observer keeps events in a stream of its own, and does not reach the other", async () => {
  const { streams } = await jetstreamManager(observer);
  await streams.add({ name: "EVENTS", subjects: ["hg.v1.>"], no_ack: true });
  bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(4));
  await bus.kept();
  const message = await streams.getMessage("EVENTS", { seq: 1 });
  assert.equal(message?.json<BusEvent>().id, 4);
  await assert.rejects(streams.info(STREAM), /stream not found/);
});

on(
  "the ACS's own user may not empty or delete the stream, nor hear what is none of its business",
  async () => {
    const acs = await connectAs("heliograph", "secret");
    const refused = Promise.withResolvers<unknown>();
    acs.subscribe(">", { callback: (error) => refused.resolve(error) });
    assert.match(String(await within(refused.promise, "the refusal")), /permissions violation/i);
    for (const what of ["PURGE", "DELETE"]) {
      const asked = acs.request(`$JS.API.STREAM.${what}.${STREAM}`, "", { timeout: 10_000 });
      await assert.rejects(asked, /permissions violation/i);
    }
  },
);

for (const [subject, ...users] of [
  [`hg.v1.device.${DEVICE}.event.boot`, "heliograph", "engine"],
  [`hg.v1.operation.${OPERATION}.changed`, "heliograph", "engine"],
  [`hg.v1.operation.${OPERATION}.cancel`, "heliograph", "engine", "api"],
  [`hg.v1.device.${DEVICE}.rpc`, "heliograph", "cwmp", "engine", "api", "manager"],
  [`hg.v1.device.${DEVICE}.rotate`, "heliograph", "api"],
  [`hg.v1.outside.device.${DEVICE}.rpc`, "heliograph"],
  ["hg.v1.engine.accept", "heliograph", "engine", "api"],
  [`hg.v1.engine.e1.device.${DEVICE}.rpc`, "heliograph", "engine"],
  [`hg.v1.engine.e1.asked.device.${DEVICE}.rpc`, "heliograph", "cwmp", "engine", "api"],
  [`hg.v1.engine.e1.asked.device.${DEVICE}.rotate`, "heliograph", "engine", "api"],
  ["hg.v1.engine.e1.asked.engine.accept", "heliograph", "engine", "api"],
  ["hg.v1.engine.e1.asked.engine.announce", "heliograph", "cwmp", "engine"],
  ["hg.v1.engine.e1.asked.engine.connect", "heliograph", "light", "engine"],
  [`hg.v1.engine.e1.asked.operation.${OPERATION}.cancel`, "heliograph", "engine", "api"],
  ["hg.v1.engine.e1.alive", "heliograph", "engine"],
  ["hg.v1.engine.e1.next", "heliograph", "cwmp", "engine"],
  ["hg.v1.engine.e1.report", "heliograph", "cwmp", "light", "engine"],
  ["hg.v1.engine.announce", "heliograph", "cwmp", "engine"],
  ["hg.v1.engine.connect", "heliograph", "light", "engine"],
  ["hg.v1.gateway.g1.call", "heliograph", "engine"],
  ["hg.v1.gateway.g1.post", "heliograph", "cwmp"],
  ["hg.v1.revoked", "heliograph", "cwmp", "engine", "api"],
  ["hg.v1.channel.published", "heliograph", "engine", "api"],
  ["hg.v1.wake", "heliograph", "engine"],
  ["_INBOX.api.1"],
  [`$JS.API.STREAM.INFO.${STREAM}`, "heliograph", "engine"],
  [`$JS.API.STREAM.PURGE.${STREAM}`],
] as const) {
  on(`on ${subject} publishes ${listOf(users)}`, async () => {
    assert.deepEqual(await among((connection) => mayPublish(connection, subject)), users);
  });
}

for (const [pattern, ...users] of [
  ["hg.v1.device.*.event.>", "heliograph", "cwmp", "light", "engine", "api"],
  ["hg.v1.device.*.rpc", "heliograph", "engine"],
  ["hg.v1.outside.device.*.rpc", "heliograph", "api"],
  ["hg.v1.engine.announce", "heliograph", "engine"],
  ["hg.v1.gateway.*.call", "heliograph", "light"],
  ["hg.v1.gateway.*.post", "heliograph", "cwmp"],
  ["hg.v1.wake", "heliograph", "cwmp"],
  ["hg.v1.revoked", "heliograph", "cwmp", "light", "engine", "api"],
  ["_INBOX.>"],
  ["_INBOX.engine.>", "engine"],
  [">"],
] as const) {
  on(`to ${pattern} listens ${listOf(users)}`, async () => {
    assert.deepEqual(await among((connection) => mayListen(connection, pattern)), users);
  });
}

on("whoever is asked answers the inbox of who asks, and only once", async () => {
  const [engine, api] = [
    await connectAs("engine", "secret-of-engine"),
    await connectAs("api", "secret-of-api"),
  ];
  const refused = Promise.withResolvers<string>();
  void (async () => {
    for await (const status of engine.status())
      if (status.type === "error") refused.resolve(String(status.error));
  })();
  const serving = engine.subscribe("hg.v1.engine.accept", {
    callback: (_, message) => {
      message.respond("once");
      message.respond("twice");
    },
  });
  await engine.flush();
  assert.equal((await api.request("hg.v1.engine.accept")).string(), "once");
  assert.match(await within(refused.promise, "the refusal"), /permissions violation/i);
  serving.unsubscribe();
});

on("behind a leaf node one may do what its user may, and answers as well", async () => {
  const port = await freePort();
  const answering = guidedConfiguration().replace(
    '"hg.v1.engine.connect"',
    '"hg.v1.engine.connect", "_INBOX.engine.>"',
  );
  await using hub = await NatsServer.start(`${answering}\nleafnodes { listen: "127.0.0.1:${port}" }`);
  await using leaf = await NatsServer.start(`
    accounts { HELIOGRAPH { users: [ { user: "light", password: "at-this-site" } ] } }
    leafnodes { remotes: [ { url: "nats://light:secret-of-light@127.0.0.1:${port}", account: HELIOGRAPH } ] }`);
  const engine = await connectAs("engine", "secret-of-engine", hub);
  for (const subject of ["hg.v1.engine.connect", "hg.v1.engine.accept"]) {
    engine.subscribe(subject, { callback: (_, message) => void message.respond("by an engine") });
  }
  const light = await connect({
    ...{
      servers: `127.0.0.1:${leaf.port}`,
      user: "light",
      pass: "at-this-site",
      inboxPrefix: "_INBOX.light",
    },
  });
  resources.defer(() => light.close());
  light.subscribe("hg.v1.gateway.g1.call", {
    callback: (_, message) => void message.respond("by a gateway"),
  });
  await light.flush();
  assert.equal(await untilAnswered(light, "hg.v1.engine.connect"), "by an engine");
  assert.equal(await untilAnswered(engine, "hg.v1.gateway.g1.call"), "by a gateway");
  await assert.rejects(light.request("hg.v1.engine.accept"), /no responders/);
});

on("whoever has no password is not let in, and without TLS nobody is", async () => {
  await assert.rejects(connectAs("heliograph", "guessed"), /authorization violation/i);
  await assert.rejects(connect({ servers: `127.0.0.1:${server.port}`, tls: null }), /tls|closed|reset/i);
});

const PASSWORDS = [
  ["heliograph", "secret"],
  ["cwmp", "secret-of-cwmp"],
  ["light", "secret-of-light"],
  ["engine", "secret-of-engine"],
  ["api", "secret-of-api"],
  ["manager", "asks"],
] as const;
/** Each user once: a connection tells of no more than its own refusals. */
const connections = new Map<string, Promise<NatsConnection>>();

/** Those of whom it is so. */
async function among(is: (connection: NatsConnection) => Promise<boolean>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [user, password] of PASSWORDS) {
    const connecting = connections.get(user) ?? connectAs(user, password);
    connections.set(user, connecting);
    if (await is(await connecting)) found.push(user);
  }
  return found;
}

/** Nobody needs to be there: that is told from a refusal. */
async function mayPublish(connection: NatsConnection, subject: string): Promise<boolean> {
  try {
    await connection.request(subject, "", { timeout: 200 });
    return true;
  } catch (error) {
    return !/permissions violation/i.test(String(error));
  }
}

async function mayListen(connection: NatsConnection, pattern: string): Promise<boolean> {
  let isRefused = false;
  const listening = connection.subscribe(pattern, {
    callback: (error) => {
      isRefused ||= error !== null;
    },
  });
  await connection.flush();
  listening.unsubscribe();
  return !isRefused;
}

function listOf(users: readonly string[]): string {
  return users.length === 0 ? "nobody" : users.join(", ");
}

/** That somebody listens goes round between servers. */
async function untilAnswered(connection: NatsConnection, subject: string): Promise<string> {
  for (;;) {
    try {
      return (await connection.request(subject)).string();
    } catch (error) {
      assert.match(String(error), /no responders/);
    }
  }
}

async function connectAs(
  user: string,
  pass: string,
  { port }: Pick<NatsServer, "port"> = server,
): Promise<NatsConnection> {
  const tls = { ca: readFileSync(NATS_CA, "utf8"), host: "127.0.0.1" };
  const inboxPrefix = `_INBOX.${user}`;
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    user,
    pass,
    inboxPrefix,
    ...{ tls },
  });
  resources.defer(() => connection.close());
  return connection;
}

function event(id: number): BusEvent {
  return { id, at: 1_700_000_000_000 + id, device: DEVICE, name: "boot", data: {} };
}
