import assert from "node:assert/strict";
import { test } from "node:test";
import { hearOut, type Backlog, type Hearer, type Unread } from "./backlog.ts";
import type { Said } from "./codec.ts";
import type { Transport } from "./transport.ts";

/** Hears requests without an answer by their numbers; its turns are the test's. */
class Bench implements Hearer {
  readonly heard: unknown[] = [];
  /** How often each message was read from. */
  taken = 0;
  isOpen = true;
  isPaused = false;
  readonly transport: Transport;
  #turn: (() => void) | undefined;

  constructor() {
    this.transport = {
      buffered: 0,
      unfinished: 0,
      isPingable: true,
      tap: () => undefined,
      listen: () => undefined,
      pause: () => (this.isPaused = true),
      resume: () => (this.isPaused = false),
      send: () => true,
      sendShared: () => true,
      ping: () => undefined,
      close: () => undefined,
      terminate: () => undefined,
    };
  }

  *read({ bytes }: Unread): Generator<Said, void, undefined> {
    for (let number = 1; number <= bytes; number += 1) {
      this.taken += 1;
      yield { type: "declined", ids: [number] };
    }
  }

  hear(said: Said): void {
    if (said.type === "declined") this.heard.push(...said.ids);
  }

  giveWay(then: () => void): void {
    this.#turn = then;
  }

  /** Takes turns until nobody wants one. */
  goOn(most = Infinity): void {
    for (let count = 0; count < most && this.#turn !== undefined; count += 1) {
      const turn = this.#turn;
      this.#turn = undefined;
      turn();
    }
  }

  /** A message that says so many things. */
  say(things: number, backlog?: Backlog): Backlog | undefined {
    return hearOut({ message: "", bytes: things }, this, backlog);
  }
}

test("what is said in a few frames is heard at once", () => {
  const bench = new Bench();
  assert.equal(bench.say(31), undefined);
  assert.equal(bench.heard.length, 31);
  assert.equal(bench.isPaused, false);
});

test("who says much is heard turn by turn, is read no further than that, and sends nothing more meanwhile", () => {
  const bench = new Bench();
  bench.say(100);
  assert.equal(bench.taken, 32);
  assert.equal(bench.isPaused, true);
  bench.goOn(1);
  assert.equal(bench.taken, 64);
  bench.goOn();
  assert.equal(bench.heard.length, 100);
  assert.equal(bench.isPaused, false);
});

test("what had come already waits for its turn, and comes in order", () => {
  const bench = new Bench();
  const backlog = bench.say(40);
  assert.equal(bench.say(2, backlog), backlog);
  bench.goOn();
  assert.deepEqual(bench.heard.slice(-4), [39, 40, 1, 2]);
  assert.equal(bench.say(1, backlog), undefined, "there is no backlog any more");
  assert.equal(bench.heard.at(-1), 1);
});

test("once the connection is over nothing of the rest is heard", () => {
  const bench = new Bench();
  bench.say(100);
  bench.isOpen = false;
  bench.goOn();
  assert.equal(bench.heard.length, 32);
  assert.equal(bench.isPaused, false, "its end is still to be heard");
});

test("a socket's end comes after what was said before it", () => {
  const bench = new Bench();
  const backlog = bench.say(40);
  const end = (): void => void bench.heard.push("end");
  backlog?.onceHeard(end);
  assert.equal(bench.heard.length, 32);
  bench.goOn();
  assert.deepEqual(bench.heard.slice(-2), [40, "end"]);
  backlog?.onceHeard(end);
  assert.deepEqual(bench.heard.slice(-2), ["end", "end"]);
});
