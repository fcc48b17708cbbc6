import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort, VirtualClock } from "@heliograph/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { within } from "../../test/deadline.ts";
import { NatsServer, whyNoNats } from "../../test/nats-server.ts";
import { BusAwayError, NobodyThereError, subjects } from "../ports/index.ts";
import { STREAM } from "./nats-events.ts";
import { A, DEVICE, ECHO, event, EVERY_A, openOn, settle, SILENT, SOON } from "./nats.fixture.ts";
import type { NatsBus } from "./nats.ts";

const skip = whyNoNats() ?? false;

/** Declares a test on a server of its own. */
function on(title: string, body: (server: NatsServer) => Promise<void>): void {
  test(`NATS bus: ${title}`, { skip }, async () => {
    await using server = await NatsServer.start();
    await body(server);
  });
}

on("a short outage is ridden out: what is asked and said meanwhile waits for its end", async (server) => {
  await using opened = await openOn(server);
  await using other = await openOn(server);
  const { bus, log } = opened;
  const heard = Promise.withResolvers<number>();
  let returns = 0;
  bus.onReturn(() => {
    returns += 1;
  });
  other.bus.subscribe(EVERY_A, (message) => heard.resolve(message));
  other.bus.serve(ECHO, (message) => Promise.resolve(message));
  other.bus.serve(SILENT, () => Promise.withResolvers<unknown>().promise);
  await settle(other.bus);
  const lost = assert.rejects(bus.request(SILENT, 1, SOON), {
    code: "E_REQUEST_TIMED_OUT",
    message: /went away/,
  });
  await settle(bus);

  await server.kill();
  await log.until(/^NATS is away$/);
  await lost;
  bus.publish(A, 1);
  const answer = bus.request(ECHO, 3, SOON);
  assert.throws(() => bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(1)), { code: "E_BUS_AWAY" });

  await server.startAgain();
  const { held, lost: gone } = await log.until(/^NATS is back$/);
  assert.deepEqual({ held, gone, returns }, { held: 1, gone: 0, returns: 1 });
  // Whoever serves it may be back later than whoever asks.
  assert.equal(await answer, 3);
  bus.publish(A, 2);
  assert.ok([1, 2].includes(await within(heard.promise, "what was published")));
});

on("what may be asked twice is asked again where its answer was lost", async (server) => {
  await using opened = await openOn(server);
  const asked: unknown[] = [];
  const { bus } = opened;
  bus.serve(subjects.here, (message) => {
    asked.push(message);
    const here = { type: "here", store: "s" } as const;
    return asked.length === 1 ? Promise.withResolvers<typeof here>().promise : Promise.resolve(here);
  });
  const answer = bus.request(subjects.here, { what: "acs" }, SOON);
  await settle(bus);
  assert.equal(asked.length, 1);
  await server.kill();
  await server.startAgain();
  assert.deepEqual(await within(answer, "the answer"), { type: "here", store: "s" });
  assert.equal(asked.length, 2);
});

on("a long outage is told: nobody is there, and what is published is lost", async (server) => {
  const clock = new VirtualClock();
  await using opened = await openOn(server, clock);
  const { bus, log } = opened;
  await server.kill();
  await log.until(/^NATS is away$/);
  bus.publish(A, 1);
  const waiting = assert.rejects(bus.request(ECHO, 1, SOON), { code: "E_NOBODY_THERE" });
  await clock.advance(5_000);
  await waiting;
  await assert.rejects(bus.request(ECHO, 1, SOON), { code: "E_NOBODY_THERE" });
  bus.publish(A, 2);
  await server.startAgain();
  assert.equal((await log.until(/^NATS is back$/))["lost"], 2);
  const heard = Promise.withResolvers<number>();
  bus.subscribe(EVERY_A, (message) => heard.resolve(message));
  bus.publish(A, 3);
  assert.equal(await within(heard.promise, "what was published after the return"), 3);
});

on("no more than 1,000 questions wait for the end of an outage", async (server) => {
  const clock = new VirtualClock();
  await using opened = await openOn(server, clock);
  const { bus, log } = opened;
  bus.serve(ECHO, (message) => Promise.resolve(message));
  await server.kill();
  await log.until(/^NATS is away$/);
  const waiting = Array.from({ length: 1_000 }, (_, number) => bus.request(ECHO, number, SOON));
  await assert.rejects(bus.request(ECHO, 1_000, SOON), { code: "E_NOBODY_THERE", message: /too many wait/ });
  await server.startAgain();
  assert.deepEqual(
    await Promise.all(waiting),
    waiting.map((_, number) => number),
  );
});

on("a stream that somebody deleted is made again, and events wait for it", async (server) => {
  await using opened = await openOn(server);
  const { bus, log } = opened;
  bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(1));
  await bus.kept();
  const connection = await connect({ servers: server.url });
  const { streams } = await jetstreamManager(connection);
  await streams.delete(STREAM);
  await connection.close();
  for (const id of [2, 3]) bus.publish(subjects.deviceEvent(DEVICE, "boot"), event(id));
  await within(untilKept(bus), "the events to be kept");
  assert.deepEqual(
    (await server.events()).map(({ id }) => Number(id.split("-")[0])),
    [2, 3],
  );
  assert.ok(log.fieldsOf(/does not keep events: they wait/));
});

on("what was published when the server was killed is kept as soon as it is back", async (server) => {
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
  // Nobody waits for an answer that was lost with the server.
  const { error } = log.fieldsOf(/does not keep events: they wait/) ?? {};
  assert.ok(error instanceof BusAwayError);
});

test(
  "NATS bus: of a cluster another server takes over, and what is asked meanwhile waits for that",
  { skip },
  async () => {
    const ports = [await freePort(), await freePort()] as const;
    const part = (own: number, other: number): string =>
      `cluster { name: "acs", listen: "127.0.0.1:${own}", routes: ["nats://127.0.0.1:${other}"] }`;
    await using first = await NatsServer.start(part(ports[0], ports[1]));
    await using second = await NatsServer.start(part(ports[1], ports[0]));
    await using there = await openOn(second);
    there.bus.serve(ECHO, (message) => Promise.resolve(message));
    await answeredOver(first);
    await using here = await openOn(first);
    await first.kill();
    await here.log.until(/^NATS is away$/);
    assert.equal(await here.bus.request(ECHO, 3, SOON), 3);
  },
);

test("NATS bus: by a leaf node a process of another place is one like others", { skip }, async () => {
  const port = await freePort();
  await using hub = await NatsServer.start(`leafnodes { listen: "127.0.0.1:${port}" }`);
  await using leaf = await NatsServer.start(`leafnodes { remotes: [{ url: "nats://127.0.0.1:${port}" }] }`);
  await using there = await openOn(hub);
  there.bus.serve(ECHO, (message) => Promise.resolve(message));
  await answeredOver(leaf);
  await using here = await openOn(leaf);
  assert.equal(await here.bus.request(ECHO, 3, SOON), 3);
});

/** Resolves once the servers know of each other's subscribers. */
async function answeredOver(server: NatsServer): Promise<void> {
  await using opened = await openOn(server);
  for (;;) {
    try {
      await opened.bus.request(ECHO, 0, SOON);
      return;
    } catch (error) {
      assert.ok(error instanceof NobodyThereError);
    }
  }
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
