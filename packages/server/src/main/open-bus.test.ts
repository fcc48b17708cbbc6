import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HeardLog } from "../../test/heard-log.ts";
import { NatsServer, whyNoNats } from "../../test/nats-server.ts";
import type { Clock } from "../ports/index.ts";
import { openBus } from "./open-bus.ts";
import { allRoles } from "./roles.ts";

const skip = whyNoNats() ?? false;

const resources = new AsyncDisposableStack();
let server: NatsServer;
before(async () => {
  if (skip === false) server = resources.use(await NatsServer.start());
});
after(() => resources.disposeAsync());

test(
  "of two that use one bus and not one store the second says so, once it has waited for the first to end",
  { skip },
  async () => {
    const { bus } = await open();
    const clock = hastyClock();
    await assert.rejects(open(clock, "another store"), {
      code: "E_BUS_TAKEN",
      message: /stop it, or give this one an account/,
    });
    assert.ok(clock.elapsed() >= 15_000, `it waited ${clock.elapsed()} ms`);
    await bus.close();
    const { bus: next } = await open();
    await next.close();
  },
);

test("processes of one store are on one bus together", { skip }, async () => {
  const { bus } = await open();
  const clock = hastyClock();
  const { bus: second } = await open(clock, "this store");
  assert.equal(clock.elapsed(), 0);
  await second.close();
  await bus.close();
});

test("one that waits for the other takes over once that has ended", { skip }, async () => {
  const { bus } = await open();
  const clock = hastyClock(() => bus.close());
  const { bus: next } = await open(clock, "another store");
  assert.equal(clock.elapsed(), 500);
  await next.close();
});

function open(clock: Clock = hastyClock(), identity = "this store") {
  const nats = { host: "127.0.0.1", port: server.port };
  const store = { identity: () => Promise.resolve(identity) };
  return openBus({ nats, roles: allRoles }, { store, clock, log: new HeardLog() });
}

/** Whatever is waited for is over at once, as soon as `meanwhile` is done. */
function hastyClock(meanwhile: () => Promise<void> = () => Promise.resolve()): Clock {
  let now = 0;
  return {
    now: () => now,
    elapsed: () => now,
    after(ms, run) {
      now += ms;
      void meanwhile().then(run);
      return { cancel: () => undefined };
    },
  };
}
