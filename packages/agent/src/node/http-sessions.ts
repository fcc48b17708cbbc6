import type { ClassicService, ClassicTask, SessionEnd } from "../contact/classic-service.ts";
import type { DeviceClock } from "../device-clock.ts";
import { AcsConnection, AcsConnectionError } from "./acs-connection.ts";
import { classicSession, SessionFailedError } from "./classic-session.ts";

export interface HttpSessionsOptions {
  /** Certificate authorities in place of the system's, as PEM. */
  readonly ca: string | undefined;
  readonly clock?: DeviceClock | undefined;
}

/** What an ACS says that cannot undo a compression [CWMP 1.4 3.4.7]. */
const UNSUPPORTED_MEDIA_TYPE = 415;

/** Classic sessions over HTTP, each with a connection of its own. */
export class HttpSessions implements ClassicService {
  readonly #options: HttpSessionsOptions;
  #connection: AcsConnection | undefined;
  #brokenOff = new AbortController();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  async hold({ acsUrl, credentials, compression, ...session }: ClassicTask): Promise<SessionEnd> {
    const { ca, clock } = this.#options;
    const connection = new AcsConnection({
      url: acsUrl,
      credentials,
      compression,
      ...(ca === undefined ? {} : { ca }),
    });
    this.#connection = connection;
    this.#brokenOff = new AbortController();
    try {
      await classicSession({ connection, clock, brokenOff: this.#brokenOff.signal, ...session });
      return { isWell: true };
    } catch (error) {
      if (!(error instanceof AcsConnectionError || error instanceof SessionFailedError)) throw error;
      const isCompressionRefused =
        compression !== undefined &&
        error instanceof SessionFailedError &&
        error.status === UNSUPPORTED_MEDIA_TYPE;
      return { isWell: false, reason: error.message, isCompressionRefused };
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
