import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { seededRandom, tempDir, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../bus/memory.ts";
import { at, anAudit, anEvent, enrolment, keyOf } from "../ports/store-suite/store.fixture.ts";
import {
  subjects,
  webhookId,
  type Letter,
  type LetterOutcome,
  type Webhook,
  type WebhookId,
  type WebhookStanding,
} from "../ports/index.ts";
import { openSqliteStore, type SqliteStore } from "../store/sqlite.ts";
import { startWebhooks, type WebhookPorts, type Webhooks } from "./webhooks.ts";

const HOUR_MS = 3_600_000;
const TAKEN: LetterOutcome = { type: "taken" };
const FAILED: LetterOutcome = { type: "failed", reason: "it answered 500" };

test("every event from the making of a webhook on is sent once, in order", async (t) => {
  const it = await WebhookBench.open(t);
  await it.happens("before");
  await it.add("1");
  await it.happens("one", "two");
  await it.pass(2);
  await it.happens("three");
  await it.pass(2);
  assert.deepEqual(it.received("1"), ["one", "two", "three"]);
});

test("what is not taken is sent again until it is, and nothing behind it before", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1");
  it.answer = () => FAILED;
  await it.happens("one");
  await it.pass(10);
  await it.happens("two");
  const { failing } = await it.standing("1");
  assert.ok(failing !== undefined && failing.attempts > 0);
  assert.equal(failing.reason, "it answered 500");
  it.answer = () => TAKEN;
  await it.pass(120);
  assert.deepEqual(it.received("1"), ["one", "two"]);
  assert.equal((await it.standing("1")).failing, undefined);
});

test("one that fails, or does not answer, keeps no other waiting", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1");
  await it.add("2");
  it.answer = ({ id }) => (id === idOf("1") ? Promise.withResolvers<LetterOutcome>().promise : TAKEN);
  await it.happens("one");
  await it.pass(3);
  await it.happens("two");
  await it.pass(3);
  assert.deepEqual(it.received("2"), ["one", "two"]);
  it.die();
});

test("what fails for a day is dead, what comes later is sent, and the dead are sent again on demand", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1");
  it.answer = () => FAILED;
  await it.happens("one", "two");
  await it.pass(2);
  for (let hour = 0; hour < 26; hour += 1) await it.leap(HOUR_MS);
  await it.happens("three");
  const letters = await it.store.deadLetters({ webhook: idOf("1"), limit: 10 });
  assert.deepEqual(
    letters.map(({ first, last, reason }) => [last - first, reason]),
    [[1, "it answered 500"]],
  );
  it.answer = () => TAKEN;
  await it.leap(HOUR_MS);
  await it.leap(HOUR_MS);
  assert.deepEqual(it.received("1"), ["three"]);
  const audit = anAudit("resend-letters");
  assert.deepEqual(await it.store.commit("resend-letters", { webhook: idOf("1"), audit }), { held: true });
  await it.pass(3);
  assert.deepEqual(it.received("1"), ["three", "one", "two"]);
  assert.equal((await it.standing("1")).deadLetters, 0);
});

test("a dead letter that is sent again in vain stays, with the reason", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1");
  await it.happens("one");
  const { position } = await it.standing("1");
  const letter = { first: position + 1, last: position + 1, at: at(1), reason: "before" };
  await it.store.commit("bury-letter", { webhook: idOf("1"), from: position, letter });
  await it.store.commit("resend-letters", { webhook: idOf("1"), audit: anAudit("resend-letters") });
  it.answer = () => FAILED;
  await it.pass(3);
  const [dead] = await it.store.deadLetters({ webhook: idOf("1"), limit: 10 });
  assert.deepEqual([dead?.reason, dead?.again], ["it answered 500", false]);
});

test("a webhook for some devices is sent their events, by what is so when they are sent", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1", { where: 'serialNumber in ("of event 2", "of event 3")' });
  await it.happens("one");
  await it.happens("two", "again");
  await it.pass(2);
  await it.happens("three");
  const device = keyOf("of event 3");
  await it.store.commit("remove-device", { device, audit: anAudit("remove-device"), events: [] });
  await it.pass(2);
  assert.deepEqual(it.received("1"), ["two", "again"]);
  assert.equal((await it.standing("1")).position, await it.store.lastEventId());
});

test("a webhook that was removed is sent nothing more", async (t) => {
  const it = await WebhookBench.open(t);
  await it.add("1");
  const audit = anAudit("remove-webhook");
  await it.store.commit("remove-webhook", { webhook: idOf("1"), audit });
  await it.happens("one");
  await it.pass(15);
  assert.deepEqual(it.received("1"), []);
});

test("whoever fails at random, and a sender that dies at random, leave no event out and none out of order", async (t) => {
  const random = seededRandom((line) => {
    t.diagnostic(line);
  });
  const it = await WebhookBench.open(t);
  await it.add("1");
  const all: string[] = [];
  for (let round = 0; round < 40; round += 1) {
    it.answer = () => (random.integer(1, 2) === 1 ? TAKEN : FAILED);
    const names = Array.from({ length: random.integer(1, 4) }, (_, index) => `e${round}-${index}`);
    all.push(...names);
    await it.happens(...names);
    await it.pass(random.integer(0, 3));
    if (random.integer(1, 4) === 1) {
      // It dies with a letter out: whether that was taken is never stored.
      it.die();
      it.run();
    }
  }
  it.answer = () => TAKEN;
  await it.leap(HOUR_MS);
  await it.pass(5);
  const received = it.received("1");
  assert.deepEqual([...new Set(received)], all);
});

class WebhookBench {
  readonly store: SqliteStore;
  readonly clock = new VirtualClock();
  answer: (letter: Letter) => LetterOutcome | Promise<LetterOutcome> = () => TAKEN;
  readonly #letters: { readonly id: WebhookId; readonly names: readonly string[] }[] = [];
  readonly #bus = memoryBus({ clock: this.clock, onError: assert.ifError });
  readonly #ports: Omit<WebhookPorts, "letters" | "store">;
  #webhooks: Webhooks | undefined;
  #happened = 0;

  private constructor(store: SqliteStore) {
    this.store = store;
    const warn = (event: string, fields?: object): never => assert.fail(`${event} ${JSON.stringify(fields)}`);
    const log = { info: () => undefined, warn, error: warn };
    this.#ports = { bus: this.#bus, clock: this.clock, random: { fraction: () => 0.5 }, log };
  }

  static async open(t: TestContext): Promise<WebhookBench> {
    const directory = tempDir();
    const store = await openSqliteStore({ path: directory.file("heliograph.db"), thread: "caller" });
    const it = new WebhookBench(store);
    it.run();
    t.after(async () => {
      await it.#webhooks?.close();
      await store.close();
      directory[Symbol.dispose]();
    });
    return it;
  }

  /** What it does after it has died is nobody's. */
  run(): void {
    let hasDied = false;
    const isDead = (): boolean => hasDied;
    const { store } = this;
    const never = <T>(): Promise<T> => Promise.withResolvers<T>().promise;
    const letters = {
      send: async (letter: Letter): Promise<LetterOutcome> => {
        if (isDead()) return never();
        const outcome = await this.answer(letter);
        if (isDead()) return never();
        if (outcome.type === "taken") this.#letters.push({ id: letter.id, names: namesIn(letter) });
        return outcome;
      },
    };
    const own: WebhookPorts["store"] = {
      webhooks: () => store.webhooks(),
      webhook: (id) => store.webhook(id),
      deadLetters: (query) => store.deadLetters(query),
      events: (query) => store.events(query),
      coveredDevices: (query) => store.coveredDevices(query),
      commit: (type, change, urgency) => (isDead() ? never() : store.commit(type, change, urgency)),
    };
    this.#kill = () => {
      hasDied = true;
    };
    this.#webhooks = startWebhooks({ ...this.#ports, store: own, letters });
  }

  #kill = (): void => undefined;

  die(): void {
    this.#kill();
    this.#webhooks = undefined;
  }

  async add(digit: string, filters: Pick<Webhook, "where"> = {}): Promise<void> {
    const webhook = {
      ...{ id: idOf(digit), url: "https://hooks.example/", events: [], secret: "sealed" },
      ...{ manager: "admin", createdAt: at(0), ...filters },
    };
    const audit = anAudit("add-webhook", { detail: { id: webhook.id } });
    assert.deepEqual(await this.store.commit("add-webhook", { webhook, audit }), { held: true });
    this.#bus.publish(subjects.configChanged, { what: "webhooks" });
    await this.pass(1);
  }

  /** Events of these names are stored. */
  async happens(...names: readonly string[]): Promise<void> {
    this.#happened += 1;
    const serial = `of event ${this.#happened}`;
    const events = names.map((name) => anEvent(keyOf(serial), name, { at: this.clock.now() }));
    await this.store.commit("enrol-device", enrolment(serial, { events }));
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) await this.leap(1_000);
  }

  /** Lets time pass, and what it brought come to its end. */
  async leap(ms: number): Promise<void> {
    await this.clock.advance(ms);
    for (let turn = 0; turn < 12; turn += 1) {
      await this.store.webhooks();
      await this.store.commit("move-relay", { position: 0 });
      await setImmediate();
    }
  }

  async standing(digit: string): Promise<WebhookStanding> {
    const found = await this.store.webhook(idOf(digit));
    assert.ok(found !== undefined);
    return found;
  }

  /** The names of the events that the webhook was sent, and took. */
  received(digit: string): readonly string[] {
    return this.#letters.filter(({ id }) => id === idOf(digit)).flatMap(({ names }) => names);
  }
}

function namesIn({ body }: Letter): readonly string[] {
  return [...body.matchAll(/"name":"([^"]+)"/g)].map(([, name = ""]) => name);
}

function idOf(digit: string): WebhookId {
  const id = webhookId(digit.repeat(16));
  assert.ok(id !== undefined);
  return id;
}
