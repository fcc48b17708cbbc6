import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TracedMessage } from "@heliograph/api";
import type { Client } from "@heliograph/api/client";

/** All that a device's trace holds, page by page. */
export async function readTrace(client: Client, device: string): Promise<readonly TracedMessage[]> {
  const found: TracedMessage[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = await client.traces.get(device, { after, limit: 7 });
    found.push(...page.items);
    after = page.next;
  }
  return found;
}

/** The trace in every form in which anybody can have it. */
export async function everyForm(client: Client, device: string): Promise<string> {
  const pages = await readTrace(client, device);
  const live: TracedMessage[] = [];
  for await (const message of client.traces.follow(device)) live.push(message);
  assert.deepEqual(live, pages, "the stream says the same as the pages");
  const text = await (await client.traces.download(device)).text();
  const json = await (await client.traces.download(device, { format: "json" })).text();
  assert.deepEqual(
    json.split("\n").filter((line) => line !== ""),
    pages.map((message) => JSON.stringify(message)),
  );
  return `${JSON.stringify(pages)}\n${text}\n${json}`;
}

/** All files below a folder, as one text. */
export function textOnDisk(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

type Wanted = readonly [direction: TracedMessage["direction"], words: RegExp];

/** The place behind the first message, from a place on, that goes that way and has these words. */
export function find(messages: readonly TracedMessage[], [direction, words]: Wanted, from = 0): number {
  const at = messages.findIndex(({ direction: way, note = "", head = "", text = "" }, place) => {
    return place >= from && way === direction && words.test(`${note}\n${head}\n${text}`);
  });
  assert.ok(at >= 0, `${direction} ${String(words)} is not in the trace:\n${show(messages)}`);
  return at + 1;
}

function show(messages: readonly TracedMessage[]): string {
  return messages
    .map(({ id, direction, note, head = "", text = "" }) => {
      const said = `${note ?? ""} ${head} ${text}`.replaceAll(/\s+/g, " ").slice(0, SHOWN_CHARS);
      return `${id} ${direction} ${said}`;
    })
    .join("\n");
}

const SHOWN_CHARS = 160;
