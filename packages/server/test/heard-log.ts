import { EventEmitter, once } from "node:events";
import type { Log, LogFields } from "../src/ports/index.ts";
import { within } from "./deadline.ts";

/** A log that can be asked what it was told, and waited upon. */
export class HeardLog implements Log {
  readonly #lines: { readonly event: string; readonly fields: LogFields }[] = [];
  readonly #told = new EventEmitter();

  info(event: string, fields: LogFields = {}): void {
    this.#lines.push({ event, fields });
    this.#told.emit("line");
  }

  warn(event: string, fields: LogFields = {}): void {
    this.info(event, fields);
  }

  error(event: string, fields: LogFields = {}): void {
    this.info(event, fields);
  }

  /** The fields of the first line with such an event. */
  fieldsOf(event: RegExp): LogFields | undefined {
    return this.#lines.find((line) => event.test(line.event))?.fields;
  }

  /** Resolves once there is one. */
  async until(event: RegExp): Promise<LogFields> {
    for (;;) {
      const fields = this.fieldsOf(event);
      if (fields !== undefined) return fields;
      await within(once(this.#told, "line"), () => `the log to say ${String(event)}`);
    }
  }
}
