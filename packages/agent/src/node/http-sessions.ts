import type { ClassicService, ClassicTask, SessionEnd } from "../contact/classic-service.ts";
import type { DeviceClock } from "../device-clock.ts";
import { AcsConnection, AcsConnectionError } from "./acs-connection.ts";
import { classicSession, SessionFailedError } from "./classic-session.ts";

export interface HttpSessionsOptions {
  /** Certificate authorities in place of the system's, as PEM. */
  readonly ca: string | undefined;
  readonly clock?: DeviceClock | undefined;
}

/** Classic sessions over HTTP, each with a connection of its own. */
export class HttpSessions implements ClassicService {
  readonly #options: HttpSessionsOptions;
  #connection: AcsConnection | undefined;
  #brokenOff = new AbortController();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  async hold({ acsUrl, credentials, ...session }: ClassicTask): Promise<SessionEnd> {
    const { ca, clock } = this.#options;
    const connection = new AcsConnection({ url: acsUrl, credentials, ...(ca === undefined ? {} : { ca }) });
    this.#connection = connection;
    this.#brokenOff = new AbortController();
    try {
      await classicSession({ connection, clock, brokenOff: this.#brokenOff.signal, ...session });
      return { isWell: true };
    } catch (error) {
      if (!(error instanceof AcsConnectionError || error instanceof SessionFailedError)) throw error;
      return { isWell: false, reason: error.message };
    } finally {
      connection.close();
      this.#connection = undefined;
    }
  }

  breakOff(): void {
    this.#brokenOff.abort();
    this.#connection?.close();
  }
}
