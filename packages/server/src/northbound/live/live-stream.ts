import type { ServerResponse } from "node:http";
import type { Clock, Rights } from "../../ports/index.ts";
import { deadline } from "../deadline.ts";
import type { NorthboundLimits } from "../settings.ts";
import { isTaken, signOfLife, SSE_HEADERS, SSE_RETRY_MS } from "../sse.ts";
import type { LiveInbox } from "./live-inbox.ts";
import { showLive } from "./show-live.ts";

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
    const shown = inbox.take().map((said) => showLive(said, rights));
    text = shown.map((said) => `id: ${(written += 1)}\ndata: ${JSON.stringify(said)}\n\n`).join("");
    if (text === "") text = signOfLife(written);
  }
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}
