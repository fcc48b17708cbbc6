import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BusClosedError,
  type Bus,
  type RequestPattern,
  type RequestSubject,
  type Subject,
  type SubjectPattern,
} from "./bus.ts";
import { StoreFullError } from "./store-errors.ts";

export interface BusSuite<B extends Bus> {
  /** Gives a fresh one. */
  readonly open: () => Promise<B>;
  /** Resolves when all that was published has been delivered. */
  readonly settle: (bus: B) => Promise<void>;
  /** Why none can be opened here. */
  readonly skip?: string | false;
}

/** What every bus promises. */
export function busSuite<B extends Bus>(name: string, { open, settle, skip = false }: BusSuite<B>): void {
  const on = (title: string, body: (bus: B) => Promise<void>): void => {
    test(`${name}: ${title}`, { skip }, async () => {
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

  on("what was sent is what arrives, whatever JSON it is", async (bus) => {
    const said = { text: "ä\u0000\u2028😀", nothing: null, flag: false, list: [[], {}, -1.5e300], "": "" };
    const heard: unknown[] = [];
    bus.subscribe("hg.a" as SubjectPattern<unknown>, (message) => heard.push(message));
    bus.serve("hg.echo" as RequestSubject<unknown, unknown>, (message) => Promise.resolve(message));
    for (const message of [said, "", 0, null]) bus.publish("hg.a" as Subject<unknown>, message);
    const asked = await bus.request("hg.echo" as RequestSubject<unknown, unknown>, said, {
      timeoutMs: 30_000,
    });
    await settle(bus);
    assert.deepEqual(heard, [said, "", 0, null]);
    assert.deepEqual(asked, said);
  });

  on("each request reaches one of a queue group", async (bus) => {
    const asked: string[] = [];
    for (const who of ["first", "second"]) {
      bus.serve(
        "hg.*.ask" as RequestPattern<number, number>,
        (message, at) => Promise.resolve(asked.push(`${who} ${at} ${message}`)),
        { queue: "q" },
      );
    }
    const all = Array.from({ length: 20 }, (_, message) => message);
    await Promise.all(all.map((message) => bus.request(request("hg.x.ask"), message, { timeoutMs: 30_000 })));
    assert.deepEqual(
      asked.map((line) => Number(line.split(" hg.x.ask ")[1])).toSorted((a, b) => a - b),
      all,
    );
  });

  on("a request is answered by who serves it, at once refused where nobody does", async (bus) => {
    bus.serve(request("hg.double"), (message) => Promise.resolve(message * 2));
    assert.equal(await bus.request(request("hg.double"), 21, { timeoutMs: 30_000 }), 42);
    await assert.rejects(bus.request(request("hg.nobody"), 1, { timeoutMs: 30_000 }), {
      code: "E_NOBODY_THERE",
    });
  });

  on("a server that fails fails the request, with its reason as the cause", async (bus) => {
    bus.serve(request("hg.broken"), () => Promise.reject(new Error("no")));
    await assert.rejects(bus.request(request("hg.broken"), 1, { timeoutMs: 30_000 }), {
      code: "E_REQUEST_FAILED",
    });
  });

  on("of the reason the class arrives as well, where it is one of the store's", async (bus) => {
    const cause = new Error("no space");
    bus.serve(request("hg.full"), () => Promise.reject(new StoreFullError("the disk is full", { cause })));
    await assert.rejects(bus.request(request("hg.full"), 1, { timeoutMs: 30_000 }), (error: Error) => {
      assert.ok(error.cause instanceof StoreFullError);
      assert.equal(error.cause.message, "the disk is full");
      assert.ok(error.cause.cause instanceof Error);
      assert.equal(error.cause.cause.message, "no space");
      return true;
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
