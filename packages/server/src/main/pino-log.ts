import { pino } from "pino";
import type { Log, LogFields } from "../ports/index.ts";

/** JSON lines on standard error, written in batches; `close` writes what is left. */
export function pinoLog(): Log & { close(): void } {
  const destination = pino.destination({ dest: 2, minLength: 4_096, sync: false });
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
    close() {
      clearInterval(flush);
      destination.flushSync();
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
