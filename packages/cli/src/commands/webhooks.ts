import type { DeadLetter, Webhook, WebhookRequest } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { isOperationState, operationStates } from "../operation-words.ts";
import { showJson, showTable, type Cell } from "../output.ts";
import { relativeTime } from "../time-words.ts";

const section = "What happens";
const idArgument = { name: "webhook", help: "its id, as `webhooks` shows it" } as const;

export const webhooksList = command({
  name: "webhooks",
  section,
  summary: "List webhooks: where events are sent as they happen",
  arguments: [],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "webhooks", shows: "all of them, and which fail" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).webhooks.list();
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no webhooks");
    else {
      const head = ["id", "events", "dead", "", "url"];
      showTable(terminal, { head, rows: items.map((each) => webhookRow(each, terminal.now())) });
    }
    return exitCodes.done;
  },
});

export const webhooksAdd = command({
  name: "webhooks add",
  section,
  summary: "Have events sent to a URL as they happen",
  about: [
    "From the next event on, at least once and in order. What it signs with is told once; docs/guides/webhooks.md says how " +
      "to check a signature.",
  ],
  arguments: [
    { name: "target", help: "an https URL; http on loopback alone" },
    { name: "event", takes: "any", help: "names of the events that are sent, such as 'policy-*'; else all" },
  ],
  flags: [
    { name: "where", value: "expression", help: "only those of devices of which it is true then" },
    { name: "states", value: "state,…", help: "of operations, only those that have come to these" },
    { name: "secret-stdin", help: "take what it signs with from standard input; else one is made" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [
    { line: "webhooks add https://hooks.example/heliograph boot operation", shows: "its id and its secret" },
    {
      line: "webhooks add https://hooks.example/faults operation --states faulted,expired --where 'tag = \"gold\"'",
      shows: "the same, of what goes wrong on some devices",
    },
  ],
  async run(given, terminal) {
    const secret = given.isOn("secret-stdin") ? (await terminal.readInput()).trimEnd() : undefined;
    const [where, states] = [given.text("where"), given.text("states")];
    const made = await connect(given, terminal).webhooks.add({
      url: given.one("target"),
      events: [...given.list("event")],
      ...(where === undefined ? {} : { where }),
      ...(states === undefined ? {} : { states: readStates(states) }),
      ...(secret === undefined ? {} : { secret }),
    });
    if (given.isOn("json")) showJson(terminal, made);
    else {
      terminal.out(made.id);
      if (secret === undefined) terminal.out(made.secret);
    }
    return exitCodes.done;
  },
});

export const webhooksRemove = command({
  name: "webhooks remove",
  section,
  summary: "Remove a webhook, with its dead letters",
  arguments: [idArgument],
  flags: [...connectionFlags],
  examples: [{ line: "webhooks remove 0123456789abcdef", shows: "nothing, once it is gone" }],
  async run(given, terminal) {
    await connect(given, terminal).webhooks.remove(given.one("webhook"));
    return exitCodes.done;
  },
});

export const webhooksDead = command({
  name: "webhooks dead",
  section,
  summary: "List what a webhook could not send for a day",
  arguments: [idArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "webhooks dead 0123456789abcdef", shows: "which events, and why" }],
  async run(given, terminal) {
    const { items } = await connect(given, terminal).webhooks.deadLetters(given.one("webhook"));
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no dead letters");
    else {
      const rows = items.map((each) => letterRow(each, terminal.now()));
      showTable(terminal, { head: ["first", "last", "given up", ""], rows });
    }
    return exitCodes.done;
  },
});

export const webhooksResend = command({
  name: "webhooks resend",
  section,
  summary: "Send dead letters again: all, or one",
  arguments: [idArgument, { name: "first", takes: "at-most-one", help: "the first event of one letter" }],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "webhooks resend 0123456789abcdef", shows: "how many are sent again" }],
  async run(given, terminal) {
    const first = readFirst(given.text("first"));
    const request = first === undefined ? {} : { first };
    const webhook = await connect(given, terminal).webhooks.resend(given.one("webhook"), request);
    if (given.isOn("json")) showJson(terminal, webhook);
    else terminal.out(resentSentence(first === undefined ? webhook.deadLetters : 1));
    return exitCodes.done;
  },
});

function resentSentence(letters: number): string {
  return letters === 1 ? "1 letter is sent again" : `${letters} letters are sent again`;
}

function readFirst(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`<first> must be the id of an event; it is "${text}"`);
}

function readStates(text: string): NonNullable<WebhookRequest["states"]> {
  return text.split(",").map((word) => {
    const state = word.trim();
    if (isOperationState(state)) return state;
    throw new UsageError(`--states takes ${operationStates.join(", ")}; it has "${word}"`);
  });
}

/** Which events are sent, of which devices. */
function filterWords({ events, where, states }: Webhook): string {
  const names = events.length === 0 ? "all" : events.join(", ");
  const ends = states === undefined ? "" : `; operations ${states.join(", ")}`;
  return `${names}${ends}${where === undefined ? "" : `; where ${where}`}`;
}

function webhookRow(webhook: Webhook, now: number): readonly Cell[] {
  const { id, url, failing, deadLetters } = webhook;
  const stands: Cell =
    failing === undefined
      ? { text: "", tone: "quiet" }
      : { text: `${failing.reason}, since ${relativeTime(failing.since, now)}`, tone: "bad" };
  return [
    ...[id, filterWords(webhook)],
    { text: String(deadLetters), tone: deadLetters === 0 ? "quiet" : "bad" },
    ...[stands, url],
  ];
}

function letterRow({ first, last, at, reason, again }: DeadLetter, now: number): readonly Cell[] {
  const why: Cell = again ? { text: "is sent again", tone: "unsure" } : { text: reason, tone: "bad" };
  return [String(first), String(last), relativeTime(at, now), why];
}
