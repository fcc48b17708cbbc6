import { glob, type DeviceKey } from "@heliograph/protocol";
import {
  withoutSecrets,
  type EventRecord,
  type Letter,
  type Webhook,
  type WebhookFailing,
  type WebhookStanding,
} from "../ports/index.ts";

/** A letter that is not taken is sent for so long, and so long after its events at least; then they are dead. */
export const PATIENCE_MS = 24 * 3_600_000;

const MOST_EVENTS = 100;
const MOST_CHARS = 256 * 1_024;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** When it is, and of which devices the webhook's expression is true then. */
export interface Moment {
  readonly now: number;
  /** Left out where it has none. */
  readonly covered?: ReadonlySet<DeviceKey>;
}

/** What to do with the events that come next. */
export type WebhookTurn =
  /** A letter of the first of them; `to` is the last event that is settled with it. */
  | { readonly type: "send"; readonly letter: Letter; readonly to: number }
  /** None of them is meant. */
  | { readonly type: "pass"; readonly to: number }
  /** The first of them are given up. */
  | { readonly type: "bury"; readonly first: number; readonly last: number }
  | { readonly type: "rest" };

/** `events` are those behind the webhook's position, in their order. */
export function nextTurn(
  { webhook, failing }: WebhookStanding,
  events: readonly EventRecord[],
  { now, covered }: Moment,
): WebhookTurn {
  const last = events.at(-1);
  if (last === undefined) return { type: "rest" };
  const meant = events.filter((event) => isMeant(webhook, event, covered));
  const [first] = meant;
  if (first === undefined) return { type: "pass", to: last.id };
  const old = meant.filter(({ at }) => at <= now - PATIENCE_MS);
  const lastOld = old.at(-1);
  if (failing !== undefined && failing.since <= now - PATIENCE_MS && first.at <= now - PATIENCE_MS) {
    return { type: "bury", first: first.id, last: lastOld?.id ?? first.id };
  }
  if (failing !== undefined && failing.nextAt > now) return { type: "rest" };
  const { body, count } = write(webhook, meant);
  const sent = meant[count - 1] ?? first;
  const to = count === meant.length ? last.id : sent.id;
  return { type: "send", letter: letterOf(webhook, body, now), to };
}

/** Letters of events that were given up, of which some may have aged out. */
export function resentLetters(
  webhook: Webhook,
  events: readonly EventRecord[],
  { now, covered }: Moment,
): readonly Letter[] {
  const letters: Letter[] = [];
  let rest = events.filter((event) => isMeant(webhook, event, covered));
  while (rest.length > 0) {
    const { body, count } = write(webhook, rest);
    letters.push(letterOf(webhook, body, now));
    rest = rest.slice(count);
  }
  return letters;
}

/** When it is tried again: later each time, and not when all others are. `chance` is in [0, 1). */
export function failAgain(
  failing: WebhookFailing | undefined,
  reason: string,
  { now, chance }: { readonly now: number; readonly chance: number },
): WebhookFailing {
  const attempts = (failing?.attempts ?? 0) + 1;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  const nextAt = now + Math.round(pauseMs * (0.5 + chance / 2));
  return { since: failing?.since ?? now, attempts, nextAt, reason };
}

/** The devices of events that a webhook is about, whose facts say whether these are sent. */
export function devicesAsked(webhook: Webhook, events: readonly EventRecord[]): readonly DeviceKey[] {
  const asked = events.filter((event) => isAsked(webhook, event));
  return [...new Set(asked.map(({ device }) => device))];
}

function isMeant(webhook: Webhook, event: EventRecord, covered: Moment["covered"]): boolean {
  return covered?.has(event.device) !== false && isAsked(webhook, event);
}

function isAsked({ events, states }: Webhook, { name, data }: EventRecord): boolean {
  if (events.length > 0 && !events.some((each) => glob(each)(name))) return false;
  if (states === undefined || name !== OPERATION) return true;
  return states.some((state) => state === data["state"]);
}

/** The event that tells how an operation stands. */
const OPERATION = "operation";

/** As many events as a letter holds; one in any case. */
function write(
  webhook: Webhook,
  events: readonly EventRecord[],
): { readonly body: string; readonly count: number } {
  const texts: string[] = [];
  let chars = 0;
  for (const event of events.slice(0, MOST_EVENTS)) {
    const text = JSON.stringify(told(event));
    chars += text.length;
    if (texts.length > 0 && chars > MOST_CHARS) break;
    texts.push(text);
  }
  return { body: `{"webhook":"${webhook.id}","events":[${texts.join(",")}]}`, count: texts.length };
}

/** As managers see an event, without secrets. */
function told({ id, at, device, name, operation, data }: EventRecord): object {
  const of = operation === undefined ? { device } : { device, operation };
  return { id, at: new Date(at).toISOString(), name, ...of, data: withoutSecrets(data) };
}

function letterOf({ id, url, secret }: Webhook, body: string, at: number): Letter {
  return { id, url, secret, body, at };
}
