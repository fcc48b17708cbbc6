import assert from "node:assert/strict";
import { test } from "node:test";
import { BusClosedError, type Bus, type RequestSubject, type Subject, type SubjectPattern } from "./bus.ts";

/** What every bus promises. `open` gives a fresh one; `settle` resolves when all that was published has been delivered. */
export function busSuite(name: string, open: () => Promise<Bus>, settle: (bus: Bus) => Promise<void>): void {
  const on = (title: string, body: (bus: Bus) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const bus = await open();
      try {
        await body(bus);
      } finally {
        await bus.close();
      }
    });
  };

  on("a message reaches everyone subscribed, in the order it was published", async (bus) => {
    const heard: string[] = [];
    bus.subscribe(pattern("hg.a"), (message) => heard.push(`first ${message}`));
    bus.subscribe(pattern("hg.a"), (message) => heard.push(`second ${message}`));
    bus.publish(subject("hg.a"), 1);
    bus.publish(subject("hg.a"), 2);
    await settle(bus);
    assert.deepEqual(
      heard.filter((line) => line.startsWith("first")),
      ["first 1", "first 2"],
    );
    assert.equal(heard.length, 4);
  });

  on("wildcards stand for one token, or for all that follow", async (bus) => {
    const one: string[] = [];
    const rest: string[] = [];
    bus.subscribe(pattern("hg.*.event"), (_, at) => one.push(at));
    bus.subscribe(pattern("hg.device.>"), (_, at) => rest.push(at));
    for (const at of ["hg.x.event", "hg.x.y.event", "hg.device", "hg.device.a", "hg.device.a.b"]) {
      bus.publish(subject(at), 0);
    }
    await settle(bus);
    assert.deepEqual(one, ["hg.x.event"]);
    assert.deepEqual(rest, ["hg.device.a", "hg.device.a.b"]);
  });

  on("each message reaches one of a queue group", async (bus) => {
    const heard: number[] = [];
    bus.subscribe(pattern("hg.work"), (message) => heard.push(message), { queue: "q" });
    bus.subscribe(pattern("hg.work"), (message) => heard.push(message), { queue: "q" });
    for (let message = 0; message < 20; message += 1) bus.publish(subject("hg.work"), message);
    await settle(bus);
    assert.deepEqual(
      heard.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, message) => message),
    );
  });

  on("nothing is delivered after unsubscribe", async (bus) => {
    const heard: number[] = [];
    const subscription = bus.subscribe(pattern("hg.a"), (message) => heard.push(message));
    bus.publish(subject("hg.a"), 1);
    await settle(bus);
    bus.publish(subject("hg.a"), 2);
    subscription.unsubscribe();
    await settle(bus);
    assert.deepEqual(heard, [1]);
  });

  on("a handler that throws harms nobody else", async (bus) => {
    const heard: number[] = [];
    bus.subscribe(pattern("hg.a"), () => {
      throw new Error("broken subscriber");
    });
    bus.subscribe(pattern("hg.a"), (message) => heard.push(message));
    bus.publish(subject("hg.a"), 1);
    await settle(bus);
    assert.deepEqual(heard, [1]);
  });

  on("a request is answered by who serves it, at once refused where nobody does", async (bus) => {
    bus.serve(request("hg.double"), (message) => Promise.resolve(message * 2));
    assert.equal(await bus.request(request("hg.double"), 21, { timeoutMs: 1_000 }), 42);
    await assert.rejects(bus.request(request("hg.nobody"), 1, { timeoutMs: 1_000 }), {
      code: "E_NOBODY_THERE",
    });
  });

  on("a server that fails fails the request, with its reason as the cause", async (bus) => {
    bus.serve(request("hg.broken"), () => Promise.reject(new Error("no")));
    await assert.rejects(bus.request(request("hg.broken"), 1, { timeoutMs: 1_000 }), {
      code: "E_REQUEST_FAILED",
    });
  });

  on("a request that is not answered in time rejects", async (bus) => {
    bus.serve(request("hg.silent"), () => Promise.withResolvers<number>().promise);
    await assert.rejects(bus.request(request("hg.silent"), 1, { timeoutMs: 5 }), {
      code: "E_REQUEST_TIMED_OUT",
    });
  });

  on("closing rejects open requests and everything asked for later", async (bus) => {
    bus.serve(request("hg.silent"), () => Promise.withResolvers<number>().promise);
    const open = bus.request(request("hg.silent"), 1, { timeoutMs: 60_000 });
    await Promise.all([assert.rejects(open, { code: "E_BUS_CLOSED" }), bus.close()]);
    await assert.rejects(bus.request(request("hg.silent"), 1, { timeoutMs: 5 }), { code: "E_BUS_CLOSED" });
    assert.throws(() => {
      bus.publish(subject("hg.a"), 1);
    }, BusClosedError);
  });
}

function subject(name: string): Subject<number> {
  return name as Subject<number>;
}
function pattern(name: string): SubjectPattern<number> {
  return name as SubjectPattern<number>;
}
function request(name: string): RequestSubject<number, number> {
  return name as RequestSubject<number, number>;
}
