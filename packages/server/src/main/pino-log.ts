import { pino } from "pino";
import type { Log, LogFields } from "../ports/index.ts";

/** Where nobody reads standard error, lines beyond this many bytes are dropped. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;
/** Whoever reads it and takes nothing for so long keeps nobody from stopping. */
const CLOSE_MS = 1_000;

/** JSON lines on standard error, written in batches; `close` writes what is left, where somebody reads it. */
export function pinoLog(): Log & { close(): Promise<void> } {
  const destination = pino.destination({
    ...{ dest: 2, sync: false },
    ...{ minLength: 4_096, maxLength: MOST_HELD_BYTES },
  });
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const flush = setInterval(() => {
    destination.flush();
  }, 250).unref();
  return {
    info: (event, fields) => {
      logger.info(plain(fields), event);
    },
    warn: (event, fields) => {
      logger.warn(plain(fields), event);
    },
    error: (event, fields) => {
      logger.error(plain(fields), event);
    },
    async close() {
      clearInterval(flush);
      const { promise: over, resolve } = Promise.withResolvers<undefined>();
      const end = (): void => {
        resolve(undefined);
      };
      destination.once("close", end).once("error", end);
      const late = setTimeout(end, CLOSE_MS);
      destination.end();
      await over;
      clearTimeout(late);
      destination.destroy();
    },
  };
}

/** An error becomes its message, code and cause: one line per fact. */
function plain(fields: LogFields = {}): Record<string, string | number | boolean | undefined> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describe(value) : value]),
  );
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${describe(error.cause)}` : "";
  return `${error.name}: ${error.message}${cause}`;
}
