import type { Channel, MemberPresence, Publication } from "@heliograph/api";
import { UsageError } from "../command-error.ts";
import { command, jsonFlag } from "../command.ts";
import { connect, connectionFlags } from "../connect.ts";
import { exitCodes } from "../exit-code.ts";
import { rootMessage } from "../explain-error.ts";
import { isJsonObject, parseJson } from "../json-object.ts";
import { paint, showJson, showTable, type Cell } from "../output.ts";
import { collect } from "../pages.ts";
import type { Terminal } from "../terminal.ts";
import { clockTime, relativeTime } from "../time-words.ts";

const channelArgument = {
  name: "channel",
  help: "public/<group>, private/<device>/config or private/<device>/monitor",
} as const;
const limitFlag = { name: "limit", value: "count", help: "at most so many; else all of them" } as const;

export const channelsList = command({
  name: "channels",
  section: "What happens",
  summary: "List channels, on which devices are told things",
  about: [
    "What is published on public/<group> is told to all devices of the group; those that are away are told when they come.",
  ],
  arguments: [],
  flags: [limitFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "channels", shows: "all of them, and how much was published" }],
  async run(given, terminal) {
    const client = connect(given, terminal);
    const most = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items } = await collect(most, (page) => client.channels.list(page));
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no channels");
    else
      showTable(terminal, { head: ["channel", "published", "kept", "since"], rows: rowsOf(items, terminal) });
    return exitCodes.done;
  },
});

export const channelsSet = command({
  name: "channels set",
  section: "What happens",
  summary: "Make a channel, or change what holds for it",
  arguments: [channelArgument],
  flags: [
    { name: "keep", value: "count", help: "publications that are kept for devices that are away; else 100" },
    { name: "answers", help: "devices say what became of each publication" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: "channels set public/gold --keep 500", shows: "the channel of the group gold" }],
  async run(given, terminal) {
    const count = given.number("keep");
    const history = count === undefined ? {} : { history: { count, bytes: USUAL_BYTES } };
    const channel = await connect(given, terminal).channels.set(given.one("channel"), {
      ...history,
      answers: given.isOn("answers"),
    });
    showOne(terminal, channel, given.isOn("json"));
    return exitCodes.done;
  },
});

export const channelsShow = command({
  name: "channels show",
  section: "What happens",
  summary: "Show a channel and its last publications",
  arguments: [channelArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "channels show public/gold", shows: "its rules, and its last publications" }],
  async run(given, terminal) {
    const { channels } = connect(given, terminal);
    const name = given.one("channel");
    const channel = await channels.get(name);
    const { items } = await channels.publications(name, { after: Math.max(0, channel.head - LAST_SHOWN) });
    if (given.isOn("json")) showJson(terminal, { channel, publications: items });
    else {
      showOne(terminal, channel, false);
      for (const publication of items) terminal.out(publicationLine(publication, terminal));
    }
    return exitCodes.done;
  },
});

export const channelsPublish = command({
  name: "channels publish",
  section: "What happens",
  summary: "Publish something on a channel",
  arguments: [channelArgument, { name: "publication", help: "a JSON object, which every member is told" }],
  flags: [
    { name: "key", value: "key", help: "published again with the same key, it is the same publication" },
    jsonFlag,
    ...connectionFlags,
  ],
  examples: [{ line: `channels publish public/gold '{"Text": "hello"}'`, shows: "its place in the channel" }],
  async run(given, terminal) {
    const data = parseJson(given.one("publication"));
    if (!isJsonObject(data)) throw new UsageError("what is published is a JSON object");
    const idempotencyKey = given.text("key");
    const options = idempotencyKey === undefined ? {} : { idempotencyKey };
    const { channels } = connect(given, terminal);
    const publication = await channels.publish(given.one("channel"), data, options);
    if (given.isOn("json")) showJson(terminal, publication);
    else terminal.out(publicationLine(publication, terminal));
    return exitCodes.done;
  },
});

export const channelsWatch = command({
  name: "channels watch",
  section: "What happens",
  summary: "Show what is published, as it comes",
  about: ["Ends by Ctrl-C."],
  arguments: [channelArgument],
  flags: [
    { name: "after", value: "offset", help: "begin after this offset; 0 with the oldest that is kept" },
    { name: "json", help: "JSON for programs, one publication to a line" },
    ...connectionFlags,
  ],
  examples: [{ line: "channels watch public/gold --after 0", shows: "what is kept, and then what comes" }],
  async run(given, terminal) {
    using interruption = terminal.interruption();
    const { signal } = interruption;
    const { channels } = connect(given, terminal);
    const name = given.one("channel");
    // A stream would try for ever; a wrong URL, token or name is better said at once.
    await channels.get(name);
    const offset = given.number("after");
    const after = offset === undefined ? {} : { after: offset };
    const onLost = (error: unknown, waitMs: number): void => {
      const seconds = Math.ceil(waitMs / 1_000);
      terminal.err(`the stream was lost (${rootMessage(error)}); trying again in ${seconds} s`);
    };
    try {
      for await (const publication of channels.follow(name, { ...after, signal, onLost })) {
        const isJson = given.isOn("json");
        terminal.out(isJson ? JSON.stringify(publication) : publicationLine(publication, terminal));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return exitCodes.done;
  },
});

export const channelsPresence = command({
  name: "channels presence",
  section: "What happens",
  summary: "Show the members, and how far they are",
  arguments: [channelArgument],
  flags: [limitFlag, jsonFlag, ...connectionFlags],
  examples: [{ line: "channels presence public/gold", shows: "its devices, and where each stands" }],
  async run(given, terminal) {
    const { channels } = connect(given, terminal);
    const name = given.one("channel");
    const { head } = await channels.get(name);
    const most = given.number("limit") ?? Number.POSITIVE_INFINITY;
    const { items } = await collect(most, async (page) => (await channels.presence(name, page)).members);
    if (given.isOn("json")) showJson(terminal, items);
    else if (items.length === 0) terminal.err("no members");
    else {
      const rows = items.map((member) => memberRow(member, { head, terminal }));
      showTable(terminal, { head: ["device", "", "stands at", "said last"], rows });
    }
    return exitCodes.done;
  },
});

export const channelsRenew = command({
  name: "channels renew",
  section: "What happens",
  summary: "Begin a new epoch of a channel",
  about: [
    "For after a backup of the ACS's data was put back: what members were told since then is not there any more.",
  ],
  arguments: [channelArgument],
  flags: [jsonFlag, ...connectionFlags],
  examples: [{ line: "channels renew public/gold", shows: "the channel; its members are given its state" }],
  async run(given, terminal) {
    const channel = await connect(given, terminal).channels.renew(given.one("channel"));
    showOne(terminal, channel, given.isOn("json"));
    return exitCodes.done;
  },
});

const LAST_SHOWN = 10;
const USUAL_BYTES = 1024 * 1024;

function rowsOf(channels: readonly Channel[], terminal: Terminal): readonly (readonly Cell[])[] {
  return channels.map(({ name, head, first, created }) => [
    name,
    String(head),
    String(head - first + 1),
    relativeTime(created, terminal.now()),
  ]);
}

function showOne(terminal: Terminal, channel: Channel, isJson: boolean): void {
  if (isJson) {
    showJson(terminal, channel);
    return;
  }
  const { name, epoch, head, first, answers, history } = channel;
  const kept = `${head - first + 1} of at most ${history.count} kept`;
  terminal.out(`${name}  ${head} published, ${kept}; epoch ${epoch}${answers ? "; answered" : ""}`);
}

function publicationLine({ offset, at, by, data }: Publication, terminal: Terminal): string {
  return [
    paint(terminal, { text: `#${offset}`, tone: "quiet" }),
    clockTime(at),
    paint(terminal, by),
    paint(terminal, JSON.stringify(data)),
  ].join("  ");
}

function memberRow(
  { device, attached, position, result }: MemberPresence,
  { head, terminal }: { readonly head: number; readonly terminal: Terminal },
): readonly Cell[] {
  const stands = position === undefined ? "" : `${position.offset} of ${head}`;
  const said = result === undefined ? "" : `${result.status} ${result.offset}`;
  return [
    device,
    attached ? { text: "attached", tone: "good" } : { text: "away", tone: "quiet" },
    position === undefined ? stands : `${stands}, ${relativeTime(position.at, terminal.now())}`,
    said,
  ];
}
