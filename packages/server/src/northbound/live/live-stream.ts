import type { ServerResponse } from "node:http";
import type { LiveMessage } from "@heliograph/api";
import type { JsonObject, ParameterValues } from "@heliograph/protocol";
import { mayRead, withoutSecrets, type Clock, type Rights } from "../../ports/index.ts";
import { deadline } from "../deadline.ts";
import type { NorthboundLimits } from "../settings.ts";
import { showTime } from "../show-time.ts";
import { isTaken, signOfLife, SSE_HEADERS, SSE_RETRY_MS } from "../sse.ts";
import type { LiveSaid, LiveValues, LiveWay } from "./live-said.ts";

/** What waits to be written for one watcher: the newest of each kind, whatever it missed. */
export class LiveInbox {
  #way: LiveWay | undefined;
  #values: LiveValues | undefined;
  #news = Promise.withResolvers<unknown>();

  hear(said: LiveSaid): void {
    if (said.type === "way") this.#way = said;
    else this.#values = said;
    this.#news.resolve(undefined);
  }

  /** What came since the last time. */
  take(): readonly LiveSaid[] {
    const taken = [this.#way, this.#values].filter((said) => said !== undefined);
    this.#way = undefined;
    this.#values = undefined;
    this.#news = Promise.withResolvers();
    return taken;
  }

  /** Resolves as soon as something came that was not taken. */
  news(): Promise<unknown> {
    return this.#news.promise;
  }
}

export interface LiveStreamOptions {
  readonly inbox: LiveInbox;
  readonly rights: Rights;
  readonly clock: Clock;
  readonly limits: NorthboundLimits;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** Writes what is seen as server-sent events until the signal is given, or the reader goes or does not read. */
export async function streamLive(response: ServerResponse, options: LiveStreamOptions): Promise<void> {
  const { inbox, rights, clock, limits } = options;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([options.signal, gone.signal]);
  const patience = { clock, waitMs: limits.slowReaderMs, signal };
  let text = `retry: ${SSE_RETRY_MS}\n\n`;
  let written = 0;
  response.writeHead(200, SSE_HEADERS);
  while (!signal.aborted && (await isTaken(response, text, patience))) {
    const news = inbox.news();
    using quiet = deadline(clock, limits.keepAliveMs, signal);
    await Promise.race([news, quiet.passed]);
    const shown = inbox.take().map((said) => show(said, rights));
    text = shown.map((said) => `id: ${(written += 1)}\ndata: ${JSON.stringify(said)}\n\n`).join("");
    if (text === "") text = signOfLife(written);
  }
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}

function show(said: LiveSaid, rights: Rights): LiveMessage {
  if (said.type === "values") {
    return { type: "values", at: showTime(said.at), values: visible(said.values, rights) };
  }
  const { way, everyMs, detail } = said;
  return {
    type: "way",
    way,
    ...(everyMs === undefined ? {} : { every: everyMs / 1000 }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** As much of it as whoever watches may see. */
function visible(values: ParameterValues, { read, secrets }: Rights): JsonObject {
  const objects = Object.entries(values).map(([object, leaves]) => {
    const readable = Object.entries(leaves).filter(([leaf]) => mayRead(object + leaf, read));
    return [object, Object.fromEntries(readable)] as const;
  });
  const shown = Object.fromEntries(objects.filter(([, leaves]) => Object.keys(leaves).length > 0));
  return secrets === "shown" ? shown : withoutSecrets(shown);
}
