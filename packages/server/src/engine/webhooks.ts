import {
  asError,
  readPrinted,
  subjects,
  type Bus,
  type Clock,
  type DeadLetter,
  type EventRecord,
  type LetterSender,
  type Log,
  type Random,
  type Store,
  type Webhook,
  type WebhookId,
  type WebhookStanding,
} from "../ports/index.ts";
import { devicesAsked, failAgain, nextTurn, resentLetters, type Moment } from "./webhook-turn.ts";

export interface WebhookPorts {
  readonly bus: Pick<Bus, "subscribe">;
  readonly store: Pick<
    Store,
    "webhooks" | "webhook" | "deadLetters" | "events" | "coveredDevices" | "commit"
  >;
  readonly clock: Clock;
  readonly random: Pick<Random, "fraction">;
  readonly log: Log;
  readonly letters: LetterSender;
}

export interface Webhooks {
  /** Sends nothing new, and resolves once what is under way has ended. Closing twice is no error. */
  close(): Promise<void>;
}

/** Between two looks while there is a webhook, and otherwise. */
const PAUSE_MS = 1_000;
const IDLE_MS = 10_000;
const STRETCH = 500;

/**
 * Sends events to whoever asked for them: each webhook's in order, at least once, from where the store says that it came to.
 * One that is slow, or fails, keeps no other waiting.
 */
export function startWebhooks(ports: WebhookPorts): Webhooks {
  const { bus, clock, log, store } = ports;
  const busy = new Map<WebhookId, Promise<void>>();
  let looking: Promise<void> | undefined;
  let isClosed = false;

  async function look(): Promise<number> {
    const known = await store.webhooks();
    for (const { webhook } of known) {
      if (busy.has(webhook.id) || isClosed) continue;
      const serving = serve(webhook.id, ports, () => isClosed)
        .catch((error: unknown) => {
          log.warn("a webhook waits", { webhook: webhook.id, error: asError(error) });
        })
        .finally(() => busy.delete(webhook.id));
      busy.set(webhook.id, serving);
    }
    return known.length;
  }
  function run(): void {
    timer.cancel();
    if (isClosed) return;
    looking ??= look()
      .catch((error: unknown) => {
        log.warn("webhooks wait", { error: asError(error) });
        return 1;
      })
      .then((count) => {
        looking = undefined;
        if (!isClosed) timer = clock.after(count > 0 ? PAUSE_MS : IDLE_MS, run);
      });
  }

  const changes = bus.subscribe(subjects.everyConfigChanged, ({ what }) => {
    if (what === "webhooks") run();
  });
  let timer = clock.after(PAUSE_MS, run);
  return {
    async close() {
      isClosed = true;
      timer.cancel();
      changes.unsubscribe();
      await looking;
      await Promise.all(busy.values());
    },
  };
}

/** Letter after letter, until there is nothing to send or one is not taken. */
async function serve(id: WebhookId, ports: WebhookPorts, isOver: () => boolean): Promise<void> {
  await resend(id, ports, isOver);
  while (!isOver()) {
    const standing = await ports.store.webhook(id);
    if (standing === undefined || !(await turn(standing, ports))) return;
  }
}

/** Whether there may be more to do at once. */
async function turn(standing: WebhookStanding, ports: WebhookPorts): Promise<boolean> {
  const { webhook, position, failing } = standing;
  const { store, clock } = ports;
  const events = await store.events({ after: position, limit: STRETCH });
  const next = nextTurn(standing, events, await momentOf(webhook, events, ports));
  const on = { webhook: webhook.id, from: position };
  switch (next.type) {
    case "rest":
      return false;
    case "pass":
      return (await store.commit("move-webhook", { ...on, to: next.to, taken: false })).held;
    case "bury": {
      const { first, last } = next;
      const letter = { first, last, at: clock.now(), reason: failing?.reason ?? "" };
      return (await store.commit("bury-letter", { ...on, letter })).held;
    }
    case "send": {
      const outcome = await ports.letters.send(next.letter);
      if (outcome.type === "taken") {
        return (await store.commit("move-webhook", { ...on, to: next.to, taken: true })).held;
      }
      const again = { now: clock.now(), chance: ports.random.fraction() };
      const failed = failAgain(failing, outcome.reason, again);
      await store.commit("fail-webhook", { webhook: webhook.id, position, failing: failed });
      return false;
    }
  }
}

/** Facts of devices are looked at when their events are sent. */
async function momentOf(
  webhook: Webhook,
  events: readonly EventRecord[],
  { store, clock }: WebhookPorts,
): Promise<Moment> {
  const now = clock.now();
  if (webhook.where === undefined) return { now };
  const devices = devicesAsked(webhook, events);
  const where = readPrinted(webhook.where);
  const covered = devices.length === 0 ? [] : await store.coveredDevices({ where, now, devices });
  return { now, covered: new Set(covered) };
}

/** Letters that were given up, and that somebody wants sent again. */
async function resend(id: WebhookId, ports: WebhookPorts, isOver: () => boolean): Promise<void> {
  const { store, clock } = ports;
  const asked = await store.deadLetters({ webhook: id, again: true, limit: STRETCH });
  for (const letter of asked) {
    const standing = await store.webhook(id);
    if (standing === undefined || isOver()) return;
    const reason = await sendAgain(standing, letter, ports);
    const settled = { webhook: id, first: letter.first, at: clock.now() };
    await store.commit("settle-letter", { ...settled, ...(reason === undefined ? {} : { reason }) });
  }
}

/** Why one of them was not taken; undefined where all were. */
async function sendAgain(
  { webhook }: WebhookStanding,
  { first, last }: DeadLetter,
  ports: WebhookPorts,
): Promise<string | undefined> {
  const { store, letters } = ports;
  let after = first - 1;
  for (;;) {
    const events: readonly EventRecord[] = await store.events({ after, limit: STRETCH });
    const own = events.filter(({ id }) => id <= last);
    for (const letter of resentLetters(webhook, own, await momentOf(webhook, own, ports))) {
      const outcome = await letters.send(letter);
      if (outcome.type === "failed") return outcome.reason;
    }
    if (own.length < events.length || events.length < STRETCH) return undefined;
    after = events.at(-1)?.id ?? last;
  }
}
