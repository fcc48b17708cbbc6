import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { DeviceKey } from "@heliograph/protocol";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { openNatsBus, type NatsBus } from "../src/bus/nats.ts";
import { STREAM } from "../src/bus/nats-events.ts";
import { systemClock } from "../src/main/system-clock.ts";
import { subjects, type BusEvent, type OperationId, type RequestSubject } from "../src/ports/index.ts";
import { certificateFiles } from "./certificates.ts";
import { within } from "./deadline.ts";
import { HeardLog } from "./heard-log.ts";
import { NatsServer, whyNoNats } from "./nats-server.ts";

const GUIDE = new URL("../../../docs/guides/nats.md", import.meta.url);
const DEVICE = "001122-Box-S1" as DeviceKey;
const OPERATION = "0".repeat(32) as OperationId;
/** What is asked of engines alone. */
const ANNOUNCE = subjects.announce as RequestSubject<unknown, unknown>;
const { cert, key } = certificateFiles("acs");
const skip = whyNoNats() ?? false;

const resources = new AsyncDisposableStack();
const log = new HeardLog();
let server: NatsServer;
let bus: NatsBus;
let observer: NatsConnection;
before(async () => {
  if (skip !== false) return;
  server = resources.use(await NatsServer.start(configuration()));
  const tls = { ca: readFileSync(cert, "utf8") };
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
  bus.serve(subjects.everyRpc, () => assert.fail("somebody asked"));
  bus.subscribe(subjects.everyRevoked, () => assert.fail("somebody took rights away"));
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

on("whoever has no password is not let in, and without TLS nobody is", async () => {
  await assert.rejects(connectAs("heliograph", "guessed"), /authorization violation/i);
  await assert.rejects(connect({ servers: `127.0.0.1:${server.port}`, tls: null }), /tls|closed|reset/i);
});

/** The configuration of the guide, in which nothing is changed but where it listens, and where files are. */
function configuration(): string {
  const [, written] = /```nats\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
  assert.ok(written !== undefined, "the guide has no configuration of NATS");
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['listen: "0.0.0.0:4222"\n', ""],
    ["/etc/nats/cert.pem", cert],
    ["/etc/nats/key.pem", key],
    ['"/var/lib/nats"', "FOLDER"],
  ];
  return changes.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `the guide says once: ${from}`);
    return text.replace(from, to);
  }, written);
}

async function connectAs(user: string, pass: string): Promise<NatsConnection> {
  const tls = { ca: readFileSync(cert, "utf8"), host: "127.0.0.1" };
  const inboxPrefix = `_INBOX.${user}`;
  const connection = await connect({
    servers: `127.0.0.1:${server.port}`,
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
